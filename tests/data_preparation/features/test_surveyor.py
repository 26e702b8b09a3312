"""Two surveyors of parts of the rows, put together, know what one of all rows knows."""

from __future__ import annotations

import functools
import itertools
from copy import deepcopy
from pickle import dumps

import numpy as np
import polars as pl
import pytest

from engine.data_preparation.features import seen
from engine.data_preparation.features.surveyor import Asked, Beginning, Surveyor
from engine.data_preparation.features.visiting import merged
from engine.data_preparation.reading.date_evidence import Evidence
from engine.data_preparation.reading.numbers import PLAIN
from engine.utilities.sampling import row_priority

N = 900


def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame({
        "nr": np.arange(N, 0, -1) * 2.0,
        "x": np.where(rng.random(N) < 0.1, np.nan, rng.normal(size=N)),
        "unit": [f"{i} kg" if i < 870 else "heavy" for i in range(N)],
        "free": [f"level {i}" for i in range(N)],
        "tags": rng.choice(["a; b", "b", "c; a", "b; c"], N),
    })  # fmt: skip


def asked(sample_rows: int = 200) -> Asked:
    text = ["unit", "free", "tags"]
    return Asked(
        ["nr", "x"], text, [], ["tags"], set(text), set(text), ["nr", "x"], 1, PLAIN,
        sample_rows, N,
    )  # fmt: skip


def shown(visitor: Surveyor, frame: pl.DataFrame, start: int, stop: int) -> Surveyor:
    priority = row_priority(N, 3)
    for at in range(start, stop, 300):
        end = min(at + 300, stop)
        visitor.add(at, frame[at:end], priority[at:end])
    return visitor


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("cuts", "bounded"), [([], True), ([1, 300, 300], True), ([450, 871], False)]
)
def test_parts_put_together_are_the_whole(cuts, bounded, at_once):
    frame = table()
    whole = shown(Surveyor(asked()), frame, 0, N)
    first = Beginning(asked())
    first.add(0, frame[:300])
    ends = [0, *sorted(cuts), N]
    parts = [
        shown(first.surveyor(bounded=bounded), frame, a, b) for a, b in itertools.pairwise(ends)
    ]
    before = deepcopy(parts)
    found = merged(*parts) if at_once else functools.reduce(merged, parts)
    assert found.numeric == whole.numeric
    assert found.text == whole.text
    for column, known in whole.text.items():
        assert known.shapes.found == found.text[column].shapes.found, column
        assert known.lists.parted == found.text[column].lists.parted, column
    assert found.counting.found() == whole.counting.found() == {"nr"}
    assert not found.lacks_rows
    assert np.array_equal(found.sampler.rows(), whole.sampler.rows(), equal_nan=True)
    one, other = found.joint.rows(), whole.joint.rows()
    assert one is not None
    assert one.equals(other)
    for part, same in zip(parts, before, strict=True):  # a task that runs again finds it so
        assert part.numeric == same.numeric
        assert part.text == same.text


def test_what_is_sent_is_small(monkeypatch):
    """Neither room that holds nothing nor levels without end travel."""
    monkeypatch.setattr(seen, "MOST_LEVELS", 100)
    assert len(dumps(Surveyor(asked(200_000)))) < 4_000
    part = shown(Surveyor(asked()), table(), 0, N)
    assert part.text["free"].levels is None
    assert len(dumps(part)) < 200 * 2 * 8 + 2_000 * 60 + N * 60
    first = Beginning(asked(200_000))
    first.add(0, table())
    assert len(dumps(first)) < 4_000


def test_a_bound_that_was_too_low_is_noticed():
    visitor = Surveyor(asked(), asked().bounds)
    priority = np.full(N, 2**64 - 1, np.uint64)
    visitor.add(0, table(), priority)
    assert visitor.lacks_rows


@pytest.mark.parametrize("at", [1, 40, 99])
def test_evidence_of_dates_adds_up(at):
    texts = pl.Series([f"{1 + i % 28:02}.{1 + i % 12:02}.{2_000 + i % 20}" for i in range(98)])
    texts = pl.concat([texts, pl.Series(["soon", "3 May 2011"])])
    whole, first, second = Evidence(), Evidence(), Evidence()
    whole.look(texts)
    first.look(texts[:at])
    second.look(texts[at:])
    first.merge(second)
    for name in ("rows", "unknown", "months", "short", "long", "zoned", "numbers"):
        assert getattr(first, name) == getattr(whole, name), name
    assert bool(first.day_first) == bool(whole.day_first)
