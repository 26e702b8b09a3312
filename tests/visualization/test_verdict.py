"""How far to trust segments: the word by what was measured, at its borders and beyond."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.gaps import APART, CUT, PARTLY
from engine.visualization.verdict import MEANING, WORDS, verdict, verdict_of

NAN = float("nan")


@pytest.mark.parametrize(
    ("silhouette", "chance", "gaps", "stability", "word"),
    [
        # Eight segments in sixteen columns: far from chance, and the same ones come back.
        (0.44, 0.11, None, 1.0, "clear"),
        (0.36, 0.22, 0.01, 1.0, "clear"),
        (0.36, 0.22, None, 1.0, "moderate"),
        (0.36, 0.22, 0.5, 1.0, "moderate"),
        (0.64, 0.40, 0.33, 0.99, "moderate"),
        (0.64, 0.40, None, 0.94, "moderate"),
        (0.64, 0.40, None, 0.89, "weak"),
        (0.64, 0.40, None, 0.49, "weak"),
        (0.33, 0.27, None, 0.99, "weak"),
        (0.31, 0.27, None, 0.99, "none"),
        (0.95, 0.92, None, 1.00, "none"),
        (0.20, 0.35, PARTLY, 0.9, "weak"),
        (0.20, 0.35, APART, 0.9, "clear"),
        (0.20, 0.35, APART, 0.4, "weak"),
        (0.36, 0.22, CUT, None, "moderate"),
        (0.70, 0.22, None, None, "clear"),
        (0.70, None, None, 1.0, "not measured"),
        (0.70, None, 0.01, 1.0, "clear"),
        (None, 0.2, None, None, "not measured"),
        (NAN, 0.2, 0.3, 0.9, "not measured"),
    ],
)
def test_the_word_follows_the_numbers(silhouette, chance, gaps, stability, word) -> None:
    found = verdict(silhouette, chance, gaps, stability)
    assert found.word == word
    assert found.word in WORDS
    assert found.meaning in MEANING.values()


def test_the_meaning_says_whether_segments_come_back() -> None:
    assert "give nearly the same slices" in verdict(0.31, 0.3, None, 0.95).meaning
    assert "cut it elsewhere" in verdict(0.31, 0.3, None, 0.4).meaning
    assert "other draws" not in verdict(0.31, 0.3, None, 0.6).meaning.lower()
    assert "Do not build on these" in verdict(0.40, 0.3, None, 0.2).meaning
    assert "other borders" in verdict(0.40, 0.3, None, 0.6).meaning


def test_a_division_is_called_one_unless_it_does_not_come_back() -> None:
    found = verdict(0.25, 0.24, None, 0.95, division=True)
    assert found.word == "division"
    assert "Other draws of customers give nearly the same parts" in found.meaning
    assert "Other draws" not in verdict(0.25, 0.24, None, 0.8, division=True).meaning
    assert verdict(0.25, 0.24, None, 0.3, division=True).word == "none"


def test_near_a_border_the_other_word_is_named() -> None:
    assert verdict(0.455, 0.40, None, 0.99).near == ("none",)
    assert verdict(0.475, 0.40, None, 0.99).near == ("moderate",)
    assert verdict(0.20, 0.35, 0.23, 0.9).near == ("none",)
    assert verdict(0.20, 0.35, 0.27, 0.9).near == ("weak",)
    assert verdict(0.80, 0.40, None, 1.0).near == ()
    assert verdict(None, None, None, None).near == ()


def test_what_is_slightly_less_is_never_two_words_away() -> None:
    """No cliff: where the word changes, both sides name each other."""
    steps = [0.40 + STANDS_OUT * i / 50 for i in range(100)]
    for low, high in pairwise(steps):
        one, two = (verdict(v, 0.40, None, 0.93) for v in (low, high))
        if one.word != two.word:
            assert two.word in one.near
            assert one.word in two.near


def test_a_methods_entry_is_judged_by_what_it_holds() -> None:
    entry = {"silhouette": {"value": 0.8, "chance": 0.4}, "stability": {"mean": 1.0}}
    assert verdict_of(entry).word == "clear"
    assert verdict_of(entry | {"division": True}).word == "division"
    assert verdict_of(entry | {"stability": None, "gaps": None}).word == "clear"
    assert verdict_of({}).word == "not measured"
