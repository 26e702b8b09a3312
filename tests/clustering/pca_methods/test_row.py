"""The row: what its settings take, what it needs, and what the method within it says."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from pydantic import ValidationError

from engine.clustering.algorithm import algorithm
from engine.clustering.pca_methods.algorithm import PCA_METHODS, copied_bytes, most_components
from engine.clustering.pca_methods.params import PCAMethodsParams
from engine.places.place import Place
from engine.utilities.params import Params

from .conftest import fit, in_planes

AVERAGE = {"method": "agglomerative", "settings": {"linkage": "average", "exact_limit": 100}}


def test_it_speaks_for_every_place():
    assert set(PCA_METHODS.runs) | set(PCA_METHODS.lacks) == set(Place)
    assert not set(PCA_METHODS.runs) & set(PCA_METHODS.lacks)
    assert issubclass(PCA_METHODS.params, Params)


@pytest.mark.parametrize("components", ["parallel", 3, 0.8])
def test_its_memory_grows_with_the_work(components):
    params = PCAMethodsParams(components=components)
    few, many = (PCA_METHODS.memory(n, 10, 5, params) for n in (10_000, 100_000_000))
    assert 0 < few < many
    assert PCA_METHODS.memory(10_000, 10, 500, params) >= few
    assert many >= copied_bytes(100_000_000, 10, params)


def test_the_components_that_are_held():
    assert most_components(10, PCAMethodsParams(components=3)) == 3
    assert most_components(10, PCAMethodsParams(components=30)) == 10
    assert most_components(10, PCAMethodsParams()) == 10
    assert copied_bytes(1_000, 10, PCAMethodsParams(components=0.5)) == 40_000


@pytest.mark.long_at("*-parallel", "kmeans-2")
@pytest.mark.parametrize("components", ["parallel", 2])
@pytest.mark.parametrize("method", ["kmeans", "agglomerative"])
def test_memory_stays_below_the_estimate(components, method):
    x, _ = in_planes(60_000)
    params = {"components": components, "method": method}
    if method == "agglomerative":
        params["settings"] = {"micro_clusters": 300}
    fit(x[:1_000], 4, **params)  # what is imported does not count
    tracemalloc.start()
    try:
        fit(x, 4, **params)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= PCA_METHODS.memory(len(x), 10, 4, PCAMethodsParams(**params))


def test_the_method_within_is_asked():
    inner = algorithm("agglomerative")
    params = PCAMethodsParams(**AVERAGE)
    assert PCA_METHODS.compared(5_000, 4, params) == inner.compared(5_000, 4, params.inner)
    assert PCA_METHODS.compared(5_000, 4, PCAMethodsParams()) == 4
    assert PCA_METHODS.too_many(100, params) is None
    refusal = PCA_METHODS.too_many(101, params)
    assert refusal is not None
    assert refusal.startswith("clustering.pca_methods.settings.linkage is average, ")
    assert PCA_METHODS.too_many(10**9, PCAMethodsParams()) is None


@pytest.mark.parametrize("wrong", [{"method": "kmean"}, {"method": 3}, {"components": "all"}])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        PCAMethodsParams(**wrong)


def test_wrong_settings_of_a_wrong_method_are_told_once():
    with pytest.raises(ValidationError) as caught:
        PCAMethodsParams(method="kmean", settings={"x": 1})
    assert [e["loc"] for e in caught.value.errors()] == [("method",)]


def test_settings_of_the_method_are_taken():
    x, _ = in_planes(500)
    found = fit(x, 4, components=2, settings={"n_init": 1, "max_iter": 1, "coarse_rows": 1_000})
    assert len(np.unique(found.labels)) == 4
    assert PCAMethodsParams(settings={"n_init": 7}).inner.model_dump()["n_init"] == 7
