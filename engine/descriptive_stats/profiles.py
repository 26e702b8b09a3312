"""Segment profiles: sizes, means and medians in original units, z-scores, categories with lift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from engine.data_preparation.features.survey import customers
from engine.data_preparation.prepare import Prepared
from engine.data_preparation.reading.sources import Source
from engine.descriptive_stats.gathering import (
    MEDIAN_ROWS,
    Gathered,
    columns_of_plan,
    sums_by_segment,
)
from engine.descriptive_stats.names import name_segments
from engine.places.runtime import Runtime
from engine.utilities.effect_size import noticeable
from engine.utilities.progress import Progress
from engine.utilities.specks import is_speck

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
    one extreme customer cannot move it. A feature is distinctive from a z-score of 0.1 on.
    """
    k = int(labels.max()) + 1
    sizes = np.bincount(labels, minlength=k)
    columns = [f.column for f in prepared.plan.numeric]
    z = _z_scores(prepared, labels, k, runtime)[:, : len(columns)]
    gathered = Gathered(prepared, labels, k, runtime)
    for start, block in customers(source, prepared.identity, prepared.plan.columns, runtime):
        gathered.add(start, block)
        progress.advance(len(block))
    overall, few = _overall(columns, gathered, prepared), is_speck(sizes)
    levels = [_levels(gathered.levels, s, sizes, prepared) for s in range(k)]
    segments = [
        {
            "segment": s,
            "customers": int(sizes[s]),
            "share": float(sizes[s] / len(labels)),
            "speck": bool(few[s]),
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
    xp, first = runtime.xp, runtime.get(prepared.matrix[: min(len(labels), 1_000)])
    shift = runtime.put(first.mean(axis=0, dtype=np.float64))
    add_up = sums_by_segment(runtime, k)

    def chunk(rows: Any, segment: Any) -> tuple[Any, Any]:
        centred = rows - shift
        return add_up(segment, centred)[0], xp.einsum("ij,ij->j", centred, centred)

    sums, squares = runtime.reduce(chunk, prepared.matrix, labels)
    mean = sums.sum(axis=0) / len(labels)
    spread = np.sqrt(np.maximum(squares / len(labels) - mean**2, 0))
    own = sums / np.bincount(labels, minlength=k)[:, None]
    z: np.ndarray = np.divide(own - mean, spread, out=np.zeros_like(own), where=spread > 1e-12)
    return z


def _overall(
    columns: list[str], gathered: Gathered, prepared: Prepared
) -> dict[str, dict[str, float | None]]:
    mean, std = gathered.overall()
    sample = prepared.survey.sample
    medians = [np.median(v) if len(v) else np.nan for v in columns_of_plan(sample, prepared)]
    return {
        c: {"mean": _number(mean[i]), "median": _number(medians[i]), "std": _number(std[i])}
        for i, c in enumerate(columns)
    }


def _features(
    columns: list[str], gathered: Gathered, z: np.ndarray, segment: int
) -> dict[str, dict[str, float | None]]:
    means, medians = gathered.means()[segment], gathered.medians(segment)
    return {
        c: {"mean": _number(means[i]), "median": _number(medians[i]), "z": _number(z[segment, i])}
        for i, c in enumerate(columns)
    }


def _distinctive(columns: list[str], z: np.ndarray) -> list[dict[str, Any]]:
    """Features that tell the segment from everyone, the most distinctive first; may be none."""
    order = sorted(range(len(columns)), key=lambda i: (-abs(z[i]), columns[i]))
    return noticeable(
        [
            {"feature": columns[i], "z": float(z[i]), "direction": "high" if z[i] > 0 else "low"}
            for i in order
        ]
    )


def _levels(
    counts: dict[str, Counter[tuple[int, str]]], segment: int, sizes: np.ndarray, prepared: Prepared
) -> list[dict[str, Any]]:
    """Most distinctive levels: lift 1.2 or more, at least 1% and 30 of the segment's customers.

    ``missing`` counts those of the segment whose value is not known, ``known`` is the share of the
    others: of these the shares are.
    """
    found: list[dict[str, Any]] = []
    least = min(max(_MIN_CUSTOMERS, _MIN_SUPPORT * sizes[segment]), sizes[segment])
    for feature in prepared.plan.categorical:
        own = counts[feature.column]
        # Where what is missing is no level, the known are held against the known.
        missing = sum(own[segment, level] for level in feature.no_level)
        known = max(int(sizes[segment]) - missing, 1)
        for level, overall in zip(feature.levels, feature.values, strict=True):
            n = own[segment, level]
            share = n / known
            if n >= least and share >= _MIN_LIFT * overall:
                found.append(
                    {
                        "column": feature.column,
                        "level": level,
                        "share": float(share),
                        "overall": overall,
                        "lift": float(share / overall),
                        "missing": int(missing),
                        "known": float(known / sizes[segment]),
                    }
                )
    found.sort(key=lambda x: (-x["lift"], x["column"], x["level"]))
    return found[:_MOST_LEVELS]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
