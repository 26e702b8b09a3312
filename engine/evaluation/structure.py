"""In a word how much structure a silhouette shows, beside chance and gaps."""

from __future__ import annotations

from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.gaps import APART, PARTLY

STRUCTURE = ((0.71, "strong"), (0.51, "reasonable"), (0.26, "weak"))
"""What a silhouette of at least this says of the data (Kaufman and Rousseeuw 1990, table 4)."""


def structure(value: float, chance: float | None = None, gaps: float | None = None) -> str:
    """Say in a word how much structure a mean silhouette shows.

    Where it is known what customers without groups would give (``chance``), that decides whether
    there is any: none if it is nearly as much, and otherwise at least weak. Long segments are told
    by the gaps between them (``gaps``, see :class:`engine.evaluation.gaps.Gaps`): strong if they
    are apart, whatever the silhouette, and weak at least if they are nearly so.

    Kaufman and Rousseeuw (1990), Finding Groups in Data, chapter 2, table 4: from 0.71 strong,
    from 0.51 reasonable, from 0.26 weak (it could be artificial), below that none of substance.

    Examples
    --------
    >>> structure(0.55), structure(0.1)
    ('reasonable', 'none')
    """
    if gaps is not None and gaps <= APART:
        return "strong"
    if chance is not None and value - chance < STANDS_OUT:
        return "weak" if gaps is not None and gaps <= PARTLY else "none"
    if chance is not None:
        return next((word for least, word in STRUCTURE if value >= least), "weak")
    return next((word for least, word in STRUCTURE if value >= least), "none")
