"""What one pass over the input collects for the profiles, segment by segment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.data_preparation.features.bins import Tallies
from engine.data_preparation.features.feature_plan import CategoricalFeature
from engine.data_preparation.prepare import Prepared
from engine.data_preparation.reading.frames import as_array, known_values, levels_as_text
from engine.descriptive_stats.columns import columns_of, samples_of
from engine.descriptive_stats.medians import medians, weighted_median
from engine.native.columns import available, column_sums
from engine.places.runtime import Runtime
from engine.utilities.rows import smallest_within

MEDIAN_ROWS = 20_000
"""Customers of a segment whose values give its medians; exact for smaller segments."""


_CELLS = 1 << 22
"""Elements of a one-hot of segments on a CPU, 32 MiB: whole chunks of up to 64 segments."""


class Gathered:
    """Sums, a sample for medians and level counts, collected block by block in file order.

    Parameters
    ----------
    prepared : Prepared
    labels : int32 array of shape (n_customers,)
    sizes : int array of shape (k,)
        Customers of each segment.
    runtime : Runtime
    least : int
        Customers that a bin of a column is of at least.

    Notes
    -----
    A visitor; with each block come its customers' segments and priorities.
    """

    def __init__(
        self, prepared: Prepared, labels: Any, sizes: np.ndarray, runtime: Runtime, least: int = 1
    ) -> None:
        self._runtime = runtime
        self._columns = columns_of(prepared)
        self._sizes = sizes
        self._k = k = len(sizes)
        d, beside = len(self._columns.numeric), self._columns.beside
        self.sums = np.zeros((k, d))
        self.counts = np.zeros((k, d))
        self.squares = np.zeros(d)
        of = len(beside.numeric) if beside else 0
        self.prepared_sums, self.prepared_squares = np.zeros((k, of)), np.zeros(of)
        self._shift = short(_finite_means(prepared))
        # Of the columns that form segments, how their values lie: a model keeps it.
        self.tallies = Tallies.of(samples_of(prepared)[: len(prepared.plan.numeric)], least)
        self._bounds = _bounds(prepared.identity.priority, labels, sizes)
        room = int(np.minimum(sizes, MEDIAN_ROWS).sum())
        self._sample, self._segments = np.empty((room, d)), np.empty(room, np.int32)
        self._held, self._begun = 0, False
        self.levels: dict[str, Counter[tuple[int, str]]] = {
            f.column: Counter() for f in self._columns.categorical
        }

    def add(self, _start: int, block: Any, labels: Any, priority: np.ndarray) -> None:
        """Take a block of customers in, with the segment and the priority of each."""
        segment, self._begun = self._runtime.get(labels), True
        frame = nw.from_native(block, eager_only=True)
        if self._columns.numeric:
            wanted = np.flatnonzero(priority <= self._bounds.take(segment))
            self._keep(self._numbers(segment, block, frame, wanted), segment[wanted])
        frame = levels_as_text(frame, self.levels)
        if self._columns.beside:
            self._add_prepared(segment, self._columns.beside.transform(block, self._runtime))
        for feature in self._columns.categorical:
            self._add_levels(segment, frame, feature)

    def merge(self, after: Gathered) -> None:
        """Take in what another one has collected of the customers that follow."""
        self.sums += after.sums
        self.counts += after.counts
        self.squares += after.squares
        self.prepared_sums += after.prepared_sums
        self.prepared_squares += after.prepared_squares
        self.tallies.merge(after.tallies)
        self._keep(after._sample[: after._held], after._segments[: after._held])
        for column, levels in self.levels.items():
            levels.update(after.levels[column])

    def __getstate__(self) -> dict[str, Any]:
        """Leave the room behind that holds nothing, and once blocks were taken in the place."""
        held = {"_sample": self._sample[: self._held], "_segments": self._segments[: self._held]}
        return vars(self) | held | ({"_runtime": None} if self._begun else {})

    def _keep(self, values: np.ndarray, segments: np.ndarray) -> None:
        stop = self._held + len(values)
        if stop > len(self._sample):
            more = np.empty((stop - len(self._sample), self._sample.shape[1]))
            self._sample = np.concatenate([self._sample, more])
            self._segments = np.concatenate([self._segments, np.empty(len(more), np.int32)])
        self._sample[self._held : stop] = values
        self._segments[self._held : stop] = segments
        self._held = stop

    def _numbers(
        self, segment: np.ndarray, block: Any, frame: nw.DataFrame[Any], wanted: np.ndarray
    ) -> np.ndarray:
        """Add numbers up; give those of some rows."""
        names = self._columns.numbers
        if isinstance(block, pl.DataFrame) and available():
            columns = [as_array(block[c]) for c in names]
            if sums := column_sums(segment, columns, self._shift, self._k):
                self._count(*sums)
                self.tallies.add(columns)
                return np.stack([c.take(wanted) for c in columns], axis=1, dtype=np.float64)
        values = self._runtime.matrix(known_values(frame.select(names)), np.float64)
        self._add_numbers(segment, values)
        self.tallies.add(values.T, xp=self._runtime.xp)
        return self._runtime.take(values, wanted)

    def _count(self, sums: np.ndarray, counts: np.ndarray, squares: np.ndarray) -> None:
        self.sums += sums
        self.counts += counts
        self.squares += squares

    def _add_numbers(self, segment: np.ndarray, values: Any) -> None:
        xp = self._runtime.xp
        add_up, shift = sums_by_segment(self._runtime, self._k), self._runtime.put(self._shift)

        def chunk(rows: Any, labels: Any) -> tuple[Any, ...]:
            known = xp.isfinite(rows)
            centred = xp.where(known, rows - shift, 0.0)
            sums, counts = add_up(labels, centred, known.astype(np.float64))
            return sums, counts, xp.einsum("ij,ij->j", centred, centred)

        self._count(*self._runtime.reduce(chunk, values, segment))

    def _add_prepared(self, segment: np.ndarray, values: Any) -> None:
        """Add up numbers that only describe, on the scale on which columns compare."""
        xp, add_up = self._runtime.xp, sums_by_segment(self._runtime, self._k)

        def chunk(rows: Any, labels: Any) -> tuple[Any, Any]:
            wide = rows.astype(np.float64)
            return add_up(labels, wide)[0], xp.einsum("ij,ij->j", wide, wide)

        sums, squares = self._runtime.reduce(chunk, values, segment)
        self.prepared_sums += sums
        self.prepared_squares += squares

    def _add_levels(
        self, segment: np.ndarray, frame: nw.DataFrame[Any], feature: CategoricalFeature
    ) -> None:
        text = frame.select(feature.text().alias("level"))
        pairs = text.with_columns(nw.new_series("segment", segment, backend=text.implementation))
        counts = pairs.group_by("segment", "level").agg(nw.len().alias("n"))
        keys = zip(counts["segment"].to_list(), counts["level"].to_list(), strict=True)
        self.levels[feature.column].update(dict(zip(keys, counts["n"].to_list(), strict=True)))

    def means(self) -> np.ndarray:
        """Mean of the known values: (k, d), NaN where none is known."""
        with np.errstate(invalid="ignore"):
            return self._shift + self.sums / self.counts

    def totals(self) -> np.ndarray:
        """Sum of the known values: (k, d)."""
        totals: np.ndarray = self._shift * self.counts + self.sums
        return totals

    def medians(self, segment: int) -> np.ndarray:
        """Median of the known values of a segment: (d,)."""
        sample, segments = self._sampled()
        return medians(sample[segments == segment])

    def medians_of_told(self, told: np.ndarray) -> list[float]:
        """Median of the known values over the segments that are told of each column: d of them.

        Each segment counts as much as it has customers, whatever its sample is.
        """
        sample, segment = self._sampled()
        sampled = np.maximum(np.bincount(segment, minlength=self._k), 1)
        weights = self._sizes / sampled
        found = []
        for values, own in zip(sample.T, told.T, strict=True):
            there = np.isfinite(values) & own[segment]
            found.append(weighted_median(values[there], weights[segment[there]]))
        return found

    def _sampled(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the customers of the sample, in file order, and their segments."""
        return self._sample[: self._held], self._segments[: self._held]

    def mean_of_told(self, told: np.ndarray) -> np.ndarray:
        """Mean of the known values over the segments that are told of each column: (d,).

        Of everyone, the few that no segment tells of could be had by subtracting.
        """
        if told.all():
            return self.overall()[0]
        sums, counts = (np.where(told, x, 0.0).sum(axis=0) for x in (self.sums, self.counts))
        with np.errstate(invalid="ignore"):
            mean: np.ndarray = self._shift + sums / counts
        return mean

    def overall(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation over everyone: (d,) each."""
        n = np.maximum(self.counts.sum(axis=0), 1)
        mean = self.sums.sum(axis=0) / n
        # Values near the largest double have squares beyond it: their spread is then not known.
        with np.errstate(over="ignore", invalid="ignore"):
            return self._shift + mean, np.sqrt(np.maximum(self.squares / n - mean**2, 0))


def sums_by_segment(runtime: Runtime, k: int) -> Callable[..., list[Any]]:
    """Make the function that adds up float64 rows by segment.

    It is called with the labels (n_rows,) and one array or more of rows (n_rows, d), and gives for
    each of those the sums (k, d): by a one-hot product, in slices whose size does not grow with k.
    """
    xp = runtime.xp
    each, step = xp.arange(k)[:, None], max(1, runtime.cells(_CELLS) // k)

    def add_up(labels: Any, *arrays: Any) -> list[Any]:
        totals = [xp.zeros((k, rows.shape[1])) for rows in arrays]
        for start in range(0, len(labels), step):
            some = slice(start, start + step)
            one_hot = (labels[some] == each).astype(np.float64)
            for total, rows in zip(totals, arrays, strict=True):
                total += one_hot @ rows[some]
        return totals

    return add_up


def _bounds(priority: Any, labels: Any, sizes: np.ndarray) -> np.ndarray:
    """Give the largest priority in the sample of each segment: uint64 of shape (k,)."""
    bounds = np.full(len(sizes), 2**64 - 1, np.uint64)
    counts = np.where(sizes > MEDIAN_ROWS, MEDIAN_ROWS, 0)
    drawn = smallest_within(priority, labels, counts, sizes)
    for s in np.flatnonzero(counts).tolist():
        bounds[s] = priority.take(drawn[s][-1:])[0]
    return bounds


def _finite_means(prepared: Prepared) -> np.ndarray:
    means = [v.mean() if len(v) else 0.0 for v in samples_of(prepared)]
    return np.array(means, dtype=np.float64)


def short(values: np.ndarray) -> np.ndarray:
    """Round to 20 binary digits: what is summed less such a number is summed exactly.

    Where all values of a segment are 0, they add up to its size times the number, and taking the
    mean leaves 0: a mean of -9e-15 would say otherwise. Good for 2^33 customers and any values of
    few digits.

    Examples
    --------
    >>> short(np.array([0.1, 3.0, 0.0, -1234567.8])).tolist()
    [0.10000002384185791, 3.0, 0.0, -1234568.0]
    """
    fraction, exponent = np.frexp(values)
    rounded: np.ndarray = np.ldexp(np.round(np.ldexp(fraction, 20)), exponent - 20)
    return rounded
