"""Ids that stand several times, in pieces: found by their hashes, compared on workers.

Ids that are equal have equal hashes, so those of hashes that stand once are told apart by that;
all others are compared themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from engine.data_preparation.features.id_digits import cut_off, shortened
from engine.data_preparation.features.id_forms import Alike, Writings, keys
from engine.data_preparation.features.id_pieces import Ids, pointed
from engine.data_preparation.features.identity import as_type
from engine.utilities.sampling import mix


@dataclass(frozen=True)
class Span:
    """Between which keys those of a piece lie, and whether each stands once there."""

    least: Any
    greatest: Any
    once: bool


def hashed(folds: Sequence[str] | None, ids: Ids) -> tuple[np.ndarray, Span | None]:
    """Hash the ids of a piece that are there, folded in every way that may be asked for.

    Parameters
    ----------
    folds : sequence of str or None
        None where all ids are numbers, or text that is whole numbers in one writing.
    ids : Ids

    Returns
    -------
    hashes : uint64 array
    span : Span or None
        None without ids.
    """
    key = ids.values.drop_nulls()
    if folds is not None:
        key = keys(key, folds)
    elif key.dtype == pl.String:
        key = key.cast(pl.Int64)
    if not len(key):
        return np.empty(0, np.uint64), None
    rises = (key.shift(-1) > key).head(len(key) - 1) if key.dtype != pl.Boolean else None
    once = bool(rises is not None and rises.all()) or key.n_unique() == len(key)
    return _hashes(key), Span(key.min(), key.max(), once)


def _hashes(key: pl.Series) -> np.ndarray:
    if key.dtype.is_integer():
        found: np.ndarray = mix(key.to_numpy().astype(np.int64, copy=False).view(np.uint64))
        return found
    if key.dtype.is_float():
        return mix((key.cast(pl.Float64).to_numpy() + 0.0).view(np.uint64))  # type: ignore[no-any-return]
    return key.cast(pl.String).hash().to_numpy()


def parted(n: int, hashes: np.ndarray) -> list[np.ndarray]:
    """Part hashes by their remainder."""
    rest = hashes % np.uint64(n)
    return [hashes[rest == i] for i in range(n)]


def several_times(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Give the hashes that stand several times, each once."""
    every = np.sort(np.concatenate(parts))
    same = every[1:][every[1:] == every[:-1]]
    return np.unique(same)


def in_question(
    n: int, ids: Ids, hashes: np.ndarray, start: int, several: Sequence[np.ndarray]
) -> list[pl.DataFrame]:
    """Give the rows whose hash stands several times, with their number, parted by the hash."""
    rows = np.arange(start, start + len(ids.values), dtype=np.int64)
    frame = pl.DataFrame({"row": rows, "id": ids.values.rename("id")}).drop_nulls("id")
    known = np.sort(np.concatenate(several))
    # Looked up, which takes a tenth of the time of sorting both together.
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    asked = known[places] == hashes
    frame, rest = frame.filter(pl.Series(asked)), hashes[asked] % np.uint64(n)
    return [frame.filter(pl.Series(rest == i)) for i in range(n)]


def together(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put the rows in question of all pieces together, in file order."""
    return pl.concat(parts)


@dataclass(frozen=True)
class Asked:
    """What rows in question tell: counts of rows and of different ids."""

    rows: int
    ids: int
    pointed_rows: int
    pointed: int
    long_rows: int
    long: int
    cut_rows: int
    cut: int
    short_twice: bool
    writings: Writings
    places: dict[tuple[str, tuple[str, ...]], int]


def compared(choices: Sequence[tuple[str, ...]], rows: pl.DataFrame) -> Asked:
    """Look at the writings of rows in question, among which are all those of each customer."""
    values = rows["id"]
    once = values.unique(maintain_order=True)
    writings, places = Writings(), {}
    text, different = values.cast(pl.String), once.cast(pl.String)
    if choices and values.dtype == pl.String:
        writings.take(once, choices)
        for kind, found in (("alike", writings.alike), ("beyond", writings.beyond)):
            for folds, some in found.items():
                if some.example:
                    first = rows.filter(pl.col("id") == some.example[0])
                    places[kind, folds] = int(first["row"][0])
    long_rows, cut_rows = cut_off(text)
    long, cut = cut_off(different)
    short = shortened(values)
    return Asked(
        rows=len(values), ids=len(once), pointed_rows=pointed(values), pointed=pointed(once),
        long_rows=long_rows, long=long, cut_rows=cut_rows, cut=cut,
        short_twice=bool(short.is_duplicated().any()), writings=writings, places=places,
    )  # fmt: skip


def all_writings(asked: Sequence[Asked]) -> Writings:
    """Add up what the rows in question tell; the example is the first in file order."""
    total = Writings()
    for kind in ("alike", "beyond"):
        mine: dict[tuple[str, ...], Alike] = getattr(total, kind)
        inf = float("inf")
        ordered = sorted(
            ((one.places.get((kind, folds), inf), folds, found)
             for one in asked for folds, found in getattr(one.writings, kind).items()),
            key=lambda each: each[0],
        )  # fmt: skip
        for _, folds, found in ordered:
            mine.setdefault(folds, Alike()).add(found)
    return total


@dataclass(frozen=True)
class Repeats:
    """Ids that have several rows: how many, their rows, and how the first of them is written."""

    ids: int
    rows: int
    first: int
    written: tuple[str, ...]


def repeats(folds: Sequence[str] | None, dtype: pl.DataType, rows: pl.DataFrame) -> Repeats | None:
    """Find ids that have several rows; None for none."""
    keyed = rows.with_columns(_key(folds, rows["id"]))
    several = keyed.filter(pl.col("key").is_duplicated())
    if not several.height:
        return None
    first = several.filter(pl.col("key") == several["key"][0])
    written = as_type(first["id"], dtype).cast(pl.String).unique(maintain_order=True).head(2)
    return Repeats(
        several["key"].n_unique(), several.height, int(first["row"][0]), tuple(written.to_list())
    )


def _key(folds: Sequence[str] | None, ids: pl.Series) -> pl.Series:
    return (ids if folds is None else keys(ids, folds)).alias("key")


def left_out(
    folds: Sequence[str] | None, policy: str, starts: np.ndarray, rows: pl.DataFrame
) -> list[np.ndarray]:
    """List the rows that the policy leaves out, by piece, numbered within it."""
    key = _key(folds, rows["id"])
    keep = key.is_first_distinct() if policy == "first" else key.is_last_distinct()
    out = rows["row"].filter(~keep).to_numpy()
    ends = np.searchsorted(out, starts[1:])
    return [part - start for part, start in zip(np.split(out, ends), starts, strict=True)]


def stand_apart(spans: Sequence[Span]) -> bool:
    """Tell whether no id can stand in two pieces, nor twice in one: those of a sorted file."""
    ordered = sorted(spans, key=lambda s: s.least)
    return all(s.once for s in spans) and all(
        one.greatest < other.least for one, other in pairwise(ordered)
    )
