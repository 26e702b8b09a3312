"""Whether the cells of a column are lists over a few members: by all of its rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, field

import polars as pl

from engine.data_preparation.reading.finding import NEARLY_ALL, NOTHING, Finding
from engine.data_preparation.reading.lists import BRACKETS, SEPARATORS, MemberReading, parted
from engine.data_preparation.reading.readings import Reading
from engine.data_preparation.reading.shapes import PROBE
from engine.data_preparation.reading.written_numbers import is_missing
from engine.utilities.shown import FEW, quoted

_MOST_MEMBERS = 50
"""A column of more members than this is free text."""

_SEVERAL = {";": 0.1, "|": 0.1, ",": 0.3}
"""Share of cells with more than one member from which on unbracketed cells are lists."""

_LEAST_USES = 3
_RARE = 0.01
"""Share of the lists that have a member below which it gets no flag."""

_SAME_LENGTH = 0.98
_MARKS = r"[\[\]{}()\"';|,]"
_LONGEST = 40


@dataclass
class _Parted:
    """Cells parted by one separator."""

    members: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    cells: dict[str, int] = field(default_factory=dict)

    def add(self, counts: pl.DataFrame, separator: str) -> bool:
        """Take in different cells with their counts; false once there are too many members."""
        lists = counts.select(
            "n", found=_as_list(counts, separator).list.unique(maintain_order=True)
        )
        n, found = pl.col("n"), pl.col("found")
        for length, rows in lists.group_by(found.list.len()).agg(n.sum()).iter_rows():
            self.lengths[length] += rows
        begun = lists.group_by(found.list.first()).agg(n.sum()).drop_nulls()
        self.first.update(dict(begun.iter_rows()))
        table = lists.explode("found").drop_nulls().group_by("found").agg(n.sum(), cells=pl.len())
        if table.height > _MOST_MEMBERS:
            return False
        for member, rows, places in table.iter_rows():
            self.members[member] += rows
            self.cells[member] = max(places, self.cells.get(member, 0))
        return len(self.members) <= _MOST_MEMBERS

    def merge(self, after: _Parted) -> bool:
        """Take in cells that follow; false once there are too many members."""
        self.members.update(after.members)
        self.first.update(after.first)
        self.lengths.update(after.lengths)
        for member, places in after.cells.items():
            self.cells[member] = max(places, self.cells.get(member, 0))
        return len(self.members) <= _MOST_MEMBERS

    @property
    def rows(self) -> int:
        """Cells."""
        return self.lengths.total()

    @property
    def several(self) -> float:
        """Share of the cells with more than one member."""
        return sum(n for length, n in self.lengths.items() if length > 1) / max(1, self.rows)

    def are_list(self, separator: str, *, bracketed: bool) -> bool:
        """Tell lists from words in a fixed order, labels with a comma and numbers."""
        if len(self.members) < 2 or max(map(len, self.members)) > _LONGEST:
            return False
        if self.members.total() < _LEAST_USES * len(self.members):
            return False
        if bracketed:
            return self.several > 0
        digits = sum(n for m, n in self.members.items() if m.replace(".", "").isdecimal())
        numbers = digits > 0.5 * self.members.total()
        return (
            self.several >= _SEVERAL[separator]
            and not (numbers and (separator == "," or any("." in m for m in self.members)))
            and not self._in_order()
            and self._recur()
        )

    def _in_order(self) -> bool:
        """Whether each member has its place, as a town and its country do."""
        length, n = self.lengths.most_common(1)[0]
        if length < 2 or n < _SAME_LENGTH * self.rows:
            return False
        mixed = sum(self.members[m] for m in self.members if 0 < self.first[m] < self.members[m])
        return mixed < 0.1 * self.members.total()

    def _recur(self) -> bool:
        """Whether members occur in different cells, as no part of a label does."""
        recurring = sum(n > 1 for n in self.cells.values())
        return recurring > 0.5 * len(self.cells)


def _as_list(counts: pl.DataFrame, separator: str) -> pl.Expr:
    if isinstance(counts.schema["cell"], pl.List):
        return pl.col("cell").cast(pl.List(pl.String)).list.drop_nulls()
    return parted(pl.col("cell"), separator)


@dataclass
class Lists:
    """What the cells of a column hold if they are lists, block by block.

    Attributes
    ----------
    parted : dict of str to members and counts
        By separators that are still possible; one of any name for columns of lists.
    rows, bracketed : int
        Cells that are there, and those in brackets.
    started : bool
    """

    parted: dict[str, _Parted] = field(default_factory=dict)
    rows: int = 0
    bracketed: int = 0
    missing: int = 0
    started: bool = False
    example: str = ""
    typed: bool = False

    def look(self, values: pl.Series) -> None:
        """Take in a block: text or lists."""
        if (self.started and not self.parted) or len(values) == values.null_count():
            return
        if not self.started and len(values) > PROBE:
            probe = Lists()
            probe.look(values.head(PROBE))
            if probe.started and not probe.parted:
                self.started = True
                return
        known = values.drop_nulls().alias("cell")
        self.typed = isinstance(known.dtype, pl.List)
        self.missing += values.null_count()
        frame = known.to_frame() if self.typed else known.cast(pl.String).to_frame()
        counts = frame.group_by("cell").agg(n=pl.len().cast(pl.Int64))
        if not self.typed:
            gone = counts.filter(is_missing(pl.col("cell")))
            self.missing += int(gone["n"].sum())
            counts = counts.filter(~is_missing(pl.col("cell")))
            framed = pl.col("cell").str.contains(BRACKETS)
            self.bracketed += int(counts.filter(framed)["n"].sum())
        self.rows += int(counts["n"].sum())
        if not self.started:
            self._start(counts)
        for separator in list(self.parted):
            if not self.parted[separator].add(counts, separator):
                del self.parted[separator]

    def rest(self) -> Lists:
        """Give one for cells that follow: it knows what the first ones tell, and counts none."""
        known = {separator: _Parted() for separator in self.parted}
        return Lists(known, started=self.started, example=self.example, typed=self.typed)

    def merge(self, after: Lists) -> None:
        """Take in what was seen of the cells that follow."""
        if not self.started:
            vars(self).update(vars(deepcopy(after)))
            return
        if not after.started:
            return
        self.rows += after.rows
        self.bracketed += after.bracketed
        self.missing += after.missing
        for separator in list(self.parted):
            theirs = after.parted.get(separator)
            if theirs is None or not self.parted[separator].merge(theirs):
                del self.parted[separator]

    def _start(self, counts: pl.DataFrame) -> None:
        """Choose what may separate members in text: what occurs in enough of the first cells."""
        self.started = True
        if self.typed:
            self.parted = {",": _Parted()}
            return
        framed = self.bracketed >= NEARLY_ALL * self.rows
        for separator in SEPARATORS:
            holds = counts.filter(pl.col("cell").str.contains(separator, literal=True))
            share = int(holds["n"].sum()) / max(1, self.rows)
            if share > 0 and (framed or share >= 0.5 * _SEVERAL[separator]):
                self.parted[separator] = _Parted()
                longest = holds.select(pl.col("cell").sort_by(-pl.col("n"), pl.col("cell")).first())
                self.example = self.example or str(longest.item())


def find_lists(
    column: str, lists: Lists, most: int, taken: Collection[str], least: int = FEW
) -> Finding:
    """Decide whether a column's cells are lists, and name a flag for each of the members.

    Parameters
    ----------
    column : str
    lists : Lists
        All of its cells.
    most : int
        Flags at most: those of the most frequent members.
    least : int
        Rows that a member needs to be named anywhere.
    taken : collection of str
        Names that are columns already.
    """
    framed = lists.typed or lists.bracketed >= NEARLY_ALL * max(1, lists.rows)
    fit = [s for s, p in lists.parted.items() if p.are_list(s, bracketed=framed)]
    if not fit:
        return NOTHING
    separator = max(fit, key=lambda s: (lists.parted[s].several, s))
    found = lists.parted[separator]
    order = sorted(found.members, key=lambda m: (-found.members[m], m))
    enough = max(_RARE * found.rows, least)
    common = [m for m in order if enough <= found.members[m] < found.rows][:most]
    if not common:
        return NOTHING
    known = tuple(sorted(m for m in order if found.members[m] >= least))
    readings: dict[str, Reading] = {}
    for member in common:
        name = f"{column}: {member}"
        while name in taken:
            name += "_"
        share = found.members[member] / found.rows
        readings[name] = MemberReading(column, member, known, separator, share)
    return Finding(readings, _told(column, lists, found, common, order))


def _told(column: str, lists: Lists, found: _Parted, common: list[str], order: list[str]) -> str:
    flags = ", ".join(f"{m!r} ({found.members[m]:,})" for m in common[:5])
    flags += ", ..." if len(common) > 5 else ""
    members = set(filter(None, map(str.strip, re.split(_MARKS, lists.example))))
    shown = members <= {m for m in order if found.members[m] >= FEW}
    such = f" such as {lists.example!r}" if lists.example and shown else ""
    sentence = (
        f"column {column!r} holds {found.rows:,} lists{such}: taken apart into {len(common)} "
        f"flags, {flags}"
    )
    rest = [m for m in order if m not in common]
    if rest:
        one = len(rest) == 1
        such = "" if one else "s, such as"
        first = quoted(rest[0], found.members[rest[0]])
        sentence += f"; {len(rest):,} other member{such}"
        sentence += f"{',' if one else ''} {first}, {'has' if one else 'have'} none"
    if lists.missing:
        sentence += f"; {lists.missing:,} {'cell has' if lists.missing == 1 else 'cells have'} "
        sentence += "no list"
    return sentence
