"""Who the rows are, where they are read in pieces on the workers of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from engine.cluster.members import Members
from engine.cluster.runtime import ClusterRuntime
from engine.cluster.spread import Spread
from engine.config.sections import PreparationConfig
from engine.data_preparation.features import id_forms, id_pieces, id_repeats
from engine.data_preparation.features.id_digits import (
    cut_words,
    inexact_words,
    shortened_words,
)
from engine.data_preparation.features.id_pieces import Facts
from engine.data_preparation.features.id_repeats import Asked, Repeats
from engine.data_preparation.features.id_words import (
    NUMBERED,
    blank_words,
    check_at_least_two,
    dropped_words,
    identified_words,
    kept_words,
    none_with_id,
    pointed_words,
    several_rows,
    without_id,
)
from engine.data_preparation.features.identity import ROW_ID, Identity, type_of_all, typed_as
from engine.data_preparation.reading.cuts import Cut, named, read_whole
from engine.data_preparation.reading.cutting import Workers
from engine.data_preparation.reading.files import no_rows
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError
from engine.utilities.progress import Progress

PART_IDS = 4_194_304
"""Ids that one task looks at for repeats, about."""


def read_spread_identity(
    source: Source,
    column: str | None,
    *,
    settings: PreparationConfig,
    seed: int,
    fold: id_forms.Asked,
    runtime: ClusterRuntime,
    progress: Progress,
) -> Identity:
    """Read the ids on workers, as :func:`engine.data_preparation.features.identity.read_identity`.

    Nothing of the customers comes here but counts of each piece.
    """
    workers = source.workers or Workers(runtime.members)
    source.check_points()
    cuts = workers.cuts(source)
    runtime.members.pieces = named(cuts)
    reading = _Reading(source, column, settings, runtime.members, cuts)
    reading.read(progress)
    folds = reading.compare(fold) if column else None
    out = reading.policies(folds) if column else None
    return reading.identity(seed, out)


@dataclass(eq=False)
class _Reading:
    """The ids of all pieces while they are read: futures of them, and what is known of each."""

    source: Source
    column: str | None
    settings: PreparationConfig
    members: Members
    cuts: tuple[Cut, ...]
    ids: list[Any] = field(default_factory=list)
    facts: list[Facts] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)
    """Frames of the rows of which others may be the same customer."""
    notices: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def total(self, name: str) -> int:
        """Add up a count of all pieces."""
        return sum(int(getattr(f, name)) for f in self.facts)

    @property
    def starts(self) -> np.ndarray:
        """Number of the first row of each piece."""
        return np.cumsum([0, *(f.rows for f in self.facts)][:-1], dtype=np.int64)

    @property
    def plain(self) -> bool:
        """Whether no id can be written in another way."""
        return all(f.plain for f in self.facts)

    def read(self, progress: Progress) -> None:
        """Read the column in every piece."""
        source, members = self.source, self.members
        column = self.column or next(iter(source.schema))
        parts = [source.part(c) for c in self.cuts]
        members.pieces = [c.told for c in self.cuts]
        self.ids = members.spread(partial(id_pieces.read_ids, column), parts)
        self.facts = members.results(
            members.tasks(id_pieces.facts_of, self.ids),
            lambda i: progress.advance(self.cuts[i].rows or 0),
        )
        if not self.total("rows"):
            raise no_rows(source.label)

    def compare(self, fold: id_forms.Asked) -> tuple[str, ...] | None:
        """Find rows that may be one customer; decide which writings of an id are one."""
        choices = () if self.plain else id_forms.choices(fold)
        every = tuple(dict.fromkeys(f for folds in choices for f in folds))
        self._find(None if self.plain else every)
        members, asked = self.members, list[Asked]()
        if self.rows:
            task = partial(id_repeats.compared, choices)
            asked = members.results(members.tasks(task, self.rows))
        self.warnings += self._lost_digits(asked)
        if self.plain:
            return None
        writings = id_repeats.all_writings(asked)
        folds = id_forms.decide(writings, fold, lines=False)
        notices, more = id_forms.told(writings, folds, fold, str(self.column))
        ids = self.total("rows") - self.total("nulls") + sum(a.ids - a.rows for a in asked)
        pointed = self.total("pointed") + sum(a.pointed - a.pointed_rows for a in asked)
        self.notices += [*notices, *pointed_words(pointed, ids, str(self.column))]
        self.warnings += more
        return folds

    def _find(self, folds: tuple[str, ...] | None) -> None:
        """Look for ids that stand several times: by hashes first, parted over the workers."""
        members = self.members
        whole = members.tasks(partial(id_repeats.hashed, folds), self.ids)
        hashes, spans = members.apart(whole, 2)
        if id_repeats.stand_apart([s for s in members.results(spans) if s is not None]):
            return
        n = 1 + self.total("rows") // PART_IDS
        split = members.apart(members.tasks(partial(id_repeats.parted, n), hashes), n)
        several = members.tasks(id_repeats.several_times, split)
        if not sum(members.results(members.tasks(len, several))):
            return
        found = members.tasks(
            partial(id_repeats.in_question, n), self.ids, hashes, self.starts.tolist(),
            [several] * len(self.ids),
        )  # fmt: skip
        frames = members.apart(found, n)
        self.rows = members.tasks(id_repeats.together, frames)

    def _lost_digits(self, asked: Sequence[Asked]) -> list[str]:
        """As :func:`engine.data_preparation.features.id_digits.lost_digits`."""
        column = str(self.column)
        if large := self.total("inexact"):
            number = next(f.first_inexact for f in self.facts if f.inexact)
            return [inexact_words(large, number, column)]
        if self.facts[0].dtype.is_float():
            return []
        if short := self.total("shortened"):
            first = next(f.first_shortened for f in self.facts if f.shortened)
            words = shortened_words(short, self.total("rows"), first, column)
            if any(a.short_twice for a in asked):
                message = f"{self.source.label}: {words}."
                raise DataError(message)
            return [words]
        long = self.total("long") + sum(a.long - a.long_rows for a in asked)
        ending = self.total("cut") + sum(a.cut - a.cut_rows for a in asked)
        return cut_words(long, ending, column)

    def policies(self, folds: tuple[str, ...] | None) -> list[list[Any]] | None:
        """Apply the policies for missing and repeated ids; list the rows that are left out."""
        label, column, settings = self.source.label, str(self.column), self.settings
        if nulls := self.total("nulls") - self.total("blank"):
            if settings.null_ids == "error":
                raise without_id(nulls, column, label)
            self.warnings.append(dropped_words(nulls))
        if self.total("nulls") == self.total("rows"):
            raise none_with_id(column, label)
        members, out = self.members, None
        if self.rows:
            task = partial(id_repeats.repeats, folds, self.dtype)
            found: list[Repeats] = [r for r in members.results(members.tasks(task, self.rows)) if r]
            if found:
                ids, rows = sum(f.ids for f in found), sum(f.rows for f in found)
                if settings.duplicates == "error":
                    first = min(found, key=lambda f: f.first)
                    raise several_rows(ids, rows, first.written, column, label)
                self.warnings.append(kept_words(ids, rows - ids, settings.duplicates))
                leave = partial(id_repeats.left_out, folds, settings.duplicates, self.starts)
                out = members.apart(members.tasks(leave, self.rows), len(self.ids))
        return out

    @property
    def dtype(self) -> pl.DataType:
        """The type of the ids of all pieces."""
        column = str(self.column)
        if kept := typed_as(self.source.schema[column], self.source):
            return kept
        there = self.total("nulls") < self.total("rows")
        return type_of_all(self.facts[0].dtype, whole=all(f.whole for f in self.facts), there=there)

    def identity(self, seed: int, out: list[list[Any]] | None) -> Identity:
        """Make the ids and priorities of the customers, where their rows are."""
        members, numbered = self.members, self.column is None
        sizes, cuts, keep = [f.rows for f in self.facts], self.cuts, None
        blank = self.total("blank")
        if blank or out or (self.total("nulls") and not numbered):
            none: Any = None if numbered else []
            lists = out or [none] * len(cuts)
            keep = members.tasks(id_pieces.kept, self.ids, lists)
            sizes = members.results(members.tasks(id_pieces.count, keep))
        check_at_least_two(sum(sizes), self.source.label)
        dtype, name = (None, ROW_ID) if numbered else (self.dtype, str(self.column))
        task = partial(id_pieces.made_ids, dtype, seed, name)
        whole = members.tasks(task, self.ids, self.starts.tolist(), keep or [None] * len(cuts))
        ids, priority = members.apart(whole, 2)
        there = [i for i, size in enumerate(sizes) if size]
        members.pieces = [cuts[i].told for i in there]

        def spread(pieces: Sequence[Any], sizes: Sequence[int], dtype: Any) -> Spread:
            rows = tuple(sizes[i] for i in there)
            return Spread(members, rows, dtype, (), tuple(pieces[i] for i in there))

        identified = NUMBERED if numbered else identified_words(name)
        notices = [*self.source.found, identified, *self.notices, *blank_words(blank)]
        notices += read_whole(self.source, cuts)
        members.pieces = named([cuts[i] for i in there])
        return Identity(
            spread(ids, sizes, dtype or pl.Int64()),
            spread(priority, sizes, np.dtype(np.uint64)),
            spread(keep, [f.rows for f in self.facts], np.dtype(bool)) if keep else None,
            self.column, tuple(notices), tuple(self.warnings), tuple(cuts[i] for i in there),
        )  # fmt: skip
