"""What values are that identify people, whatever their column is called: by form, and by names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date

import numpy as np

from engine.data_preparation.features.births import TOLD as BIRTHS
from engine.data_preparation.features.births import written_births
from engine.data_preparation.features.given_names import share_of_names
from engine.data_preparation.features.known_numbers import agreeing
from engine.data_preparation.features.people_forms import FORMS, keys_of_people, written_out

MOST = 1_000
"""Different values of a column that are looked at."""

_LEAST = 20
_NEARLY_ALL = 0.9
_IS_NAMES, _LEAST_NAMES = 0.6, 5
_IS_MAIL = 0.5
_LONG_NUMBERS, _OF_ONE_LENGTH, _ZEROS_LOST = 10, 0.85, 3
_SECONDS = 8e8, 2.2e9
"""Seconds since 1970 from 1995 to 2039; times of milli-, micro- and nanoseconds are as many
thousands of it."""

_MAIL = re.compile(r"[^@\s]@[^@\s]")
_SEPARATOR = re.compile(r"[;|]")
_WRITTEN_TIME = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


def some_of(levels: Mapping[str, int]) -> dict[str, int]:
    """Give at most :data:`MOST` values with their counts, evenly spread over all in order."""
    if len(levels) <= MOST:
        return dict(levels)
    ordered = sorted(levels)
    return {v: levels[v] for v in (ordered[i * len(ordered) // MOST] for i in range(MOST))}


def _share(levels: Mapping[str, int], pattern: re.Pattern[str]) -> float:
    return sum(pattern.fullmatch(v.strip()) is not None for v in levels) / max(1, len(levels))


def told_by_text(
    levels: Mapping[str, int], *, least_names: float = _IS_NAMES, things: bool = False
) -> str | None:
    """Say what values of a text column are, if they identify people.

    Parameters
    ----------
    levels : mapping of str to int
        Different values with their counts, as many as :func:`some_of` gives.
    least_names : float
        Share of values, and of rows, from which on those that read like names make people of it.
    things : bool
        Whether the column is called after what is made or sold: no name, sentence or long number of
        those is a person's.

    Returns
    -------
    what : str or None
        To stand after "holds".

    Notes
    -----
    Names take five different ones, 60% of values and of rows; e-mail addresses half of the values;
    a form (an IP address, a telephone number) and check digits 20 different values, of which 90%
    and 95% agree. O(n) regular expressions, each given up on where the first values disagree.

    Examples
    --------
    >>> told_by_text({f"10.0.0.{i}": 3 for i in range(40)})
    'addresses of machines (IP)'
    >>> told_by_text({"Basic": 10, "Plus": 20}) is None
    True
    """
    told = _told_whole(levels, least_names, things=things)
    if told or sum(_SEPARATOR.search(v) is not None for v in levels) <= _IS_MAIL * len(levels):
        return told
    parts = {p.strip(): n for v, n in levels.items() for p in _SEPARATOR.split(v) if p.strip()}
    return _told_whole(some_of(parts), least_names, things=things)


def _told_whole(levels: Mapping[str, int], least_names: float, *, things: bool) -> str | None:
    """Say what values are, each taken as one."""
    if sum(_MAIL.search(v) is not None for v in levels) > _IS_MAIL * len(levels):
        return "e-mail addresses"
    if keyed := keys_of_people(levels):
        return keyed
    rows, distinct, hits = share_of_names(levels)
    if not things and min(rows, distinct) >= least_names and hits >= _LEAST_NAMES:
        return "people's names"
    if len(levels) < _LEAST:
        return None
    first = dict(list(levels.items())[:_LEAST])
    for what, pattern in FORMS:
        if _share(first, pattern) >= 0.5 and _share(levels, pattern) >= _NEARLY_ALL:
            return what
    return agreeing(levels) or (None if things else written_out(levels))


def told_by_numbers(values: np.ndarray, *, days: bool = True, long: bool = True) -> str | None:
    """Say what numbers of a column are, if they identify people.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Finite ones; the first :data:`MOST` different ones are looked at.
    days : bool
        Whether days that are written in digits may be those of births.
    long : bool
        Whether long numbers of one length may be those of people, not amounts.

    Returns
    -------
    what : str or None
        To stand after "holds".

    Notes
    -----
    Whole numbers of eight digits and more whose check digits agree; or of ten and more that are
    all of one length but for leading zeros that got lost, as telephone numbers are, and amounts,
    which spread over lengths, are not, however many rows share one. Times that count from 1970, or
    are written in digits, are none.

    Examples
    --------
    >>> import numpy as np
    >>> told_by_numbers(np.arange(3_015_550_101, 9_015_550_101, 59_999_917, dtype=float))
    'long numbers of their own, as telephone and identity numbers are'
    >>> told_by_numbers(np.arange(1_300_000_001, 1_700_000_001, 999_983, dtype=float)) is None
    True
    """
    values = values[: 2 * MOST]
    if len(values) < _LEAST or np.median(values) < 1e7 or (values != np.round(values)).any():
        return None
    different = np.unique(values)
    if len(different) < _LEAST or different[-1] >= 2.0**63:
        return None
    if days and written_births(different, date.today()):
        return BIRTHS
    texts = [str(int(v)) for v in different[:: max(1, len(different) // MOST)]]
    return agreeing(texts, numbers=True) or (
        _long_numbers(values, different, texts) if long else None
    )


def _long_numbers(values: np.ndarray, different: np.ndarray, texts: Collection[str]) -> str | None:
    lengths = [len(t) for t in texts]
    longest = max(lengths)  # One in ten of equal length has lost a leading zero.
    if longest < _LONG_NUMBERS or min(lengths) < longest - _ZEROS_LOST:
        return None
    if lengths.count(longest) < _OF_ONE_LENGTH * len(lengths) or _are_times(different, texts):
        return None
    if len(different) < 2 * _LEAST:
        return None
    if sum(t.endswith("00") for t in texts) > 0.1 * len(texts):
        return None
    return "long numbers of their own, as telephone and identity numbers are"


def _are_times(different: np.ndarray, texts: Collection[str]) -> bool:
    scale = 1000.0 ** round(max(0.0, np.log10(np.median(different)) - 9.2) / 3)
    low, high = different[0] / scale, different[-1] / scale
    written = all(map(_WRITTEN_TIME.match, texts))
    return bool(_SECONDS[0] <= low and high <= _SECONDS[1]) or written
