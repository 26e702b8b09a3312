"""What is counted of a block: levels of any type, as text of all rows would say."""

from __future__ import annotations

from collections import Counter

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data_preparation.features.feature_plan import MISSING_LEVEL
from engine.data_preparation.reading.frames import levels_as_text
from engine.drifting.seeing import Levels

_WORDS = ["web", "shop", "true", "TRUE", "True", "false", "1", "1.0", "", MISSING_LEVEL, "ä" * 20]
_LEVELS = st.lists(st.sampled_from(_WORDS), max_size=5, unique=True)
_MANY = [f"level {i}" for i in range(40)]


def _counted(values: pl.Series, levels: list[str]) -> Levels:
    """Count with a dictionary, by the text of every row."""
    frame = nw.from_native(values.to_frame(), eager_only=True)
    text = Counter(levels_as_text(frame, [values.name]).to_native()[values.name].to_list())
    missing = text.pop(None, 0) + text.pop(MISSING_LEVEL, 0)
    counts = {level: text.pop(level, 0) for level in levels}
    return Levels(counts, text.total(), missing)


@pytest.mark.parametrize("more", [[], [f"level {i}" for i in range(20)]])
def test_another_spelling_of_a_number_is_its_level(more):
    """Held against each level, and grouped where these are many."""
    found = Levels(dict.fromkeys(["2", "3.0", *more], 0), spelled={"2.0": "2", "3": "3.0"})
    found.add(pl.Series(["2.0", "2", "3", "3.0", "03", None]))
    assert ([found.counts["2"], found.counts["3.0"]], found.other, found.missing) == ([2, 2], 1, 1)


def _same(values: pl.Series, levels: list[str]) -> None:
    found, wanted = Levels(dict.fromkeys(levels, 0)), _counted(values, levels)
    found.add(values)
    assert found == wanted
    found.add(values)
    wanted.merge(_counted(values, levels))
    assert found == wanted


@given(st.lists(st.one_of(st.none(), st.sampled_from([*_WORDS, "other"]))), _LEVELS)
@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical], ids=str)
def test_levels_of_text_are_those_of_every_row(dtype, values, levels):
    _same(pl.Series("n", values, dtype=pl.String).cast(dtype), levels)


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([1, 2, 2, None, 3], ["1", "2"]),
        ([1.0, 2.5, -0.0, 0.0, float("nan"), None, float("inf"), 1e300], ["1", "2.5", "0"]),
        ([True, False, None, True], ["true", "false"]),
        ([None, None], ["a"]),
        ([], ["a"]),
        (["level 1", "level 39", "level 40", None], _MANY),
    ],
)
def test_levels_of_any_type_are_those_of_every_row(values, levels):
    _same(pl.Series("column", values, strict=False), levels)


def test_a_level_that_is_called_as_what_is_missing_has_nobody():
    levels = Levels({MISSING_LEVEL: 0, "a": 0})
    levels.add(pl.Series("c", ["a", MISSING_LEVEL, None, "b"]))
    assert (levels.counts, levels.other, levels.missing) == ({MISSING_LEVEL: 0, "a": 1}, 1, 2)
