"""Files cut into pieces of about a million rows, by the files alone: a task reads one.

The same files give the same pieces, whatever the cluster: sums have the same bits on any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from engine.data_preparation.reading.blocks import Files

PIECE_ROWS = 1_048_576
"""Rows of a piece, about: sixteen chunks of the numerical contract."""


@dataclass(frozen=True)
class Cut:
    """One piece of the files of a source.

    Attributes
    ----------
    spans : tuple of (Path, start, stop)
        Rows of a Parquet file, bytes of a CSV, ``stop`` not among them; one a file.
    rows : int or None
        Rows of the files in it; None for CSV, which does not say.
    """

    spans: tuple[tuple[Path, int, int], ...]
    rows: int | None = None


def cut(source: Files) -> tuple[Cut, ...]:
    """Cut the files of a source: row groups joined to about :data:`PIECE_ROWS` rows."""
    return tuple(_cut_parquet(source))


def _cut_parquet(source: Files) -> Iterator[Cut]:
    spans: list[tuple[Path, int, int]] = []
    held = 0
    for file in source.files:
        n = int(pl.scan_parquet(file, glob=False).select(pl.len()).collect().item())
        start = 0
        while start < n:
            stop = min(n, start + PIECE_ROWS - held)
            spans.append((file, start, stop))
            held += stop - start
            start = stop
            if held >= PIECE_ROWS:
                yield Cut(tuple(spans), held)
                spans, held = [], 0
    if spans:
        yield Cut(tuple(spans), held)
