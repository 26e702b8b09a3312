"""What is said of columns that identify people: what they are, and how they are used; no value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from engine.data_preparation.features.people import REASON
from engine.data_preparation.features.people_words import (
    BIRTH,
    COORDINATES,
    HOUSE,
    POSTCODE,
    WORDS_OF,
    of_birth,
)

_SHOWN = 5
_GROUPS = 8
_REMEDY = (
    "features.categorical uses what it names all the same, unless most customers have a value of "
    "their own"
)
_REMEDY_OF_NUMBERS = (
    "features.include, with all other columns to use, takes what it names as numbers all the same, "
    "features.categorical as groups"
)
_REMEDY_OF_DATES = (
    "features.include, with all other columns to use, makes days of a date of birth, and "
    "features.categorical takes it as it is written"
)
_TOGETHER = tuple(WORDS_OF[kind] for kind in (POSTCODE, COORDINATES, HOUSE))
_IN_MODEL = " and in the model"
_ASKED = f"and is used because features names it: its values will stand in the report{_IN_MODEL}"


def is_of_people(reason: str) -> bool:
    """Tell whether a column was left out because it may identify people."""
    return reason.startswith(REASON)


def asked_for(column: str, reason: str = REASON) -> str:
    """Warn of a column that identifies people and is used because it was asked for."""
    return f"column {column!r} {reason}, {_ASKED}"


def warns_of(column: str, warning: str) -> bool:
    """Tell whether a warning is the one that :func:`asked_for` gives for a column."""
    return warning.startswith(f"column {column!r} {REASON}") and warning.endswith(_ASKED)


def described(warning: str) -> str:
    """Give a warning of such a column where it only describes: no model holds its values.

    Examples
    --------
    >>> described(asked_for("city")).rpartition(": ")[2]
    'its values will stand in the report'
    """
    return warning.removesuffix(_IN_MODEL) if warning.endswith(_ASKED) else warning


def notices(reasons: Mapping[str, str], numeric: Collection[str]) -> list[str]:
    """Say which columns were kept out because they may identify people, why, and what uses them.

    Parameters
    ----------
    reasons : mapping of str to str
        Of all columns that were left out.
    numeric : collection of str
        Columns of numbers.

    Returns
    -------
    notices : list of str
        At most one each for text, numbers and dates of birth.
    """
    left = {c: reason for c, reason in reasons.items() if is_of_people(reason)}
    dates = [c for c in left if of_birth(c)]
    numbers = [c for c in left if c in numeric and c not in dates]
    texts = [c for c in left if c not in numbers and c not in dates]
    told = []
    for columns, remedy in (
        (texts, _REMEDY),
        (numbers, _REMEDY_OF_NUMBERS),
        (dates, _REMEDY_OF_DATES),
    ):
        if columns:
            was = "was" if len(columns) == 1 else "were"
            told.append(
                f"{_with_reasons(columns, left)}, and {was} not used{_together(columns, left)}; "
                f"{remedy}"
            )
    return told


def _with_reasons(columns: Sequence[str], reasons: Mapping[str, str]) -> str:
    """Name columns, those of one reason together."""
    if len(columns) == 1:
        return f"the column {columns[0]!r} {reasons[columns[0]]}"
    groups: dict[str, list[str]] = {}
    for column in columns:
        why = reasons[column].removeprefix(REASON).strip(" ()")
        groups.setdefault(why, []).append(column)
    if len(groups) == 1:
        return f"{listed(columns)} {reasons[columns[0]]}"
    parts = []
    for why, members in list(groups.items())[:_GROUPS]:
        shown = ", ".join(map(repr, members[:_SHOWN])) + (", ..." if members[_SHOWN:] else "")
        parts.append(f"{shown} ({why})" if why else shown)
    more = "; ..." if len(groups) > _GROUPS else ""
    return f"{len(columns):,} columns {REASON}: {'; '.join(parts)}{more}"


def _together(columns: Sequence[str], reasons: Mapping[str, str]) -> str:
    """Say of places that they identify people together with other columns."""
    found = [what for what in _TOGETHER if any(reasons[c].endswith(f"{what})") for c in columns)]
    return f" ({' and '.join(found)} identify people together with other columns)" if found else ""


def listed(columns: Sequence[str]) -> str:
    """Name columns in a sentence, five at most.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"])
    ("the column 'a'", "2 columns ('a', 'b')")
    """
    if len(columns) == 1:
        return f"the column {columns[0]!r}"
    shown = ", ".join(repr(c) for c in columns[:_SHOWN])
    more = ", ..." if len(columns) > _SHOWN else ""
    return f"{len(columns):,} columns ({shown}{more})"


BIRTH_REASON = f"{REASON} (named like {WORDS_OF[BIRTH]})"
"""Why a column of dates of birth is left out."""
