"""Words for a thing that stands out, and what figures must hold before some of them are said."""

from __future__ import annotations

from dataclasses import dataclass

from engine.descriptive_stats.meanings import DAYS

_HALF_A_YEAR = 183.0


@dataclass(frozen=True)
class Said:
    """Words for a thing that stands out.

    Attributes
    ----------
    lead : str
        What those are who have it, at the head of a name.
    beside : str
        The same behind a comma.
    """

    lead: str
    beside: str

    @classmethod
    def alike(cls, text: str) -> Said:
        """Give the same words for both places."""
        return cls(capital(text), text)


NOTHING = Said("Most buy nothing", "most buy nothing")
"""Of those whose median of money is 0, while everyone's is not."""


def new(tenure: float | None, unit: str) -> bool:
    """Whether customers came at most half a year ago; where no unit is known nothing denies it.

    Examples
    --------
    >>> new(40.0, "day"), new(21.0, "month"), new(3.0, "")
    (True, False, True)
    """
    return tenure is None or not unit or tenure * DAYS[unit] <= _HALF_A_YEAR


def capital(text: str) -> str:
    """Begin with a capital."""
    return text[:1].upper() + text[1:]
