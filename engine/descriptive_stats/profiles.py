"""Segment profiles: sizes, means and medians in original units, z-scores, categories with lift."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from engine.data_preparation.features.feature_plan import CategoricalFeature
from engine.data_preparation.features.visiting import visited
from engine.data_preparation.prepare import Prepared
from engine.data_preparation.reading.sources import Source
from engine.descriptive_stats.beside import with_beside
from engine.descriptive_stats.columns import Columns, columns_of, ends_of, samples_of
from engine.descriptive_stats.distinctive import distinctive
from engine.descriptive_stats.few_shares import nearest, tells_of_few
from engine.descriptive_stats.gathering import (
    MEDIAN_ROWS,
    Gathered,
)
from engine.descriptive_stats.kinds import FLAG, is_share, kind_of
from engine.descriptive_stats.levels import distinctive_levels
from engine.descriptive_stats.medians import median
from engine.descriptive_stats.names import name_segments
from engine.descriptive_stats.reference import columns_then
from engine.descriptive_stats.table import table_of
from engine.descriptive_stats.value import rounded, shares_of
from engine.descriptive_stats.z_scores import z_scores
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress
from engine.utilities.rows import counted
from engine.utilities.specks import is_speck

_ROUNDED = 10
"""Times the least number of customers, of which a share may be rounded to that number."""

_DIGITS = 13
"""Digits that a sum of numbers of a column keeps: where they cancel out, the rest is left of it."""


@dataclass(frozen=True)
class Profiles:
    """What the segments are like.

    Attributes
    ----------
    tree : dict
        Plain data: customers, overall figures, a list of segments, as saved with the report.
    names : list of str
        A unique name for each segment.
    choices : tuple of tuple of str, what each may be called, its name first
    columns : tuple of dict
        How the values of each column lie that forms segments: what a model keeps of them.
    """

    tree: dict[str, Any]
    names: list[str]
    choices: tuple[tuple[str, ...], ...] = ()
    columns: tuple[dict[str, Any], ...] = ()

    def scored(self, silhouettes: Sequence[float]) -> Profiles:
        """Give the same with the mean silhouette of each segment that is told of."""
        scored = zip(self.tree["segments"], silhouettes, strict=True)
        segments = [s | {"silhouette": None if s["few"] else _number(v)} for s, v in scored]
        return replace(self, tree=self.tree | {"segments": segments})

    def valued(
        self, column: str, totals: np.ndarray, sizes: np.ndarray, told: np.ndarray, *,
        label: str, unit: str | None,
    ) -> Profiles:  # fmt: skip
        """Give the same with what segments are worth, by sums that are known already."""
        total = rounded(float(totals[told].sum()))
        value = {"column": column, "label": label, "unit": unit, "total": total, "missing": 0}
        worth = shares_of(totals, sizes, told)
        segments = [{**s, "value": w} for s, w in zip(self.tree["segments"], worth, strict=True)]
        return replace(self, tree=self.tree | {"value": value, "segments": segments})

    def labelled(self) -> Profiles:
        """Give the same with what people call the column of worth, once labels are known."""
        value, labels = self.tree.get("value"), self.tree.get("labels", {})
        if not value or not (own := labels.get(value["column"])):
            return self
        known = {k: v for k in ("label", "unit") if (v := own.get(k)) is not None}
        return replace(self, tree=self.tree | {"value": value | known})

    def table(self) -> pl.DataFrame:
        """One row a segment: size, share, then mean, median and z of each feature."""
        return table_of(self.tree)


def described(
    source: Source,
    prepared: Prepared,
    labels: Any,
    *,
    runtime: Runtime,
    progress: Progress,
    least: int = 1,
) -> Profiles:
    """Describe segments in one pass over the input and one over the prepared matrix.

    Parameters
    ----------
    source : Source
    prepared : Prepared
    labels : int32 array of shape (n_customers,)
        Segments 0 to k - 1.
    runtime : Runtime
    progress : Progress
    least : int
        Customers that a figure is of at least. Of a segment of fewer nothing but that is told.

    Returns
    -------
    profiles : Profiles
        Without silhouettes, which :meth:`Profiles.scored` adds.

    Notes
    -----
    Where something of a segment is not told, what everyone has is what all others have.

    Means are over all customers whose value is known. Medians are exact for segments of up to
    20,000 customers and sampled by id above. A z-score is the distance of the segment's mean from
    everyone's in standard deviations, on the prepared scale (after clipping and logarithm), where
    one extreme customer cannot move it. A feature is distinctive from a z-score of 0.1 on.
    """
    sizes, identity, columns = counted(labels), prepared.identity, columns_of(prepared)
    gathered = visited(
        Gathered(prepared, labels, sizes, runtime, least), source, identity, columns.names,
        runtime, progress, labels, identity.priority,
    )  # fmt: skip
    told = (gathered.counts >= least) & (sizes >= least)[:, None]
    beside = gathered.prepared_sums, gathered.prepared_squares
    z = z_scores(prepared.matrix, labels, sizes, told, runtime, beside)
    overall = _overall(columns.numbers, gathered, prepared, told)
    features = [_features(columns.numbers, gathered, z, s, told) for s in range(len(sizes))]
    flags_about(columns.numbers, gathered, overall, features, least)
    levels = _levels(columns, gathered, sizes, least)
    segments = [
        {
            "segment": s,
            "customers": int(sizes[s]),
            "share": float(sizes[s] / len(labels)),
            "speck": bool(speck),
            "few": least if sizes[s] < least else 0,
            "features": features[s],
            "distinctive": distinctive(
                features[s], overall, columns.describing, gathered.counts[s], int(sizes[s])
            ),
            "levels": levels[s],
            "silhouette": None,
        }
        for s, speck in enumerate(is_speck(sizes))
    ]
    names = name_segments(segments)
    tree = {
        "customers": len(labels),
        "features": [f.column for f in prepared.plan.numeric],
        "overall": overall,
        "categories": [f.column for f in prepared.plan.categorical],
        "segments": [{**s, "name": n} for s, n in zip(segments, names, strict=True)],
        "smallest_group": least,
        "medians": "exact" if sizes.max() <= MEDIAN_ROWS else "sampled",
    }
    kept = columns_then(prepared.plan, gathered, least)
    return Profiles(with_beside(tree, prepared, gathered, sizes, told), names, columns=kept)


def _levels(
    columns: Columns, gathered: Gathered, sizes: np.ndarray, least: int
) -> list[list[dict[str, Any]]]:
    """Give each segment's distinctive levels, those of columns that only describe last."""
    beside = columns.describing

    def of(features: Sequence[CategoricalFeature]) -> list[list[dict[str, Any]]]:
        return distinctive_levels(gathered.levels, sizes, features, least)

    formed = of([f for f in columns.categorical if f.column not in beside])
    others = of([f for f in columns.categorical if f.column in beside])
    return [
        [*own, *({**x, "describes": True} for x in more)] if n >= least else []
        for own, more, n in zip(formed, others, sizes, strict=True)
    ]


def _overall(
    columns: list[str], gathered: Gathered, prepared: Prepared, told: np.ndarray
) -> dict[str, dict[str, Any]]:
    (_, std), scale, mean = gathered.overall(), _scale(gathered), gathered.mean_of_told(told)
    known, ends = samples_of(prepared), ends_of(prepared)
    medians = [*map(median, known)] if told.all() else gathered.medians_of_told(told)
    return {
        c: {
            "mean": _number(mean[i], scale[i]),
            "median": _number(medians[i]),
            "std": _number(std[i]),
            "kind": kind_of(known[i], *ends[c]),
            **({"share": True} if is_share(c, *ends[c]) else {}),
        }
        for i, c in enumerate(columns)
    }


def flags_about(
    columns: list[str],
    gathered: Gathered,
    overall: dict[str, dict[str, Any]],
    features: list[dict[str, dict[str, float | None]]],
    least: int,
) -> None:
    """Round, in place, the shares of flags that few of a segment have, or all but few.

    Of a small segment such a share is not told: rounded, it would be another one.
    """
    known = np.round(gathered.counts).astype(np.int64)
    flags = [overall[c]["kind"] == FLAG for c in columns]
    sums = np.where(flags, np.nan_to_num(gathered.means() * gathered.counts), 0)
    ones = np.round(sums).astype(np.int64)
    near, about = tells_of_few(ones, known, least), nearest(ones, known, least)
    for i, column in enumerate(columns):
        if not (flags[i] and near[i]):
            continue
        rare = np.minimum(ones[:, i], known[:, i] - ones[:, i])
        few = (rare > 0) & (rare < least) & (known[:, i] < _ROUNDED * least)
        for s in np.flatnonzero(few).tolist():
            features[s][column] = {"mean": None, "median": None, "z": None}
        own = [s for s, figures in enumerate(features) if figures[column]["mean"] is not None]
        n = known[own, i].sum()
        mean = float(nearest(ones[own, i].sum(), n, least) / n) if n else 0.0
        std = math.sqrt(mean * (1 - mean))
        overall[column] |= {"mean": _number(mean), "std": _number(std), "about": least}
        for s in own:
            share = float(about[s, i] / known[s, i])
            z = (share - mean) / std if std else 0.0
            features[s][column] |= {"mean": _number(share), "z": _number(z)}


def _scale(gathered: Gathered) -> np.ndarray:
    """Give how large the numbers of each column are: (n_features,)."""
    mean, std = gathered.overall()
    scale: np.ndarray = np.maximum(np.abs(mean), np.where(np.isfinite(std), std, 0.0))
    return scale


def _features(
    columns: list[str], gathered: Gathered, z: np.ndarray, segment: int, told: np.ndarray
) -> dict[str, dict[str, float | None]]:
    means, medians, scale = gathered.means()[segment], gathered.medians(segment), _scale(gathered)
    return {
        c: {
            "mean": _number(means[i], scale[i]),
            "median": _number(medians[i]),
            "z": _number(z[segment, i], 1.0),
        }
        if told[segment, i]
        else {"mean": None, "median": None, "z": None}
        for i, c in enumerate(columns)
    }


def _number(value: float, scale: float = 0.0) -> float | None:
    """Write a figure without the noise of its last bits; a sum has that of the column's ``scale``.

    Examples
    --------
    >>> _number(0.1 + 0.2), _number(-8.88e-15, 2.0), _number(-0.0), _number(float("nan"))
    (0.3, 0.0, 0.0, None)
    """
    if not np.isfinite(value):
        return None
    if 0 < scale < np.inf:
        value = round(float(value), _DIGITS - math.ceil(math.log10(scale)))
    # No double is known beyond its 15th digit; adding zero takes the sign from zero.
    return float(f"{value:.15g}") + 0.0
