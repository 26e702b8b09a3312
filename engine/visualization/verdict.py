"""How far to trust segments, in one word and its meaning: by chance, gaps and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.gaps import APART, CUT, PARTLY
from engine.evaluation.stability import CHANGES, RETURNS
from engine.visualization.readable import number

FAR = 0.3
"""Share of the way from chance to 1 from which segments are far from chance. Groups 7 standard
deviations apart had 0.34 to 0.65 in 2 to 16 columns; groups 3 apart, which overlap, 0.16 to
0.26."""

SOME_WAY = 0.1
"""The same from which they are some way from it."""

MORE = 0.08
"""What the silhouette must exceed chance by to be some way from it: where chance is high, the whole
way is short."""

SURELY = 0.95
"""Agreement of other draws of customers from which hardly any customer changes segment."""

_ABOUT = {"silhouette": 0.01, "gaps": 0.15, "stability": 0.02}
"""What a silhouette, the gaps (as a share of them) and a stability may differ by from one year, or
one draw of customers, to the next."""

WORDS = ("clear", "moderate", "weak", "division", "none", "not measured")
"""All words, the best first."""

MEANING = {
    "apart": "Gaps part the segments: the customers most like one are nearly all in the same "
    "segment.",
    "far": "The segments are groups: they stand far out from what customers without groups would "
    "give.",
    "far and back": "The segments are groups: they stand far out from what customers without "
    "groups would give, and other draws of customers give nearly the same ones.",
    "parted": "The segments are groups: they stand out from what customers without groups would "
    "give, few customers stand between them, and other draws of customers give nearly the same "
    "ones.",
    "moderate": "The segments stand out from what customers without groups would give; customers "
    "at their borders could also belong next door.",
    "weak": "The segments stand out a little from what customers without groups would give: those "
    "near a border could as well belong next door. Check a segment against something you know "
    "before acting on it.",
    "borders": "The segments stand out from what customers without groups would give, but other "
    "draws of customers give other borders. Check a segment against something you know before "
    "acting on it.",
    "partly": "Gaps part the segments in places: those most like a customer are more often in the "
    "same segment than where one cloud is cut, but many customers stand between segments.",
    "changes": "Do not build on these segments: other draws of customers give others.",
    "division": "These segments are a division: parts that customers can be told apart by, and not "
    "groups with gaps between them.",
    "division and back": "These segments are a division: parts that customers can be told apart "
    "by, and not groups with gaps between them. Other draws of customers give nearly the same "
    "parts.",
    "none": "No groups stand out: customers without any groups would give about as much. The "
    "segments are slices of one cloud.",
    "none and back": "No groups stand out: customers without any groups would give about as much. "
    "The segments are slices of one cloud; other draws of customers give nearly the same slices, "
    "so they can be used to divide customers.",
    "none and changes": "No groups stand out: customers without any groups would give about as "
    "much. The segments are slices of one cloud, and other draws of customers would cut it "
    "elsewhere.",
    "specks": "There is one segment, and outlying customers apart from it: no groups.",
    "not measured": "How far to trust the segments could not be measured.",
    "no chance": "What customers without groups would give could not be measured, and without it "
    "the silhouette does not say how far to trust the segments.",
}
"""What is said of segments, by what was found."""

_BACK = ", which come back when customers are drawn anew"

LINE = {
    "apart": "Clear structure: gaps part the segments.",
    "far": "Clear structure: the segments are groups.",
    "far and back": f"Clear structure: the segments are groups{_BACK}.",
    "parted": f"Clear structure: the segments are groups{_BACK}.",
    "moderate": "Moderate structure: the segments stand out; customers at their borders could "
    "also belong next door.",
    "weak": "Weak structure: the segments stand out a little. Check one against something you "
    "know before acting on it.",
    "borders": "Weak structure: the segments stand out, but their borders depend on who was "
    "drawn. Check one before acting on it.",
    "partly": "Weak structure: gaps part the segments in places only.",
    "changes": "Weak structure: other draws of customers give other segments. Do not build on "
    "these.",
    "division": "A division, not groups: useful parts of one crowd, with no gaps between them.",
    "division and back": "A division, not groups: useful parts of one crowd, with no gaps "
    f"between them{_BACK}.",
    "none": "No clear structure: the segments are slices of one crowd, and no discovery.",
    "none and back": "No clear structure: the segments are slices of one crowd, which can be used "
    "to divide customers.",
    "none and changes": "No clear structure: the segments are slices of one crowd, which other "
    "draws of customers would cut elsewhere.",
    "specks": "No clear structure: one segment, and outlying customers apart from it.",
    "not measured": "How far to trust the segments could not be measured.",
    "no chance": "How far to trust the segments could not be measured.",
}
"""The same in one line, for the top of a page."""


SCALE = (
    "The silhouette runs from −1 to 1 and compares how close customers are to their own segment "
    "with how close they are to the next one. It falls with the number of columns, so it is held "
    "against what customers without any groups would give, and counts by the share that it goes "
    "of the way from there to 1. The structure is called clear where gaps part the segments, or "
    f"from {FAR} of the way on where other draws of customers give nearly the same segments "
    f"(agreement {SURELY} or more) and cut through no crowd; moderate from {SOME_WAY} of the way "
    f"on, and {MORE} at least, with an agreement of {RETURNS} or more; weak where the silhouette "
    f"stands out less surely, by {STANDS_OUT} at least, or gaps part the segments in places only; "
    "none otherwise. A division is a number of parts that come back, taken where no groups, or "
    "only two, stand out."
)
"""What the words mean, for the page."""


@dataclass(frozen=True)
class Verdict:
    """How far to trust a segmentation.

    Attributes
    ----------
    word : str
        One of :data:`WORDS`.
    meaning : str
        What that says about the customers.
    near : tuple of str
        Words that a little more or less of what was measured would give.
    line : str
        Word and meaning in one line.
    """

    word: str
    meaning: str
    near: tuple[str, ...] = ()
    line: str = ""

    def to_json(self) -> dict[str, Any]:
        """Its entry in the summary."""
        return {"word": self.word, "meaning": self.meaning, "near": list(self.near)}


def verdict(
    silhouette: float | None,
    chance: float | None,
    gaps: float | None,
    stability: float | None,
    *,
    division: bool = False,
) -> Verdict:
    """Say how far to trust segments; what is not known (None) is no reason for anything.

    Parameters
    ----------
    silhouette, chance : float or None
        Of the segments, and what customers without groups would give. What counts is how far the
        way from chance to 1 it goes: a silhouette alone falls with the number of columns.
    gaps : float or None
        How often those most like a customer are in another segment, as a share of what slices of
        one cloud have (:class:`engine.evaluation.gaps.Gaps`).
    stability : float or None
        Mean agreement with the segments of other draws of customers.
    division : bool
        Whether the segments were taken as a division, not as groups.

    Returns
    -------
    verdict : Verdict
        *clear*: gaps part them; or they come back almost exactly, cut through no crowd, and are
        far from chance or known to have few customers between them. *moderate*: they stand out,
        by some way, and come back. *weak*: they stand out less, or come back less, or gaps part
        them in places only. *none*: none of that.

    Examples
    --------
    >>> [verdict(0.25, 0.05, g, 0.98).word for g in (0.02, 0.1, None, 0.5)]
    ['clear', 'clear', 'moderate', 'moderate']
    >>> verdict(0.41, 0.11, None, 0.98).word, verdict(0.71, 0.69, None, 0.98).word
    ('clear', 'none')
    """
    word, why = _judged(silhouette, chance, gaps, stability, division=division)
    others = []
    for s, g, b in product((0.0, -1.0, 1.0), repeat=3):
        close = (
            _moved(silhouette, s * _ABOUT["silhouette"]),
            _moved(gaps, g * _ABOUT["gaps"] * (gaps or 0.0)),
            _moved(stability, b * _ABOUT["stability"]),
        )
        others.append(_judged(close[0], chance, close[1], close[2], division=division)[0])
    near = tuple(w for w in WORDS if w in others and w != word)
    return Verdict(word, MEANING[why], near, LINE[why])


def _moved(value: float | None, by: float) -> float | None:
    return None if not number(value) else value + by


def _judged(
    silhouette: float | None,
    chance: float | None,
    gaps: float | None,
    stability: float | None,
    *,
    division: bool,
) -> tuple[str, str]:
    """Give the word, and the key of its meaning."""
    back = stability if number(stability) else None
    parted = gaps if number(gaps) else None
    if not number(silhouette):
        return "not measured", "not measured"
    if division:
        if back is not None and back < CHANGES:
            return "none", "none and changes"
        returns = back is not None and back >= RETURNS
        return "division", "division and back" if returns else "division"
    known = chance if number(chance) else None
    gain = silhouette - known if known is not None else 0.0
    if gain < STANDS_OUT and (parted is None or parted > PARTLY):
        return ("none", _none(back)) if known is not None else ("not measured", "no chance")
    if back is not None and back < CHANGES:
        return "weak", "changes"
    if parted is not None and parted <= APART:
        return "clear", "apart"
    if gain < STANDS_OUT:
        return "weak", "partly"
    way = gain / max(1 - (known or 0.0), gain)
    return _standing_out(way if gain >= MORE else 0.0, parted, back)


def _none(back: float | None) -> str:
    if back is None:
        return "none"
    return "none and back" if back >= RETURNS else "none" if back >= CHANGES else "none and changes"


def _standing_out(way: float, parted: float | None, back: float | None) -> tuple[str, str]:
    """Judge segments whose silhouette stands out, by the way from chance to 1 that it goes."""
    surely = back is None or back >= SURELY
    if way >= FAR and surely and (parted is None or parted <= CUT):
        return "clear", "far" if back is None else "far and back"
    if way >= SOME_WAY and back is not None and surely and parted is not None and parted <= CUT:
        return "clear", "parted"
    if way >= SOME_WAY and (back is None or back >= RETURNS):
        return "moderate", "moderate"
    return "weak", "borders" if way >= SOME_WAY else "weak"


def verdict_of(scores: dict[str, Any]) -> Verdict:
    """Judge a method's entry in the summary: the one way from numbers to a word.

    Parameters
    ----------
    scores : dict
        Its ``silhouette`` (``value`` and ``chance``), what these are ``without_specks``, ``gaps``,
        ``stability`` (``mean``) and ``division``; what is absent is not known.
    """
    measured = scores.get("silhouette") or {}
    others = scores.get("without_specks")
    if others and others["segments"] < 2:
        return Verdict("none", MEANING["specks"], line=LINE["specks"])
    value, chance = measured.get("value"), measured.get("chance")
    if others:
        value, chance = others["silhouette"], others["chance"]
    return verdict(
        value,
        chance,
        scores.get("gaps"),
        (scores.get("stability") or {}).get("mean"),
        division=bool(scores.get("division")),
    )
