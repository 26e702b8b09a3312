"""One pass over new customers that counts what a model kept of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from engine.data_preparation.features.bins import Tally
from engine.data_preparation.features.feature_plan import MISSING_LEVEL
from engine.data_preparation.reading.frames import as_array, is_plain_text, levels_as_text
from engine.errors import DataError
from engine.model.assigning import stream
from engine.model.fitted import LackingError
from engine.model.reading import Lost
from engine.places.runtime import local_runtime
from engine.places.side_by_side import streamed
from engine.utilities.progress import Progress

if TYPE_CHECKING:
    import polars as pl

    from engine.model.model import Model

_COMPARED = 16
"""Levels up to which text is held against each: a group by it takes the time of that many."""


@dataclass
class Levels:
    """Customers by the level of a column.

    Attributes
    ----------
    counts : dict of str to int
        Of the levels that the model knows.
    other, missing : int
    spelled : mapping of str to str
        Other spellings, with the level that each stands for.
    """

    counts: dict[str, int]
    other: int = 0
    missing: int = 0
    spelled: Mapping[str, str] = field(default_factory=dict)

    def add(self, values: pl.Series) -> None:
        """Take in a block, as it was read; what it holds is written as text once a value."""
        if len(self.counts) <= _COMPARED and is_plain_text(values.dtype, self.counts):
            self._compare(values)
            return
        groups = values.alias("level").value_counts(name="n")
        text = levels_as_text(nw.from_native(groups, eager_only=True), ["level"]).to_native()
        for written, n in text.select("level", "n").iter_rows():
            level = self.spelled.get(written, written)
            if level is None or level == MISSING_LEVEL:
                self.missing += n
            elif level in self.counts:
                self.counts[level] += n
            else:
                self.other += n

    def _compare(self, values: pl.Series) -> None:
        """Hold text against each level."""
        levels = [level for level in self.counts if level != MISSING_LEVEL]
        found = [int((values == level).sum()) for level in levels]
        for written, level in self.spelled.items():
            found[levels.index(level)] += int((values == written).sum())
        missing = values.null_count() + int((values == MISSING_LEVEL).sum())
        for level, n in zip(levels, found, strict=True):
            self.counts[level] += n
        self.missing += missing
        self.other += len(values) - sum(found) - missing

    def merge(self, after: Levels) -> None:
        """Take in what another one has counted."""
        for level, n in after.counts.items():
            self.counts[level] += n
        self.other, self.missing = self.other + after.other, self.missing + after.missing


@dataclass
class Seen:
    """What was counted.

    Attributes
    ----------
    rows : int
    numbers : dict of str to Tally
        In the bins that the model kept.
    levels : dict of str to Levels
    sizes : int array of shape (k,)
        Customers by segment.
    near : int array of shape (k, n_distances)
        Of these who are not farther than each distance that the model kept.
    notices, warnings : list of str
    lacking : tuple of str
        Columns of the model that the data lack; then nobody was given a segment.
    """

    rows: int
    numbers: dict[str, Tally]
    levels: dict[str, Levels]
    sizes: np.ndarray
    near: np.ndarray
    notices: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    lacking: tuple[str, ...] = ()

    @property
    def compared(self) -> bool:
        """Whether there is a column to compare."""
        return bool(self.numbers or self.levels)

    @classmethod
    def none(cls, model: Model) -> Seen:
        """Give what is seen of nobody."""
        kept, k = model.info.get("reference") or {}, model.representatives.n_segments
        columns = {c["column"]: c for c in kept.get("columns", ())}
        numbers = {
            f.column: _tally(columns[f.column])
            for f in model.plan.numeric
            if columns.get(f.column, {}).get("kind") == "number"
        }
        levels = {
            f.column: _levels(columns[f.column], f.spelled)
            for f in model.plan.categorical
            if columns.get(f.column, {}).get("kind") == "category"
        }
        most = max((len(s["distances"] or ()) for s in kept.get("segments", ())), default=0)
        return cls(0, numbers, levels, np.zeros(k, np.int64), np.zeros((k, most), np.int64))

    def merge(self, after: Seen) -> None:
        """Take in what was counted of the customers that follow."""
        self.rows += after.rows
        for column, tally in self.numbers.items():
            tally.merge(after.numbers[column])
        for column, levels in self.levels.items():
            levels.merge(after.levels[column])
        self.sizes, self.near = self.sizes + after.sizes, self.near + after.near


def _levels(kept: Mapping[str, Any], spelled: Mapping[str, str]) -> Levels:
    counts = dict.fromkeys(kept["levels"], 0)
    known = {other: level for other, level in spelled.items() if level in counts}
    return Levels(counts, spelled=known)


def _tally(kept: Mapping[str, Any]) -> Tally:
    bounds = kept["bounds"]
    return Tally(tuple(kept["edges"]), bounds=(bounds[0], bounds[1]) if bounds else None)


def see(model: Model, path: str | Path, overrides: Mapping[str, Any], progress: Progress) -> Seen:
    """Stream a file through a model, and count; nothing of a single customer is kept.

    Where columns are missing the others are counted, and nobody is given a segment.

    Parameters
    ----------
    model : Model
    path : str or Path
        A file, folder or glob; invoices become customers first where the model is of some.
    overrides : mapping of dotted key to value
        What is other in this file: see :meth:`engine.model.model.Model.assign_file`.
    progress : Progress

    Raises
    ------
    DataError
        No column of the model is there, or one holds another type.
    """
    try:
        return _seen(model, path, overrides, progress)
    except LackingError as error:
        part = _without(model, error.columns)
        if not Seen.none(part).compared:
            message = (
                f"The data have none of the {len(model.plan.columns)} columns that the model kept, "
                "so there is nothing to compare."
            )
            raise DataError(message) from None
        lacking = tuple(c for c in model.plan.file_columns if c in error.columns)
        return _seen(part, path, overrides, progress, lacking)


def _without(model: Model, columns: list[str]) -> Model:
    """Give a model of the other columns, which can be counted by but give no segments."""
    plan = model.plan
    kept = replace(
        plan,
        id_column=None if plan.id_column in columns else plan.id_column,
        numeric=tuple(f for f in plan.numeric if f.file_column not in columns),
        categorical=tuple(f for f in plan.categorical if f.column not in columns),
    )
    return replace(model, plan=kept)


def _seen(
    model: Model,
    path: str | Path,
    overrides: Mapping[str, Any],
    progress: Progress,
    lacking: tuple[str, ...] = (),
) -> Seen:
    seen, lost, runtime = Seen.none(model), Lost(), local_runtime()
    seen.lacking = lacking
    bounds = _bounds(model, seen)

    def counted(block: pl.DataFrame) -> Seen:
        part = Seen.none(model)
        part.rows = block.height
        if not lacking:
            labels, distances = model.labels_and_distances(block, runtime)
            _count_segments(part, labels, distances, bounds)
        _count_columns(part, block)
        return part

    with stream(model, path, progress, overrides) as opened:
        blocks = (block for block in opened.rows(lost) if block.height)
        for part in streamed(counted, blocks, runtime):
            seen.merge(part)
        seen.notices = list(opened.notices)
        if opened.purchases:
            seen.warnings = list(opened.purchases.facts["warnings"])
    seen.warnings += lost.notes()
    return seen


def _bounds(model: Model, seen: Seen) -> np.ndarray:
    """Give the distances that the model kept, none of which one is farther than: (k, most)."""
    bounds = np.full(seen.near.shape, np.inf, np.float32)
    for i, kept in enumerate((model.info.get("reference") or {}).get("segments", ())):
        of = kept["distances"] or ()
        bounds[i, : len(of)] = of
    return bounds


def _count_segments(
    seen: Seen, labels: np.ndarray, distances: np.ndarray, bounds: np.ndarray
) -> None:
    k = len(seen.sizes)
    seen.sizes += np.bincount(labels, minlength=k)
    for j in range(bounds.shape[1]):
        inside = distances <= bounds[:, j].take(labels)
        seen.near[:, j] += np.bincount(labels[inside], minlength=k)


def _count_columns(seen: Seen, block: pl.DataFrame) -> None:
    for column, tally in seen.numbers.items():
        tally.add(as_array(block[column]))
    for column, levels in seen.levels.items():
        levels.add(block[column])
