"""Constructed groups of customers, matched to a previous model: what tests of continuity share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.clustering.algorithm import Fit
from engine.clustering.representatives import Representatives
from engine.config.loading import load_config
from engine.continuity.matching import Continuity, match
from engine.continuity.told import tell
from engine.data_preparation import prepare
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.model.model import Model
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

A, B, C, D = (0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (10.0, 10.0)
"""Where the groups of the constructed cases lie; each has a radius of 1."""

NAMES = ("Alpha", "Beta", "Gamma", "Delta")


def number(column: str) -> NumericFeature:
    return NumericFeature(column, 0.0, None, None, False, 0.0, 1.0)


def previous(*centres: tuple[float, float], names: Sequence[str] = NAMES) -> Model:
    points = np.array(centres)
    found = Representatives(points, np.arange(len(points), dtype=np.int32), points)
    plan = FeaturePlan("customer_id", "int64", (number("x"), number("y")), ())
    return Model(plan, None, found, tuple(names[: len(points)]), {"run_id": "R1"})


def group(centre: tuple[float, float], n: int = 400) -> np.ndarray:
    """Put customers evenly on a circle of radius 1: their mean and radius are exact."""
    angle = 2 * np.pi * np.arange(n) / n
    return np.array(centre) + np.stack([np.cos(angle), np.sin(angle)], axis=1)


def opened(table: pl.DataFrame, path: Path, **preparation: str) -> tuple[Any, Any]:
    table.write_parquet(path) if path.suffix == ".parquet" else table.write_csv(path)
    config = load_config({"input": {"path": str(path)}, "preparation": preparation})
    loaded = prepare.load(config)
    return loaded.source, prepare.identify(loaded, config)


def compare(model: Model, groups: Sequence[np.ndarray], path: Path) -> Continuity:
    """Match one of today's segments a group, in this order, to a model."""
    rows = np.concatenate(groups)
    labels = np.repeat(np.arange(len(groups), dtype=np.int32), [len(g) for g in groups])
    centres = np.array([g.mean(axis=0) for g in groups])
    table = pl.DataFrame({"customer_id": np.arange(len(rows)), "x": rows[:, 0], "y": rows[:, 1]})
    source, identity = opened(table, path)
    found = Representatives(centres, np.arange(len(groups), dtype=np.int32), centres)
    fit = Fit(found, labels, 1)
    return match(model, fit, source, identity, runtime=Runtime(), progress=Progress())


def given(found: Continuity) -> list[int]:
    """Numbers by the fit's segments: in the order of the groups."""
    return found.numbers.of(found.places).tolist()


def named(found: Continuity, fresh: Sequence[str]) -> list[str]:
    """Names by number, where each segment has one of its own."""
    return found.names([[name] for name in fresh])


def told(found: Continuity) -> dict[str, Any]:
    fresh = [f"Fresh {number}" for number in found.numbers.public]
    return tell(found, named(found, fresh), fresh)
