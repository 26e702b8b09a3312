"""Clustering by components: any method, any blocks, centres and order in terms of the rows."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.decomposition import PCA as SklearnPCA
from sklearn.metrics import adjusted_rand_score

from engine.clustering.algorithm import Task, algorithm
from engine.clustering.pca_methods.algorithm import every_k, has_every_k
from engine.clustering.pca_methods.assigner import Projected, Projection, representatives_of
from engine.clustering.pca_methods.fit import projected
from engine.clustering.pca_methods.params import PCAMethodsParams
from engine.clustering.representatives import Representatives, canonical_order
from engine.clustering.spectral.assigner import Landmarks
from engine.dimensionality_reduction.pca import PCA, fit_pca
from engine.errors import DataError, EngineError
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, Runtime
from engine.utilities.sampling import row_priority
from tests.examples import at_most
from tests.fitting import task_of

from .conftest import APART, CPU, ROADS, fit, in_planes


@pytest.fixture(scope="module", params=ROADS)
def road(request):
    return ROADS[request.param]


@pytest.fixture(scope="module")
def found(planes, road):
    return fit(planes[0], 4, **road)


def test_it_finds_the_segments_and_their_plane(planes, found):
    assert adjusted_rand_score(planes[1], found.labels) > 0.97
    assert found.representatives.pca.n_components == 2
    assert found.notes[0].startswith("2 of 10 components are used, which hold 9")
    assert found.notes[0].endswith(f"% of the variance: as many as stand out {APART}")
    assert found.tree is None


def test_what_is_told_is_in_terms_of_the_rows(planes, found):
    x, k = planes[0], 4
    assert found.labels.dtype == np.int32
    sizes = np.bincount(found.labels, minlength=k)
    means = np.stack([x[found.labels == i].mean(axis=0, dtype=np.float64) for i in range(k)])
    assert found.representatives.centres == pytest.approx(means, rel=1e-9, abs=1e-9)
    assert canonical_order(sizes, found.representatives.centres).tolist() == [0, 1, 2, 3]


@pytest.mark.long_at("*-7", "ward-1", "graph-1")
@pytest.mark.parametrize("block", [1, 7, 1_000])
def test_assigning_gives_back_the_fit_in_any_blocks(planes, found, block):
    x = planes[0][:300] if block == 1 else planes[0]
    parts = [
        found.representatives.assign(x[s : s + block], runtime=CPU) for s in range(0, len(x), block)
    ]
    assert np.array_equal(np.concatenate(parts), found.labels[: len(x)])


def test_its_arrays_are_all_that_assigning_needs(planes, found):
    arrays = found.representatives.to_arrays()
    assert all(isinstance(a, np.ndarray) for a in arrays.values())
    assert "inner_representatives" not in arrays  # the points are there once
    again = representatives_of(arrays)
    assert type(again) is Projected
    assert type(again.inner) is type(found.representatives.inner)
    assert np.array_equal(again.assign(planes[0], runtime=CPU), found.labels)
    for name, array in again.to_arrays().items():
        assert np.array_equal(array, arrays[name])


@pytest.mark.parametrize("part", ["mean", "components", "explained_variance_ratio"])
def test_a_part_that_is_missing_is_named(found, part):
    arrays = found.representatives.to_arrays()
    del arrays[f"projection_{part}"]
    with pytest.raises(KeyError, match=f"projection_{part}"):
        representatives_of(arrays)


def test_what_the_inner_ones_lack_is_missed(found):
    arrays = found.representatives.to_arrays()
    del arrays["inner_centres"]
    with pytest.raises(KeyError, match="centres"):
        representatives_of(arrays)


def test_other_kinds_are_told_apart(found):
    inner = found.representatives.inner
    assert type(representatives_of(inner.to_arrays())) is type(inner)
    assert type(inner) in (Representatives, Landmarks)


def test_it_repeats_at_any_number_of_threads(planes, road, found):
    again = fit(planes[0], 4, Runtime(threads=2), **road)
    assert again.labels.tobytes() == found.labels.tobytes()
    assert again.representatives.centres.tobytes() == found.representatives.centres.tobytes()
    assert again.notes == found.notes


def test_from_a_file(planes, road, found, tmp_path):
    """Its components lie in a file beside it, which has gone in the end."""
    np.save(tmp_path / "x.npy", planes[0])
    by_file = fit(np.load(tmp_path / "x.npy", mmap_mode="r"), 4, **road)
    assert by_file.labels.tobytes() == found.labels.tobytes()
    assert os.listdir(tmp_path) == ["x.npy"]


def test_components_lie_where_the_rows_are(planes, tmp_path):
    np.save(tmp_path / "x.npy", planes[0])
    pca, priority = fit_pca(planes[0], 3, runtime=CPU), row_priority(2_000, 0)
    in_file = np.load(tmp_path / "x.npy", mmap_mode="r")
    with projected(Task(planes[0], 4, priority, 0), pca, CPU) as inner:
        here = inner.x
    with projected(Task(in_file, 4, priority, 0), pca, CPU) as inner:
        assert isinstance(inner.x, np.memmap)
        assert np.array_equal(inner.x, here)
        assert inner.x == pytest.approx(pca.transform(planes[0]), abs=1e-5)
    assert not isinstance(here, np.memmap)


def test_a_full_disk_is_one_sentence(planes, tmp_path, monkeypatch):
    def full(*_):
        message = "No space left on device"
        raise OSError(message)

    np.save(tmp_path / "x.npy", planes[0])
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(EngineError, match=r"has no room for 0\.00 GiB of components \(No space"):
        fit(np.load(tmp_path / "x.npy", mmap_mode="r"), 4)


def test_equals_scikit_learn_step_by_step():
    x, _ = in_planes(1_500, seed=8)
    ours = fit(x, 4, components=3, settings={"n_init": 4})
    space = SklearnPCA(3, svd_solver="full").fit_transform(x)
    theirs = SklearnKMeans(4, n_init=10, random_state=0).fit_predict(space)
    assert adjusted_rand_score(ours.labels, theirs) == pytest.approx(1)


@pytest.mark.parametrize(("components", "kept"), [(1, 1), (10, 10), (0.7, 2), (0.9999, 10)])
def test_the_number_of_components_is_as_asked(planes, components, kept):
    found = fit(planes[0], 3, components=components, settings={"n_init": 1})
    assert found.representatives.pca.n_components == kept
    assert "parallel" not in found.notes[0]


def test_one_column():
    x = np.repeat([[0.0], [1.0], [9.0]], (5, 4, 3), axis=0).astype(np.float32)
    found = fit(x, 3)
    assert found.labels.tolist() == [0] * 5 + [1] * 4 + [2] * 3
    assert found.notes[0] == "1 of 1 components is used, which holds 100% of the variance"


def test_ties_are_ordered_by_the_centres_of_the_rows():
    """The first component runs against the first column, so its order is the other way round."""
    x = np.array([[0, 9, 9], [0, 9, 9], [1, 0, 0], [1, 0, 0]], np.float32)
    found = fit(x, 2, components=1)
    assert found.labels.tolist() == [0, 0, 1, 1]
    assert found.representatives.order.tolist() == [1, 0]
    assert np.array_equal(found.representatives.assign(x, runtime=CPU), found.labels)


def test_a_tree_is_not_kept_and_that_is_said(planes):
    notes = fit(planes[0], 4, method="agglomerative").notes
    assert notes[-1] == "the tree is one of components, and is not kept to be cut again"


@pytest.mark.parametrize("road", ["ward", "micro-clusters"])
def test_one_fit_serves_every_k(planes, road):
    params, x = PCAMethodsParams(**ROADS[road]), planes[0]
    task = task_of(x, 2)
    at_once = every_k(task, params, CPU)
    for k in (2, 4, 7):
        ours, one = at_once.fit(k), fit(x, k, **ROADS[road])
        assert np.array_equal(ours.labels, one.labels)
        assert ours.representatives.centres.tobytes() == one.representatives.centres.tobytes()


def test_which_methods_serve_every_k():
    told = {m: has_every_k(PCAMethodsParams(method=m)) for m in ("kmeans", "agglomerative")}
    assert told == {"kmeans": False, "agglomerative": True}


@pytest.mark.parametrize(
    ("x", "k", "params", "sentence"),
    [
        (
            np.eye(5, 3, dtype=np.float32),
            2,
            {"components": 4},
            "clustering.pca_methods.components is 4, but there are only 3 prepared columns; "
            "ask for fewer, or for a share of variance such as 0.9.",
        ),
        (
            np.ones((5, 3), np.float32),
            2,
            {},
            "no prepared column varies, so there is nothing to segment by.",
        ),
        (
            np.repeat(np.eye(3, dtype=np.float32), 4, axis=0),
            5,
            {"components": 2},
            "clustering.k is 5, but the customers have only 3 distinct prepared rows; "
            "ask for at most 3.",
        ),
        (
            np.eye(9, 3, dtype=np.float32),
            2,
            {
                "components": 2,
                "method": "agglomerative",
                "settings": {"linkage": "average", "exact_limit": 5},
            },
            "clustering.pca_methods.settings.linkage is average, which is only offered up to "
            "exact_limit (5 customers), but there are 9: among many a few outlying customers "
            "decide its segments; use ward.",
        ),
    ],
)
def test_refusals(x, k, params, sentence):
    with pytest.raises(DataError) as caught:
        fit(x, k, **params)
    assert str(caught.value) == sentence


def test_a_method_that_does_not_run_in_the_place(planes, monkeypatch):
    kmeans = algorithm("kmeans")
    runs = {place: run for place, run in kmeans.runs.items() if place != Place.CPU_CLUSTER}
    lacking = replace(kmeans, runs=runs, lacks={Place.CPU_CLUSTER: "it has none"})
    monkeypatch.setattr("engine.clustering.pca_methods.fit.algorithm", lambda _: lacking)
    with pytest.raises(EngineError, match="kmeans does not run on cpu-cluster: it has none"):
        fit(planes[0], 3, Runtime(Place.CPU_CLUSTER))


@at_most(25)
@given(st.integers(0, 10_000))
def test_turned_columns_give_the_same_segments(seed):
    x, _ = in_planes(400, seed=seed)
    turn = ortho_group.rvs(10, random_state=seed)
    turned = (x.astype(np.float64) @ turn).astype(np.float32)
    one, other = (fit(rows, 4, components=2, method="agglomerative") for rows in (x, turned))
    assert adjusted_rand_score(one.labels, other.labels) > 0.98


@at_most(25)
@given(st.integers(0, 10_000))
def test_every_row_twice_gives_the_same_segments(seed):
    x, _ = in_planes(300, seed=seed)
    params = {"components": 2, "method": "agglomerative"}
    once, twice = fit(x, 4, **params), fit(np.repeat(x, 2, axis=0), 4, **params)
    assert np.array_equal(twice.labels[::2], twice.labels[1::2])
    assert adjusted_rand_score(once.labels, twice.labels[::2]) == pytest.approx(1)


@at_most(25)
@given(st.integers(0, 10_000), st.integers(-8, 8))
def test_scaled_rows_give_the_same_bits(seed, power):
    x, _ = in_planes(300, seed=seed)
    one, other = (fit(rows, 4, settings={"n_init": 1}) for rows in (x, x * np.float32(2.0**power)))
    assert np.array_equal(one.labels, other.labels)


@at_most(25)
@given(st.integers(0, 10_000))
def test_equal_rows_are_in_one_segment_whatever_else_is_there(seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, (300, 5)).astype(np.float32)
    found = fit(x, 4, components=3, method="agglomerative")
    _, row = np.unique(x, axis=0, return_inverse=True)
    for value in range(row.max() + 1):
        assert len(np.unique(found.labels[row.ravel() == value])) == 1
    turned = rng.permutation(len(x))
    again = found.representatives.assign(x[turned], runtime=CPU)
    assert np.array_equal(again, found.labels[turned])


@at_most(30)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 300), st.integers(1, 90))
def test_the_bits_of_a_projection_depend_on_the_row_alone(seed, d, n, block):
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, d + 1))
    pca = PCA(rng.normal(size=d), rng.normal(size=(m, d)), np.full(d, 1 / d))
    x = (rng.normal(size=(n, d)) * 10.0 ** rng.integers(-3, 4, d)).astype(np.float32)
    project = Projection(pca, CPU)
    whole = project(x)
    parts = np.concatenate([project(x[s : s + block]) for s in range(0, n, block)])
    assert parts.tobytes() == whole.tobytes()
    assert project(np.asfortranarray(x)).tobytes() == whole.tobytes()
    exact = (x - pca.mean) @ pca.components.T
    scale = np.abs(x - pca.mean) @ np.abs(pca.components.T)
    assert (np.abs(whole - exact) <= 1e-6 * scale + 1e-30).all()


def test_sums_that_cancel_have_the_same_bits_in_any_blocks():
    """Zero but for rounding, which float32 keeps: where a matrix product shows its order."""
    rng = np.random.default_rng(0)
    weights, half = rng.normal(size=(12, 30)), rng.normal(size=(1_003, 30)).astype(np.float32)
    pca = PCA(np.zeros(60), np.hstack([weights, -weights]), np.full(60, 1 / 60))
    x, project = np.hstack([half, half]), Projection(pca, CPU)
    whole = project(x)
    assert np.abs(whole).max() < 1e-12
    for block in (1, 7, 1_000):
        parts = [project(x[s : s + block]) for s in range(0, len(x), block)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_more_rows_than_a_chunk():
    x, segment = in_planes(CHUNK_ROWS + 500)
    found = fit(x, 4, Runtime(threads=2), settings={"n_init": 1})
    assert adjusted_rand_score(segment, found.labels) > 0.97
    tail = found.representatives.assign(x[-700:], runtime=CPU)
    assert np.array_equal(tail, found.labels[-700:])
