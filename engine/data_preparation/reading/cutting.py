"""Files cut where records end, and questions about all of their rows, by workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from engine.cluster.members import Members
from engine.data_preparation.reading.blocks import Files
from engine.data_preparation.reading.csv_files import CsvFile
from engine.data_preparation.reading.csv_pieces import (
    Looked,
    TextRange,
    beginning_of,
    judged,
    look,
)
from engine.data_preparation.reading.cuts import Cut, cut, gathered_csv, inner_ends
from engine.data_preparation.reading.encodings import TextFile, is_one_byte
from engine.data_preparation.reading.points import Points

T = TypeVar("T")

FIRST_BYTES = 64 << 20
"""Bytes of a file at most that are looked at here, for its first rows."""


@dataclass(eq=False)
class Workers:
    """Workers that are asked about all rows of files, of which this process reads the first alone.

    Attributes
    ----------
    members : Members
    """

    members: Members
    _cuts: dict[tuple[Path, ...], tuple[Cut, ...]] = field(default_factory=dict)

    def __reduce__(self) -> Any:
        """Become nobody where it is sent: a worker reads by itself."""
        return type(None), ()

    def cuts(self, source: Files) -> tuple[Cut, ...]:
        """Cut the files of a source, once; what all bytes say of a CSV is then known of it.

        Raises
        ------
        DataError
            A file is no text, or cannot be read.
        """
        files = tuple(source.files)
        if files not in self._cuts:
            csv = source.kind == "csv"
            self._cuts[files] = self._cut_csv(source.csv) if csv else cut(source)
        return self._cuts[files]

    def _cut_csv(self, csv: Mapping[Path, CsvFile]) -> tuple[Cut, ...]:
        begun = {file: beginning_of(opened) for file, opened in csv.items()}
        edges = {f: _edges(opened, begun[f]) for f, opened in csv.items() if begun[f] is not None}
        ranges = [(f.absolute(), *both) for f, e in edges.items() for both in pairwise(e)]
        lists = zip(*ranges, strict=True) if ranges else ((), (), ())
        seen: list[Looked] = self.members.results(self.members.tasks(look, *map(list, lists)))
        each = iter(seen)
        found = {file: [next(each) for _ in edge[1:]] for file, edge in edges.items()}
        odd = {f: csv[f] for f in csv if f not in found or _is_odd(csv[f].text, found[f])}
        self._judge(odd)
        for file in odd:
            begun[file] = beginning_of(csv[file])
            if not _in_place(csv[file].text):
                begun[file] = None
        ends = {f: _ends(e[1:-1], found[f]) for f, e in edges.items() if begun[f] is not None}
        return gathered_csv(csv, begun, {f: ends.get(f, []) for f in csv})

    def _judge(self, files: Mapping[Path, CsvFile]) -> None:
        """Let workers look at every byte of files, which may not be in the encoding they began."""
        told = self.members.results(
            self.members.tasks(
                judged, [f.absolute() for f in files], [f.read for f in files.values()]
            )
        )
        for opened, (encoding, letters, nul) in zip(files.values(), told, strict=True):
            text = opened.text
            text.encoding, text.letters, text.nul = encoding, letters, nul

    def ask(self, fn: Callable[..., T], source: Files, *known: Any) -> T:
        """Let one worker answer from all rows: ``fn(source, *known)``."""
        tasks = self.members.tasks(fn, [source], *([k] for k in known))
        found: list[T] = self.members.results(tasks)
        return found[0]

    def ask_each(self, fn: Callable[..., T], source: Any) -> list[T]:
        """Let workers answer from the rows of each piece: ``fn(part)``."""
        parts = [source.part(c) for c in self.cuts(source)]
        return self.members.results(self.members.tasks(fn, parts))

    def look_at_points(self, points: Points, schema: dict[str, pl.DataType]) -> None:
        """As :meth:`Points.look`."""
        if points.asks(schema):
            tasks = self.members.tasks(partial(_looked_at, schema=schema), [points])
            points.take(self.members.results(tasks)[0])


def _looked_at(points: Points, schema: dict[str, pl.DataType]) -> Points:
    points.look(schema)
    return points


def _edges(file: CsvFile, beginning: int | None) -> list[int]:
    size, start = file.path.stat().st_size, beginning or 0
    return [start, *inner_ends(file, beginning), size]


def _is_odd(text: TextFile, found: list[Looked]) -> bool:
    """Tell whether a file must be looked at as a whole, to tell what it is written in."""
    nul = any(f.nul for f in found)
    return (text.asked in ("auto", "utf8", "utf8-lossy") and nul) or (
        text.asked == "auto" and not all(f.utf8 for f in found)
    )


def _in_place(text: TextFile) -> bool:
    return text.encoding in ("utf8", "utf8-lossy") or is_one_byte(text.encoding)


def _ends(middle: list[int], found: list[Looked]) -> list[int]:
    """List where records end, at or behind each of these places.

    Parameters
    ----------
    middle : list of int
        Where the second, third, ... range begins.
    found : list of Looked
        What each range tells, the first one's too.
    """
    ends: list[int] = []
    within = found[0].odd if found else False
    for _, one in zip(middle, found[1:], strict=True):
        end = one.inside if within else one.outside
        if end >= 0 and end > (ends[-1] if ends else 0):
            ends.append(end)
        within ^= one.odd
    return ends


class _First(TextRange):
    """The first records of a file, that are here already."""

    def __init__(self, text: TextFile, data: bytes) -> None:
        super().__init__(text.path, 0, len(data))
        self._data = data

    def _text(self, stop: int, beginning: int | None = None) -> bytes:
        return self._data[:stop]


def first_records(file: CsvFile) -> CsvFile:
    """Give the first records of a file, as a file."""
    text = file.text
    if _in_place(text) and beginning_of(file) is not None:
        size = file.path.stat().st_size
        part = TextRange(file.path, 0, min(FIRST_BYTES, size), 0, text.encoding, nul=True)
        data, cut_off = part.table().getvalue(), size > FIRST_BYTES
    else:
        data, cut_off = text.head.encode(), True
    return replace(file, text=_First(text, _whole_records(data) if cut_off else data))


def _whole_records(data: bytes) -> bytes:
    """Leave out what follows the last line end outside quotation marks."""
    stop = data.rfind(b"\n") + 1
    odd = data.count(b'"', 0, stop) % 2
    while stop and odd:
        before = data.rfind(b"\n", 0, stop - 1) + 1
        odd ^= data.count(b'"', before, stop) % 2
        stop = before
    return data[:stop] or data
