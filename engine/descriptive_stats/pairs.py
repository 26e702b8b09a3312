"""What two segments are called that one column parts: by what both are, then by that column."""

from __future__ import annotations

from collections.abc import Sequence

from engine.descriptive_stats.traits import NOTABLE, Trait


def parted(
    both: tuple[Sequence[Trait], Sequence[Trait]], leads: tuple[str, str], columns: Sequence[str]
) -> tuple[str, tuple[Trait, Trait]] | None:
    """Give the word for what both are, and what parts each; None where either is not known.

    Parameters
    ----------
    both : two sequences of Trait
    leads : two str
        How their names begin otherwise: what is the same for both is kept.
    columns : sequence of str
        That part them.
    """

    def of_column(trait: Trait) -> bool:
        return trait.key.partition("=")[0] in columns

    apart = [next((t for t in traits if of_column(t)), None) for traits in both]
    if apart[0] is None or apart[1] is None:
        return None
    if leads[0] and leads[0] == leads[1]:
        return leads[0], (apart[0], apart[1])
    # Of the two the weaker word is true of both.
    shared = [
        min(one, other, key=lambda t: t.strength)
        for one in both[0]
        for other in both[1]
        if one.key == other.key and one.z * other.z > 0 and not of_column(one)
    ]
    strong = [t for t in shared if t.strength >= NOTABLE]
    if not strong:
        return None
    return max(strong, key=lambda t: t.rank).said.lead, (apart[0], apart[1])
