"""What customers are in a word: lapsed, new, loyal, big spenders; a table, the first part of names.

A code is letters with what must stand out: R how long ago, F how often, M how much money, T how
long a customer, A how much an order, I income; ``+`` high and ``-`` low, ``1``
that most ordered once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.descriptive_stats.said import NOTHING
from engine.descriptive_stats.traits import Trait

LEADS: dict[str, str] = {
    "R+M+": "Lapsed big spenders",
    "R+F+": "Lapsed regulars",
    "R+1": "Lapsed, one order",
    "R+M-": "Lapsed small spenders",
    "R+F-": "Lapsed occasional buyers",
    "T-1": "New, one order",
    "T-M+": "New big spenders",
    "T-F+": "New, order often",
    "T-M-": "New small spenders",
    "F+M+R-": "Loyal big spenders",
    "F+M+T+": "Loyal big spenders",
    "F+M+": "Frequent big spenders",
    "F+A-": "Frequent small baskets",
    "F+M-": "Frequent small spenders",
    "F+T+R-": "Loyal regulars",
    "F+T+": "Loyal regulars",
    "F+R-": "Active regulars",
    "F-M+": "Rare but big orders",
    "F-A+": "Rare but big orders",
    "F-M-": "Occasional small spenders",
    "R-M+": "Recent big spenders",
    "T+M+": "Long-standing big spenders",
    "T+M-": "Long-standing small spenders",
    "I+M+": "High-income big spenders",
    "I-M-": "Low-income small spenders",
    "I+M-": "High income, spend little",
    "I-M+": "Low income, spend a lot",
}
_LETTERS = {"R": ("recency", "inactivity"), "F": ("frequency",),
            "M": ("monetary", "spending_score"), "T": ("tenure",),
            "A": ("average_order_value",), "I": ("income",)}  # fmt: skip
_MOST, _MOST_ALONE = 2.0, 2.5
"""Standard deviations that count at most, of one thing among others, and of one alone."""

_TELLING, _FIRST = 0.5, frozenset({"R+", "1"})
"""What tells more than how often and how much: that they are gone, or have ordered once."""

_SURE = {"R+": ("Lapsed customers", "Inactive customers"), "T-": ("New customers",)}
"""What may be called lapsed, and new: that of which the figures say so."""


def lead_of(traits: Sequence[Trait]) -> tuple[str, tuple[Trait, ...]]:
    """Choose how a name begins, and what of a segment that says.

    Parameters
    ----------
    traits : sequence of Trait
        That stand out enough, most first.

    Returns
    -------
    lead : str
        "" where nothing stands out.
    used : tuple of Trait
    """
    if not traits:
        return "", ()
    # Women and men come behind what else they are.
    alone = next((t for t in traits if t.word != "gender"), traits[0])
    used: tuple[Trait, ...]
    best, lead, used = min(alone.rank, _MOST_ALONE), alone.said.lead, (alone,)
    for code, words in LEADS.items():
        parts = re.findall(r"[RFMTAI][+-]|1", code)
        found = [fitting(part, traits) for part in parts]
        there = tuple(t for t in found if t is not None)
        if len(there) < len(found):
            continue
        score = sum(min(t.strength, _MOST) for t in there) + (_TELLING if _FIRST & {*parts} else 0)
        if score > best:
            best, lead, used = score, words, there
    return lead, used


def fitting(part: str, traits: Sequence[Trait]) -> Trait | None:
    """Give the trait that a part of a code asks for: a letter, or the word of a meaning."""
    if part == "1":
        return next((t for t in traits if t.once), None)
    asked, sign = part[:-1], part[-1]
    words = _LETTERS.get(asked, (asked,))
    for trait in traits:
        nothing = part == "M-" and trait.said is NOTHING
        fits = not nothing and trait.word in words and (trait.z > 0) == (sign == "+")
        if fits and trait.said.lead in _SURE.get(part, (trait.said.lead,)):
            return trait
    return None
