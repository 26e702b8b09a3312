"""Columns that identify people: by their names in the usual languages, and by what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import numpy as np

from engine.data_preparation.features import people_words as kind_of
from engine.data_preparation.features.given_names import share_of_names
from engine.data_preparation.features.people_values import (
    some_of,
    told_by_numbers,
    told_by_text,
)
from engine.data_preparation.features.people_words import (
    WORDS_OF,
    kinds_named,
    of_amounts,
    of_makes,
    of_other_days,
    of_others,
)

REASON = "may identify people"

_IN_DIGITS = {
    kind_of.PHONE, kind_of.POSTCODE, kind_of.IDENTITY, kind_of.DOCUMENTS, kind_of.ACCOUNTS,
    kind_of.CARDS, kind_of.NETWORK, kind_of.SECRETS,
}  # fmt: skip
"""Kinds that are looked at as text where a file holds them as numbers: one of a later line may be
written otherwise."""

_BY_VALUE = {kind_of.FREE_TEXT, kind_of.COORDINATES}
"""Kinds of text that what a column holds decides alone, so that it is read as any other is."""

_NAMES = {kind_of.NAMES, kind_of.MAYBE_NAMES}
_WITH_DIGITS = {*_IN_DIGITS, kind_of.BIRTH, kind_of.HOUSE, kind_of.PLATES, kind_of.COORDINATES}
_WITH_DIGITS |= {kind_of.LONG_PHONE}
_IF_MANY = {kind_of.MAIL, kind_of.DEVICES, kind_of.MAYBE_NAMES}
"""Kinds of which a few values that many share, without digits and @, are a category."""

_FLAG_LEVELS = 3
_SHARED_BY = 5
_FEW_LEVELS = 12
_SMALL = 1_000
_READS_LIKE_NAMES = 0.3
_NAMES_OF_OTHERS, _NAMES_OF_ANY = 0.9, 0.6
_MOSTLY = 0.5
_NEARLY = 0.9
_WORDY = 3


@lru_cache(maxsize=10_000)
def _named(column: str, *, number: bool) -> tuple[str, ...]:
    kinds = tuple(kinds_named(column, number=number))
    if set(kinds) <= {kind_of.MAYBE_NAMES} and of_others(column):
        return ()
    return kinds


def named_like_people(column: str, *, number: bool) -> bool:
    """Tell whether a column's name speaks of what identifies people; what it holds is not asked.

    Examples
    --------
    >>> named_like_people("Prénom", number=False), named_like_people("Telefon", number=True)
    (True, True)
    >>> named_like_people("Email_Opens", number=False), named_like_people("BrandName", number=False)
    (False, False)
    """
    kinds = set(_named(column, number=number))
    return bool(kinds & _IN_DIGITS if number else kinds - _BY_VALUE)


def told_reason(why: str) -> str:
    """Give the reason not to use a column, with what shows it; of its values it says none.

    Examples
    --------
    >>> told_reason("holds telephone numbers")
    'may identify people (holds telephone numbers)'
    """
    return f"{REASON} ({why})"


def by_name(column: str, *, number: bool = False) -> str:
    """Give the reason not to use a column that is known by its name alone."""
    kinds = _named(column, number=number)
    return told_reason(f"named like {WORDS_OF[kinds[0]]}") if kinds else REASON


def numbers_of_people(column: str, values: np.ndarray) -> str | None:
    """Give the reason not to use a column of numbers; None where they identify nobody.

    Parameters
    ----------
    column : str
    values : float64 array of shape (n,)
        Finite ones of its sample, in the order of that.

    Examples
    --------
    >>> import numpy as np
    >>> numbers_of_people("PLZ", np.array([10115.0, 20095.0, 80331.0]))
    'may identify people (named like postcodes)'
    >>> numbers_of_people("phone", np.array([0.0, 1.0, 2.0])) is None  # How many someone has.
    True
    """
    if not len(values):
        return None
    whole = bool((values == np.round(values)).all())
    for kind in _named(column, number=True):
        if kind in _HOLD and _HOLD[kind](values, whole):
            return told_reason(f"named like {WORDS_OF[kind]}")
    told = told_by_numbers(
        values, days=not of_other_days(column), long=not (of_amounts(column) or of_makes(column))
    )
    return told_reason(f"holds {told}") if told else None


def _from(least: float, *, share: float = _NEARLY) -> Callable[[np.ndarray, bool], bool]:
    return lambda values, whole: whole and bool((np.abs(values) >= least).mean() >= share)


def _are_codes(values: np.ndarray, whole: bool) -> bool:  # noqa: FBT001
    """Tell phone numbers and postcodes from counts and flags, which are small, and from amounts."""
    round_ones = float((values % 50 == 0).mean())
    return whole and bool(values.max() >= _SMALL) and round_ones < _MOSTLY


def _are_places(values: np.ndarray, whole: bool) -> bool:  # noqa: FBT001
    """Tell degrees, which have many decimals, and metres or millionths of a degree, in whole."""
    degrees = np.abs(values) <= 180
    fine = np.abs(values - np.round(values, 2)) > 1e-9
    if not whole and degrees.all():
        return bool(fine.mean() >= _MOSTLY)
    return bool((np.abs(values) >= 1e4).mean() >= _NEARLY)


_HOLD: Mapping[str, Callable[[np.ndarray, bool], bool]] = {
    kind_of.PHONE: _are_codes,
    kind_of.LONG_PHONE: _from(1e6),
    kind_of.POSTCODE: _are_codes,
    kind_of.HOUSE: lambda values, whole: whole and len(np.unique(values)) > _FLAG_LEVELS,
    kind_of.IDENTITY: _from(1e4),
    kind_of.DOCUMENTS: _from(1e5),
    kind_of.PLATES: _from(1e5),
    kind_of.ACCOUNTS: _from(1e4),
    kind_of.CARDS: _from(1e3, share=0.8),
    kind_of.SECRETS: _from(100, share=0.8),
    kind_of.NETWORK: _from(1e6),
    kind_of.DEVICES: _from(1e5),
    kind_of.BIRTH: _from(1e4),
    kind_of.COORDINATES: _are_places,
}
"""Whether numbers are what a name says: a year of birth is none of its dates, and stays."""


def text_of_people(
    column: str,
    levels: Mapping[str, int] | None,
    present: int,
    *,
    named: bool,
    sample: Iterable[str] = (),
) -> str | None:
    """Give the reason not to use a column of text; None where it identifies nobody.

    Parameters
    ----------
    column : str
    levels : mapping of str to int, or None
        Its values with their counts; None where they are too many to count.
    present : int
        How many there are.
    named : bool
        Whether its name speaks of people, as :func:`named_like_people` says of the column as the
        file holds it.
    sample : iterable of str
        Some of the values, where they are too many to count.

    Notes
    -----
    Two or three values that many share are a flag, whatever the name: ``PhoneService`` with Yes
    and No. A column named no more than "name" (``nombre``, ``nom``) may be that of a tariff: up to
    12 values that do not read like given names are a category. What is called like a number holds
    digits; what is called a comment, many texts of several words. Without any such name it is
    people by what :func:`engine.data_preparation.features.people_values.told_by_text` finds.
    """
    number = not _named(column, number=False)
    kinds = _named(column, number=number) if named or not number else ()
    if levels is None:
        first = some_of(dict.fromkeys(sample, 1))
        told = told_by_text(first, things=of_makes(column)) if first else None
        if told or not named:
            return told_reason(f"holds {told}") if told else None
        return by_name(column, number=number)
    some = some_of(levels)
    if kinds and any(_holds(k, column, some, len(levels), present) for k in kinds):
        return by_name(column, number=number)
    least = _NAMES_OF_OTHERS if of_others(column) else _NAMES_OF_ANY
    told = told_by_text(some, least_names=least, things=of_makes(column))
    return told_reason(f"holds {told}") if told else None


def _holds(kind: str, column: str, some: Mapping[str, int], distinct: int, present: int) -> bool:
    """Tell whether text is what the name of its column says."""
    reads = share_of_names(some)[0] >= _READS_LIKE_NAMES
    shared = present >= _SHARED_BY * distinct
    if distinct <= _FLAG_LEVELS and shared:
        return reads
    if kind in _NAMES and reads:
        return True
    if kind == kind_of.BIRTH or (kind in _WITH_DIGITS and shared):
        return _share(some, lambda v: any(c.isdigit() for c in v)) >= _MOSTLY
    if kind == kind_of.FREE_TEXT:
        wordy = _share(some, lambda v: len(v.split()) >= _WORDY) >= _MOSTLY
        return distinct > _FEW_LEVELS and wordy
    if kind == kind_of.MAYBE_NAMES and "ad" in column.casefold().split("_"):
        return not shared  # An advertisement.
    if kind in _IF_MANY and shared and distinct <= _FEW_LEVELS:
        return _share(some, lambda v: "@" in v or any(c.isdigit() for c in v)) >= _MOSTLY
    return True


def _share(levels: Mapping[str, int], matches: Callable[[str], bool]) -> float:
    return sum(map(matches, levels)) / max(1, len(levels))
