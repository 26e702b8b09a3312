"""Customers as a method's numbers of segments are judged: by the components it goes by."""

from __future__ import annotations

import numpy as np

from engine.clustering.algorithm import Origin
from engine.clustering.pca_methods.params import PCAMethodsParams, Settled
from engine.config.loading import load_config
from engine.places.runtime import Runtime
from engine.run.customers import Customers
from engine.utilities.progress import Progress
from engine.utilities.sampling import draw, row_priority
from engine.utilities.stages import Stages


def customers(*, reduced: bool) -> Customers:
    x = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    origin = Origin(x, np.full(4, 0.25)) if reduced else None
    config, stages = load_config(), Stages(Progress())
    return Customers(x, row_priority(50, 0), config, Runtime(), stages, origin)


def test_they_are_judged_by_the_leading_components() -> None:
    known = customers(reduced=True)
    judged = known.judged_by("pca_methods", Settled(components=2))
    assert judged.space.shape == (50, 2)
    assert judged.space.base is known.space, "a view"
    assert known.judged_by("pca_methods", Settled(components=2)) is judged
    assert known.judged_by("pca_methods", Settled(components=3)).space.shape == (50, 3)


def test_otherwise_by_all_columns() -> None:
    known = customers(reduced=True)
    assert known.judged_by("pca_methods", Settled(components=4)) is known
    assert known.judged_by("pca_methods", PCAMethodsParams()) is known
    assert known.judged_by("kmeans", known.config.clustering.params("kmeans")) is known
    prepared = customers(reduced=False)
    assert prepared.judged_by("pca_methods", Settled(components=2)) is prepared


def test_gaps_are_asked_of_no_more_customers_than_have_labels() -> None:
    """Of a sample smaller than they are asked of otherwise, they are known all the same."""
    x = np.random.default_rng(0).normal(size=(1_500, 4)).astype(np.float32)
    x[::2, 0] += 9
    config, priority = (
        load_config(None, {"clustering.k_sample_rows": 1_000}),
        row_priority(1_500, 0),
    )
    gaps = Customers(x, priority, config, Runtime(), Stages(Progress())).gaps
    few = x[draw(priority, 1_000)]
    assert gaps is not None
    assert gaps.share((few[:, 0] > 4.5).astype(int), 2) == 0
    assert gaps.share((few[:, 1] > 0).astype(int), 2) > 0.5
