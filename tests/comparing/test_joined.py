"""The matrix of two periods, exactly as a plain join in NumPy counts it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.comparing import spilled
from engine.comparing.joined import MOVE, Join, Wanted, largest
from engine.comparing.spilled import Customers, Kept, by_text, places_of, spill
from engine.errors import DataError
from engine.places.runtime import Runtime

NUMBERS = (0, 2, 5)
SIDE = st.dictionaries(
    st.integers(0, 40), st.tuples(st.sampled_from([*NUMBERS, None]), st.integers(-50, 50))
)


def write(folder: Path, name: str, side: dict[Any, Any], *, text: bool) -> Customers:
    ids = [f"{i:03d}" if text else i for i in side]
    table = pl.DataFrame(
        {
            "id": pl.Series(ids, dtype=pl.String if text else pl.Int64),
            "segment": pl.Series([s for s, _ in side.values()], dtype=pl.Int32),
            "distance": pl.Series(range(len(side)), dtype=pl.Float32),
            "monetary": pl.Series([m for _, m in side.values()], dtype=pl.Float64),
        }
    )
    table.write_parquet(folder / f"{name}.parquet")
    return Customers(folder / f"{name}.parquet", "id", NUMBERS, name)


def joined(old: Customers, new: Customers, kept: Kept, folder: Path, parts: int) -> Join:
    sides = []
    for customers in (old, new):
        place = folder / customers.called
        place.mkdir()
        sides.append(spill(customers, kept, place, parts))
    return Join(*sides, (3, 3), money=kept.money is not None)


def by_hand(old: dict[Any, Any], new: dict[Any, Any]) -> tuple[np.ndarray, ...]:
    """Count customer by customer."""
    place = {n: i for i, n in enumerate(NUMBERS)} | {None: 3}
    counts, before, after = np.zeros((5, 5), int), np.zeros((5, 5)), np.zeros((5, 5))
    for who in old.keys() | new.keys():
        i = place[old[who][0]] if who in old else 4
        j = place[new[who][0]] if who in new else 4
        counts[i, j] += 1
        before[i, j] += old.get(who, (None, 0))[1]
        after[i, j] += new.get(who, (None, 0))[1]
    return counts, before, after


@settings(max_examples=40)
@given(old=SIDE, new=SIDE, text=st.booleans(), parts=st.sampled_from([1, 4]))
def test_the_matrix_is_that_of_a_join_by_hand(old, new, text, parts):
    with TemporaryDirectory() as name:
        folder = Path(name)
        sides = (write(folder, n, s, text=text) for n, s in (("old", old), ("new", new)))
        join = joined(*sides, Kept(text, "monetary", clear=False), folder, parts)
        cells, moves = join.found(Runtime(threads=2), Wanted({0: 0, 1: 1, 2: 2}, 5))
    counts, before, after = by_hand(old, new)
    assert cells.repeated == (0, 0)
    assert np.array_equal(cells.counts, counts)
    assert np.array_equal(cells.before, before)
    assert np.array_equal(cells.after, after)
    differ = sorted(
        (
            abs(new.get(w, (None, 0))[1] - old[w][1])
            for w in old
            if old[w][0] is not None
            and (w not in new or (new[w][0] is not None and new[w][0] != old[w][0]))
        ),
        reverse=True,
    )
    assert moves is not None
    assert moves["score"].tolist() == differ[:5]


def test_of_rows_that_repeat_an_id_the_first_counts(tmp_path: Path):
    old = write(tmp_path, "old", {1: (0, 1), 2: (2, 1)}, text=True)
    new = write(tmp_path, "new", {1: (0, 1), 2: (2, 1)}, text=True)
    table = pl.read_parquet(new.path)
    pl.concat([table, table.with_columns(segment=pl.lit(5, pl.Int32))]).write_parquet(new.path)
    join = joined(old, new, Kept(True, None, clear=True), tmp_path, 2)
    cells, _ = join.found(Runtime(threads=1))
    assert cells.repeated == (0, 2)
    assert cells.counts.sum() == 2
    assert [cells.counts[0, 0], cells.counts[1, 1]] == [1, 1]


def test_texts_of_one_hash_are_told_apart(tmp_path: Path):
    kept = Kept(True, None, clear=False)
    old, new = np.zeros(3, kept.dtype), np.zeros(2, kept.dtype)
    old["check"], old["segment"] = [5, 6, 7], [0, 1, 2]
    new["check"], new["segment"] = [7, 9], [2, 0]
    files = tuple(tmp_path / name for name in ("old", "new"))
    for side, file in zip((old, new), files, strict=True):
        side.tofile(file)
    sides = (spilled.Spilled((file,), kept.dtype) for file in files)
    cells, _ = Join(*sides, (3, 3), money=False).found(Runtime(threads=1))
    assert cells.counts.sum() == 4
    assert [cells.counts[2, 2], cells.counts[4, 0]] == [1, 1]
    assert cells.counts[:2, 4].tolist() == [1, 1]


def test_the_largest_moves_are_taken_and_ties_go_by_the_key():
    moves = np.zeros(6, MOVE)
    moves["score"], moves["key"] = [1, 3, 3, 3, 0, 2], [9, 8, 2, 5, 1, 7]
    assert largest(moves, 3)["key"].tolist() == [2, 5, 8]
    assert largest(moves, 9)["score"].tolist() == [3, 3, 3, 2, 1, 0]


def test_a_segment_that_the_model_lacks_is_a_damaged_table(tmp_path: Path):
    customers = write(tmp_path, "old", {1: (0, 1)}, text=False)
    table = pl.read_parquet(customers.path)
    for number in (1, 9, -7):
        table.with_columns(segment=pl.lit(number, pl.Int32)).write_parquet(customers.path)
        with pytest.raises(DataError, match="missing or damaged"):
            spill(customers, Kept(False, None, clear=False), tmp_path, 1)


def test_ids_of_two_kinds_are_compared_as_text():
    assert by_text([pl.Int64(), pl.UInt64()])
    assert by_text([pl.String(), pl.String()])
    assert not by_text([pl.UInt64(), pl.UInt32()])
    assert places_of((0, 2)).tolist() == [0, -1, 1, -1]
