"""How many components: decided on the rows before they were reduced, once, and told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from engine.clustering.algorithm import Origin, Task
from engine.clustering.pca_methods.algorithm import PCA_METHODS, every_k, settle
from engine.clustering.pca_methods.params import PCAMethodsParams, Settled
from engine.config.loading import load_config
from engine.dimensionality_reduction.pca import fit_pca
from engine.places.place import Place
from engine.run.trust import stability_of
from tests.fitting import task_of

from .conftest import APART, CPU, fit, in_planes

FEW = {"settings": {"n_init": 2}}
INNER = {"kmeans": FEW, "agglomerative": {}}


def reduced(x: np.ndarray, kept: int | float, k: int = 4) -> Task:
    """Give a task among components, as a run does."""
    pca = fit_pca(x, kept, runtime=CPU)
    origin = Origin(x, pca.explained_variance_ratio)
    return task_of(pca.transform(x), k, origin=origin)


def plain(x: np.ndarray, k: int = 4) -> Task:
    return task_of(x, k)


@pytest.fixture(scope="module")
def factors() -> np.ndarray:
    """Three groups of columns that say one thing each, of variances that fall slowly."""
    rng = np.random.default_rng(7)
    shared = np.repeat(rng.normal(size=(1_500, 3)), 4, axis=1)
    return (shared + rng.normal(size=shared.shape)).astype(np.float32)


def test_rows_before_the_reduction_decide(factors):
    """Among components themselves none stands out, and shares are of what was kept."""
    task, params = reduced(factors, 8), PCAMethodsParams()
    assert settle(task, params, CPU) == settle(plain(factors), params, CPU)
    assert settle(task, params, CPU).components == 3
    assert "none stands out" in settle(replace(task, origin=None), params, CPU).why


def test_a_share_is_of_all_the_prepared_variance(factors):
    ratio = fit_pca(factors, 12, runtime=CPU).explained_variance_ratio
    share = 0.5 * (ratio[:4].sum() + ratio[:5].sum())
    task, params = reduced(factors, 6), PCAMethodsParams(components=share, **FEW)
    assert settle(task, params, CPU).components == settle(plain(factors), params, CPU).components
    assert settle(task, params, CPU).components == 5
    assert settle(replace(task, origin=None), params, CPU).components < 5
    notes = PCA_METHODS.runs[Place.CPU](task, params, CPU).notes
    assert notes[0] == (
        f"5 of 12 components are used, which hold {ratio[:5].sum():.0%} of the variance: "
        f"the fewest that hold {100 * share:g}%"
    )


@pytest.mark.parametrize(
    ("components", "why"),
    [
        ("parallel", f"3 would be as many as stand out {APART}"),
        (0.9999, "12 would be the fewest that hold 99.99%"),
        (7, "7 would be as many as asked for"),
    ],
)
def test_all_that_were_kept_where_there_should_be_more(factors, components, why):
    task = reduced(factors, 2)
    found = PCA_METHODS.runs[Place.CPU](task, PCAMethodsParams(components=components, **FEW), CPU)
    assert found.representatives.pca.n_components == 2
    assert found.notes[0].startswith("2 of 12 components are used, which hold ")
    assert found.notes[0].endswith(f"variance: all that pca.components keeps; {why}")


def test_the_axes_are_the_first_of_the_reduction(planes):
    """The same segments as without it, and the projection keeps its form."""
    one = PCA_METHODS.runs[Place.CPU](reduced(planes[0], 0.95), PCAMethodsParams(**FEW), CPU)
    other = fit(planes[0], 4, **FEW)
    assert one.notes == other.notes
    assert adjusted_rand_score(one.labels, other.labels) > 0.999
    axes = one.representatives.pca.components
    assert np.abs(axes) == pytest.approx(np.eye(*axes.shape), abs=1e-5)


def test_where_none_stands_out_most_of_the_variance_is_kept():
    x = np.random.default_rng(0).normal(size=(3_000, 8)).astype(np.float32)
    found = fit(x, 3, settings={"n_init": 1})
    assert found.representatives.pca.n_components == 4
    assert found.notes[0].startswith("4 of 8 components are used, which hold 5")
    assert found.notes[0].endswith(f"the fewest that hold 50%, because none stands out {APART}")


def test_blobs_in_columns_that_are_hardly_correlated():
    """At five corners of a cube: one of three components stands out, of less than half."""
    rng = np.random.default_rng(2)
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1], [1, 1, -1]])
    segment = rng.integers(0, 5, 1_500)
    x = (corners[segment] * 3 + rng.normal(size=(1_500, 3))).astype(np.float32)
    found, alone = fit(x, 5, **FEW), fit(x, 5, components=1, **FEW)
    assert "because only 1 stands out" in found.notes[0]
    assert found.representatives.pca.n_components == 2
    assert adjusted_rand_score(segment, found.labels) > 0.6
    assert adjusted_rand_score(segment, alone.labels) < 0.5


def test_one_strong_factor_stays_one():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1_000, 1)) + 0.5 * rng.normal(size=(1_000, 8))
    assert settle(plain(x.astype(np.float32)), PCAMethodsParams(), CPU).components == 1


def test_the_order_of_rows_does_not_count(factors):
    task, turn = reduced(factors, 8), np.random.default_rng(0).permutation(len(factors))
    origin = Origin(factors[turn], task.origin.explained_variance_ratio)
    turned = Task(task.x[turn], 4, task.priority[turn], 0, origin)
    assert settle(turned, PCAMethodsParams(), CPU) == settle(task, PCAMethodsParams(), CPU)


def test_settled_once_is_settled():
    x = in_planes(300)[0]
    settled = settle(plain(x), PCAMethodsParams(components=0.9), CPU)
    assert settle(plain(x[:, :1]), settled, CPU) is settled
    few = settled.for_sample()
    assert isinstance(few, Settled)
    assert few.components == settled.components
    assert few.inner.model_dump()["n_init"] == 12


@pytest.mark.parametrize("method", ["kmeans", "agglomerative"])
def test_a_fit_says_what_was_settled(planes, method):
    params, task = (
        PCAMethodsParams(components=0.6, method=method, **INNER[method]),
        plain(planes[0]),
    )
    one_k = PCA_METHODS.runs[Place.CPU](task, params, CPU)
    every = every_k(task, params, CPU).fit(4) if method == "agglomerative" else one_k
    for found in (one_k, every):
        assert found.settled == settle(task, params, CPU)
        assert found.settled.components == found.representatives.pca.n_components


def test_resampled_customers_go_by_what_all_decided(planes, monkeypatch):
    """The configuration would run parallel analysis; a resample takes the number, here 3."""
    task, kept = plain(planes[0]), []

    def watched(x, components, *, runtime):
        kept.append(components)
        return fit_pca(x, components, runtime=runtime)

    whole = fit(planes[0], 4, **FEW)
    settled = whole.settled.model_copy(update={"components": 3})
    monkeypatch.setattr("engine.clustering.pca_methods.fit.fit_pca", watched)
    monkeypatch.delattr("engine.clustering.pca_methods.settling.parallel_analysis")
    asked = {"clustering.methods": ["pca_methods"], "evaluation.resamples": 2}
    config = load_config(None, {**asked, "input.path": "customers.csv"})
    given = replace(whole, settled=settled)
    back = stability_of("pca_methods", given, task.x, task.priority, config, CPU)
    assert kept == [3, 3]
    assert back.mean > 0.9
