"""Principal components: by hand, against scikit-learn, far from the origin and in any chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA as SklearnPCA
from threadpoolctl import threadpool_info, threadpool_limits

from engine.dimensionality_reduction import pca as pca_module
from engine.dimensionality_reduction.pca import fit_pca
from engine.errors import DataError
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, Runtime
from tests import cupy_by_numpy as stand_in

RUNTIME = Runtime(threads=2)


def correlated(n: int, d: int, seed: int = 0, offset: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    return (mixed + offset).astype(np.float32)


def assert_equals_scikit_learn(x: np.ndarray, *, atol: float) -> None:
    ours = fit_pca(x, x.shape[1], runtime=RUNTIME)
    theirs = SklearnPCA(svd_solver="full").fit(x.astype(np.float64))
    ratio = theirs.explained_variance_ratio_
    assert ours.explained_variance_ratio == pytest.approx(ratio, rel=1e-9)
    assert ours.mean == pytest.approx(theirs.mean_, rel=1e-12)
    sign = np.sign((ours.components * theirs.components_).sum(axis=1))
    assert ours.components == pytest.approx(sign[:, None] * theirs.components_, abs=atol)


def test_by_hand():
    # Variance 4 along (1, 1)/sqrt 2 and 1 along (1, -1)/sqrt 2, about (10, 20).
    along, across = np.array([1, 1]) / np.sqrt(2), np.array([1, -1]) / np.sqrt(2)
    scores = np.array([(2, 1), (2, -1), (-2, 1), (-2, -1)])
    x = ((10, 20) + scores[:, :1] * along + scores[:, 1:] * across).astype(np.float32)
    pca = fit_pca(x, 2, runtime=RUNTIME)
    assert pca.mean == pytest.approx([10, 20])
    assert pca.explained_variance_ratio == pytest.approx([0.8, 0.2], rel=1e-6)
    assert pca.components[0] == pytest.approx(along, abs=1e-6)
    assert np.abs(pca.components[1]) == pytest.approx(np.abs(across), abs=1e-6)
    assert np.abs(pca.transform(x)) == pytest.approx(np.abs(scores), abs=1e-5)


@pytest.mark.parametrize(("n", "d"), [(500, 6), (30, 12), (CHUNK_ROWS + 123, 3)])
def test_equals_scikit_learn(n, d):
    assert_equals_scikit_learn(correlated(n, d), atol=1e-8)


def test_a_million_away_from_the_origin():
    assert_equals_scikit_learn(correlated(5_000, 4, offset=1e6), atol=1e-7)


@pytest.mark.parametrize("components", [0.9, 5])
def test_few_rows_with_many_columns_are_taken_apart_themselves(monkeypatch, components):
    rows = np.random.default_rng(0).normal(size=(12, 60)).cumsum(axis=1).astype(np.float32)
    found = fit_pca(rows, components, runtime=Runtime())
    monkeypatch.setattr(pca_module, "by_rows", lambda *_: False)
    other = fit_pca(rows, components, runtime=Runtime())
    assert found.n_components == other.n_components
    np.testing.assert_allclose(found.mean, other.mean, atol=1e-6)
    np.testing.assert_allclose(found.components, other.components, atol=1e-9)
    assert found.explained_variance_ratio.shape == (60,)
    np.testing.assert_allclose(
        found.explained_variance_ratio, other.explained_variance_ratio, atol=1e-12
    )


def test_fewer_rows_than_columns():
    x = correlated(5, 9)
    pca = fit_pca(x, 0.999999, runtime=RUNTIME)
    assert pca.n_components <= 4
    assert pca.explained_variance_ratio[4:] == pytest.approx(0, abs=1e-12)


def test_the_largest_loading_is_positive_and_rows_are_orthonormal():
    pca = fit_pca(correlated(800, 7, seed=3), 7, runtime=RUNTIME)
    largest = np.abs(pca.components).argmax(axis=1)
    assert (pca.components[np.arange(7), largest] > 0).all()
    assert pca.components @ pca.components.T == pytest.approx(np.eye(7), abs=1e-12)


@pytest.mark.parametrize(
    ("share", "kept"), [(0.5, 1), (0.57, 1), (0.572, 2), (0.85, 2), (0.86, 3), (0.99, 3)]
)
def test_a_share_of_variance(share, kept):
    # Independent columns of variance 4, 2 and 1: shares 4/7, 6/7 and 1.
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    x = (signs * np.sqrt([4, 2, 1])).astype(np.float32)
    assert fit_pca(x, share, runtime=RUNTIME).n_components == kept


@given(st.integers(0, 1_000), st.floats(0.05, 0.999))
def test_a_share_is_reached_and_by_no_fewer(seed, share):
    pca = fit_pca(correlated(60, 5, seed=seed), share, runtime=Runtime())
    reached = np.cumsum(pca.explained_variance_ratio)
    assert reached[pca.n_components - 1] >= share - 1e-12
    assert pca.n_components == 1 or reached[pca.n_components - 2] < share


def test_the_same_bits_at_any_number_of_threads_and_from_a_file(tmp_path):
    x = correlated(3 * CHUNK_ROWS + 17, 3)
    np.save(tmp_path / "x.npy", x)
    fits = [fit_pca(x, 2, runtime=Runtime(threads=t)) for t in (1, 2, 3)]
    fits.append(fit_pca(np.load(tmp_path / "x.npy", mmap_mode="r"), 2, runtime=RUNTIME))
    bits = {(f.mean.tobytes(), f.components.tobytes()) for f in fits}
    assert len(bits) == 1


def test_few_columns_leave_no_thread_of_blas_turning_idly(monkeypatch):
    met, found = [], np.linalg.eigh

    def seen(covariance):
        met.extend(p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas")
        return found(covariance)

    monkeypatch.setattr(np.linalg, "eigh", seen)
    if not any(p["user_api"] == "blas" for p in threadpool_info()):
        pytest.skip("a BLAS whose threads nobody can set")
    with threadpool_limits(2, user_api="blas"):
        fit_pca(correlated(500, 8), 8, runtime=RUNTIME)
        assert set(met) == {1}
        assert all(p["num_threads"] == 2 for p in threadpool_info() if p["user_api"] == "blas")


def test_transform_takes_rows_in_any_blocks():
    x = correlated(CHUNK_ROWS + 50, 4)
    pca = fit_pca(x, 3, runtime=RUNTIME)
    whole = pca.transform(x)
    assert whole.dtype == np.float32
    assert np.array_equal(pca.transform(x[CHUNK_ROWS - 3 :]), whole[CHUNK_ROWS - 3 :])
    assert np.array_equal(np.vstack([pca.transform(x[i : i + 1]) for i in range(200)]), whole[:200])


def test_more_components_than_columns():
    with pytest.raises(DataError) as caught:
        fit_pca(correlated(20, 3), 4, runtime=RUNTIME)
    assert str(caught.value) == (
        "pca.components is 4, but there are only 3 prepared columns; "
        "ask for fewer, or for a share of variance such as 0.9."
    )


def test_nothing_varies():
    with pytest.raises(DataError) as caught:
        fit_pca(np.full((10, 2), 7, np.float32), 1, runtime=RUNTIME)
    assert str(caught.value) == "no prepared column varies, so there is nothing to segment by."


@pytest.fixture
def device():
    return Runtime(Place.GPU, device_memory=1 << 30, xp=stand_in.made())


@pytest.mark.parametrize("constant", [7.0, 0.1, -3e5])
def test_nothing_varies_on_a_device(device, constant):
    x = np.full((3_000, 3), constant, np.float32)
    with pytest.raises(DataError, match=r"^no prepared column varies"):
        fit_pca(stand_in.DeviceArray(x), 1, runtime=device)


@pytest.mark.parametrize(("n", "d", "offset"), [(3_000, 3, 1e5), (3_000, 3, 5.0), (3, 40, 1.0)])
def test_components_on_a_device_are_those_of_a_cpu(device, n, d, offset):
    x = correlated(n, d, offset=offset)
    found = fit_pca(stand_in.DeviceArray(x), 0.9, runtime=device)
    expected = fit_pca(x, 0.9, runtime=RUNTIME)
    assert found.mean == pytest.approx(expected.mean, rel=1e-12)
    ratio = expected.explained_variance_ratio
    assert found.explained_variance_ratio == pytest.approx(ratio, rel=1e-9)
    assert found.components == pytest.approx(expected.components, abs=1e-6)
