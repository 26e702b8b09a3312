"""Segment profiles: sizes, means and medians in original units, z-scores, categories with lift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.data_preparation.feature_plan import CategoricalFeature
from engine.data_preparation.prepare import Prepared
from engine.data_preparation.sources import Source
from engine.data_preparation.survey import customers, to_array
from engine.descriptive_stats.names import name_segments
from engine.runtime import Runtime
from engine.utilities.progress import Progress
from engine.utilities.sampling import draw

MEDIAN_ROWS = 20_000
"""Customers of a segment whose values give its medians; exact for smaller segments."""

_MIN_LIFT = 1.2
_MIN_SUPPORT = 0.01
_MIN_CUSTOMERS = 30
_MOST_LEVELS = 5


@dataclass(frozen=True)
class Profiles:
    """What the segments are like.

    Attributes
    ----------
    tree : dict
        Plain data: customers, overall figures and a list of segments, as saved with the report.
    names : list of str
        A unique name for each segment.
    """

    tree: dict[str, Any]
    names: list[str]

    def table(self) -> pl.DataFrame:
        """One row a segment: size, share, then mean, median and z of each feature."""
        rows = []
        for segment in self.tree["segments"]:
            row = {
                "segment": segment["segment"],
                "segment_name": segment["name"],
                "customers": segment["customers"],
                "share": segment["share"],
            }
            for feature, figures in segment["features"].items():
                row |= {f"{feature}_{name}": figures[name] for name in ("mean", "median", "z")}
            top = [f"{x['column']}={x['level']} ({x['lift']:.2f}x)" for x in segment["levels"]]
            row["distinctive_categories"] = "; ".join(top)
            rows.append(row)
        return pl.DataFrame(rows, infer_schema_length=None)


def describe(
    source: Source,
    prepared: Prepared,
    labels: np.ndarray,
    *,
    silhouettes: Sequence[float],
    runtime: Runtime,
    progress: Progress,
) -> Profiles:
    """Describe segments in one pass over the input and one over the prepared matrix.

    Parameters
    ----------
    source : Source
    prepared : Prepared
    labels : int32 array of shape (n_customers,)
        Segments 0 to k - 1.
    silhouettes : sequence of k floats
        Mean silhouette of each segment.
    runtime : Runtime
    progress : Progress

    Returns
    -------
    profiles : Profiles

    Notes
    -----
    Means are over all customers whose value is known. Medians are exact for segments of up to
    20,000 customers and sampled by id above. A z-score is the distance of the segment's mean from
    everyone's in standard deviations, on the prepared scale (after clipping and logarithm), where
    one extreme customer cannot move it.
    """
    k = int(labels.max()) + 1
    sizes = np.bincount(labels, minlength=k)
    columns = [f.column for f in prepared.plan.numeric]
    z = _z_scores(prepared, labels, k, runtime)[:, : len(columns)]
    gathered = _Gathered(prepared, labels, k, runtime)
    for start, block in customers(source, prepared.identity, prepared.plan.columns):
        gathered.add(start, block)
        progress.advance(block.height)
    overall = _overall(columns, gathered, prepared)
    levels = [_levels(gathered.levels, s, sizes, prepared) for s in range(k)]
    segments = [
        {
            "segment": s,
            "customers": int(sizes[s]),
            "share": float(sizes[s] / len(labels)),
            "features": _features(columns, gathered, z, s),
            "distinctive": _distinctive(columns, z[s]),
            "levels": levels[s],
            "silhouette": _number(silhouettes[s]),
        }
        for s in range(k)
    ]
    names = name_segments(segments)
    tree = {
        "customers": len(labels),
        "features": columns,
        "overall": overall,
        "categories": [f.column for f in prepared.plan.categorical],
        "segments": [{**s, "name": n} for s, n in zip(segments, names, strict=True)],
        "medians": "exact" if sizes.max() <= MEDIAN_ROWS else "sampled",
    }
    return Profiles(tree, names)


def _z_scores(prepared: Prepared, labels: np.ndarray, k: int, runtime: Runtime) -> np.ndarray:
    """Standardised difference of each segment's mean on the prepared scale: (k, n_names)."""
    shift = prepared.matrix[: min(len(labels), 1_000)].mean(axis=0, dtype=np.float64)

    def chunk(rows: np.ndarray, segment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        centred = rows - shift
        one_hot = (segment == np.arange(k)[:, None]).astype(np.float64)
        return one_hot @ centred, np.einsum("ij,ij->j", centred, centred)

    sums, squares = runtime.reduce(chunk, prepared.matrix, labels)
    mean = sums.sum(axis=0) / len(labels)
    spread = np.sqrt(np.maximum(squares / len(labels) - mean**2, 0))
    own = sums / np.bincount(labels, minlength=k)[:, None]
    z: np.ndarray = np.divide(own - mean, spread, out=np.zeros_like(own), where=spread > 1e-12)
    return z


class _Gathered:
    """Sums, a sample for medians and level counts, collected block by block in file order."""

    def __init__(self, prepared: Prepared, labels: np.ndarray, k: int, runtime: Runtime) -> None:
        self._runtime = runtime
        self._plan = prepared.plan
        self._labels = labels
        self._k = k
        d = len(self._plan.numeric)
        self.sums = np.zeros((k, d))
        self.counts = np.zeros((k, d))
        self.squares = np.zeros(d)
        self._shift = _finite_means(prepared.survey.sample, prepared)
        wanted = _stratified(prepared.identity.priority, labels, k)
        self._wanted = np.sort(wanted)
        self._sample = np.empty((len(wanted), d))
        self.levels: dict[str, Counter[tuple[int, str]]] = {
            f.column: Counter() for f in self._plan.categorical
        }

    def add(self, start: int, block: pl.DataFrame) -> None:
        segment = self._labels[start : start + block.height]
        frame = nw.from_native(block, eager_only=True)
        if self._plan.numeric:
            values = to_array(frame.select([f.column for f in self._plan.numeric]))
            self._add_numbers(segment, values)
            low, high = np.searchsorted(self._wanted, (start, start + block.height))
            self._sample[low:high] = values[self._wanted[low:high] - start]
        for feature in self._plan.categorical:
            self._add_levels(segment, frame, feature)

    def _add_numbers(self, segment: np.ndarray, values: np.ndarray) -> None:
        each = np.arange(self._k)[:, None]

        def chunk(rows: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, ...]:
            one_hot = (labels == each).astype(np.float64)
            known = np.isfinite(rows)
            centred = np.where(known, rows - self._shift, 0.0)
            counts = one_hot @ known.astype(np.float64)
            return one_hot @ centred, counts, np.einsum("ij,ij->j", centred, centred)

        sums, counts, squares = self._runtime.reduce(chunk, values, segment)
        self.sums += sums
        self.counts += counts
        self.squares += squares

    def _add_levels(
        self, segment: np.ndarray, frame: nw.DataFrame[Any], feature: CategoricalFeature
    ) -> None:
        text = frame.select(feature.text().alias("level")).to_native()
        counts = text.with_columns(segment=segment).group_by("segment", "level").len()
        self.levels[feature.column].update({(s, v): n for s, v, n in counts.iter_rows()})

    def means(self) -> np.ndarray:
        """Mean of the known values: (k, d), NaN where none is known."""
        with np.errstate(invalid="ignore"):
            return self._shift + self.sums / self.counts

    def medians(self, segment: int) -> np.ndarray:
        """Median of the known values of a segment: (d,)."""
        return _medians(self._sample[self._labels[self._wanted] == segment])

    def overall(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation over everyone: (d,) each."""
        n = np.maximum(self.counts.sum(axis=0), 1)
        mean = self.sums.sum(axis=0) / n
        # Values near the largest double have squares beyond it: their spread is then not known.
        with np.errstate(over="ignore", invalid="ignore"):
            return self._shift + mean, np.sqrt(np.maximum(self.squares / n - mean**2, 0))


def _stratified(priority: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    parts = []
    for s in range(k):
        rows = np.flatnonzero(labels == s)
        parts.append(rows[draw(priority[rows], MEDIAN_ROWS)])
    return np.concatenate(parts)


def _columns_of_plan(sample: np.ndarray, prepared: Prepared) -> Iterator[np.ndarray]:
    surveyed = list(prepared.survey.numeric)
    for feature in prepared.plan.numeric:
        values = sample[:, surveyed.index(feature.column)]
        yield values[np.isfinite(values)]


def _finite_means(sample: np.ndarray, prepared: Prepared) -> np.ndarray:
    means = [v.mean() if len(v) else 0.0 for v in _columns_of_plan(sample, prepared)]
    return np.array(means, dtype=np.float64)


def _medians(values: np.ndarray) -> np.ndarray:
    known = (column[np.isfinite(column)] for column in values.T)
    return np.array([np.median(c) if len(c) else np.nan for c in known])


def _overall(
    columns: list[str], gathered: _Gathered, prepared: Prepared
) -> dict[str, dict[str, float | None]]:
    mean, std = gathered.overall()
    sample = prepared.survey.sample
    medians = [np.median(v) if len(v) else np.nan for v in _columns_of_plan(sample, prepared)]
    return {
        c: {"mean": _number(mean[i]), "median": _number(medians[i]), "std": _number(std[i])}
        for i, c in enumerate(columns)
    }


def _features(
    columns: list[str], gathered: _Gathered, z: np.ndarray, segment: int
) -> dict[str, dict[str, float | None]]:
    means, medians = gathered.means()[segment], gathered.medians(segment)
    return {
        c: {"mean": _number(means[i]), "median": _number(medians[i]), "z": _number(z[segment, i])}
        for i, c in enumerate(columns)
    }


def _distinctive(columns: list[str], z: np.ndarray) -> list[dict[str, Any]]:
    order = sorted(range(len(columns)), key=lambda i: (-abs(z[i]), columns[i]))
    return [
        {"feature": columns[i], "z": float(z[i]), "direction": "high" if z[i] > 0 else "low"}
        for i in order
    ]


def _levels(
    counts: dict[str, Counter[tuple[int, str]]], segment: int, sizes: np.ndarray, prepared: Prepared
) -> list[dict[str, Any]]:
    """Most distinctive levels: lift 1.2 or more, at least 1% and 30 of the segment's customers."""
    found: list[dict[str, Any]] = []
    least = min(max(_MIN_CUSTOMERS, _MIN_SUPPORT * sizes[segment]), sizes[segment])
    for feature in prepared.plan.categorical:
        for level, overall in zip(feature.levels, feature.values, strict=True):
            n = counts[feature.column][segment, level]
            share = n / sizes[segment]
            if n >= least and share >= _MIN_LIFT * overall:
                found.append(
                    {
                        "column": feature.column,
                        "level": level,
                        "share": float(share),
                        "overall": overall,
                        "lift": float(share / overall),
                    }
                )
    found.sort(key=lambda x: (-x["lift"], x["column"], x["level"]))
    return found[:_MOST_LEVELS]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
