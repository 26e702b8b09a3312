"""New data as a period: given their segments by a model, and described as a run describes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.comparing.periods import Period
from engine.comparing.spilled import Customers
from engine.data_preparation.reading.frames import levels_as_text, to_array
from engine.descriptive_stats.kinds import FLAG
from engine.model.assigning import Stream, stream
from engine.model.fitted import Fitted
from engine.utilities.progress import Progress
from engine.utilities.tables import write_table

FILE = "assigned.parquet"
_WEEK = 7


def of_data(
    old: Period, data: str | Path, folder: Path, overrides: Mapping[str, Any], progress: Progress
) -> tuple[Period, list[str]]:
    """Give data the segments of a period's model, streamed.

    Parameters
    ----------
    old : Period
    data : str or Path
        A file, folder or glob with the columns of the model.
    folder : Path
        Takes the table of its customers; for the user alone.
    overrides : mapping of dotted path to value
        What is other in this file than in training.
    progress : Progress

    Returns
    -------
    period : Period
    notices : list of str
        What was met on the way, for people.

    Raises
    ------
    EngineError
        As :func:`engine.model.model.Model.assign`.
    """
    table, least = folder / FILE, int(old.profiles["smallest_group"])
    seen = Seen(old.model, least, old.profiles)
    value = old.value.get("column")
    with stream(old.model, data, progress, overrides) as opened:
        kinds = dict(opened.schema)
        if value and opened.purchases is not None:
            kinds[value] = pl.Float64
        frames = _frames(opened, seen, value if value in kinds else None)
        write_table(frames, kinds, table, "private")
        done = opened.done()
        notices = _earlier(old, opened, data)
    run = Path(data).name
    customers = Customers(table, old.model.id_name, old.numbers.public, str(data))
    period = replace(
        old, run=run, input=str(data), customers=customers, profiles=seen.tree(), data=True,
        lineage=old.lineage,
    )  # fmt: skip
    return period, [*notices, *done.notices, *done.notes()]


def _earlier(old: Period, opened: Stream, data: str | Path) -> list[str]:
    """Say where purchases end before those of the run that they are compared with."""
    then = (old.model.info.get("transactions") or {}).get("snapshot")
    now = opened.purchases.facts.get("last_date") if opened.purchases is not None else None
    if not then or not now:
        return []
    if (date.fromisoformat(str(then)[:10]) - date.fromisoformat(str(now)[:10])).days <= _WEEK:
        return []
    return [
        f"warning: purchases of {data} end on {now}, before those of {old.customers.called} "
        f"(snapshot {then}): customers who had not bought yet count as having left"
    ]


def _frames(opened: Stream, seen: Seen, value: str | None) -> Iterator[pl.DataFrame]:
    """Yield the results, with what customers are worth where that was gathered."""
    start = 0
    for frame in opened.frames(seen):
        if value is None:
            yield frame
            continue
        assert opened.purchases is not None
        rows = pl.scan_parquet(opened.purchases.customers, glob=False).select(value)
        worth = rows.slice(start, frame.height).collect()[value].cast(pl.Float64)
        start += frame.height
        # Customers who bought nothing come last, and have none.
        yield frame.with_columns(worth.extend_constant(None, frame.height - len(worth)))


class Seen:
    """Sums and counts of the columns of customers who pass by, by segment.

    Parameters
    ----------
    model : Fitted
    least : int
        Customers that a figure is of at least.
    then : dict
        Profiles of the model's own customers: which columns are flags, and what is worth.
    """

    def __init__(self, model: Fitted, least: int, then: dict[str, Any]) -> None:
        self._plan, self._numbers, self._names = model.plan, model.numbers.public, model.names
        self._least, self._then, k = least, then, len(model.names)
        self._columns = [f.column for f in model.plan.numeric]
        d = len(self._columns)
        means = [then["overall"].get(c, {}).get("mean") or 0.0 for c in self._columns]
        self._shift = np.array(means, np.float64)
        self._sizes = np.zeros(k, np.int64)
        self._sums, self._known, self._squares = np.zeros((k, d)), np.zeros((k, d)), np.zeros(d)
        self._levels: dict[str, Counter[tuple[int, str]]] = {
            f.column: Counter() for f in model.plan.categorical
        }

    def __call__(self, block: pl.DataFrame, labels: np.ndarray) -> None:
        """Take a block in, with the segment of each customer."""
        k = len(self._sizes)
        self._sizes += np.bincount(labels, minlength=k)
        frame = nw.from_native(block, eager_only=True)
        if self._columns:
            values = to_array(frame.select(self._columns)) - self._shift
            known = np.isfinite(values)
            values[~known] = 0.0
            self._squares += np.einsum("ij,ij->j", values, values)
            for i in range(len(self._columns)):
                self._sums[:, i] += np.bincount(labels, values[:, i], k)
                self._known[:, i] += np.bincount(labels, known[:, i], k)
        texts = levels_as_text(frame, self._levels)
        for feature in self._plan.categorical:
            pairs = texts.select(feature.text().alias("level")).to_native()
            counts = pairs.with_columns(segment=pl.Series(labels)).group_by("segment", "level")
            spelled = feature.spelled
            for segment, level, n in counts.len().iter_rows():
                self._levels[feature.column][segment, spelled.get(level, level)] += n

    def tree(self) -> dict[str, Any]:
        """Give what the segments are like, in the form of a run's profiles."""
        overall = {c: self._overall(i, c) for i, c in enumerate(self._columns)}
        names = ("value", "labels", "meanings")
        kept: dict[str, Any] = {k: self._then[k] for k in names if k in self._then}
        segments = [self._segment(i, overall) for i in range(len(self._sizes))]
        return {
            "customers": int(self._sizes.sum()),
            "overall": overall,
            "segments": segments,
            "smallest_group": self._least,
            "shares": {},
            **kept,
        }

    def _overall(self, i: int, column: str) -> dict[str, Any]:
        n = max(self._known[:, i].sum(), 1.0)
        mean = self._sums[:, i].sum() / n
        std = float(np.sqrt(max(self._squares[i] / n - mean**2, 0.0)))
        kind = self._then["overall"].get(column, {}).get("kind")
        return {"mean": float(self._shift[i] + mean), "std": std, "kind": kind}

    def _segment(self, index: int, overall: dict[str, Any]) -> dict[str, Any]:
        few = int(self._sizes[index]) < self._least
        return {
            "segment": self._numbers[index],
            "name": self._names[index],
            "customers": int(self._sizes[index]),
            "share": float(self._sizes[index] / max(self._sizes.sum(), 1)),
            "few": self._least if few else 0,
            "features": {
                c: {"mean": None if few else self._mean(index, i, overall[c]["kind"])}
                for i, c in enumerate(self._columns)
            },
            "shares": {} if few else {c: self._shares(index, c) for c in self._levels},
        }

    def _mean(self, index: int, i: int, kind: Any) -> float | None:
        n = self._known[index, i]
        if n < self._least:
            return None
        mean = float(self._shift[i] + self._sums[index, i] / n)
        if kind == FLAG and 0 < n * min(mean, 1 - mean) < self._least - 0.5:
            return float(self._least * round(n * mean / self._least) / n)
        return mean

    def _shares(self, index: int, column: str) -> list[dict[str, Any]]:
        feature = next(f for f in self._plan.categorical if f.column == column)
        counts = {level: self._levels[column][index, level] for level in feature.named}
        n = int(self._sizes[index]) - sum(self._levels[column][index, x] for x in feature.no_level)
        if n < self._least:
            return []
        return [
            {"level": level, "share": many / n}
            for level, many in counts.items()
            if many >= self._least and n - many >= self._least
        ]
