"""Principal components: ratios, directions and projections agree, in memory and in blocks."""

from __future__ import annotations

import numpy as np
import pytest

from engine.dimensionality_reduction.pca import PCA, fit_pca, project_all
from engine.errors import DataError
from engine.places.place import Place
from engine.places.runtime import Runtime

CPU = Runtime(Place.CPU, "to compare with", threads=1)


def mixed(n: int, d: int, offset: float = 0.0) -> np.ndarray:
    """Rows whose components have variances well apart."""
    rng = np.random.default_rng(4)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (rng.normal(size=(n, d)) * 2.0 ** -np.arange(d) @ turn + offset).astype(np.float32)


def by_hand(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, ratios and directions by a singular value decomposition in float64."""
    wide = x.astype(np.float64)
    _, values, directions = np.linalg.svd(wide - wide.mean(axis=0), full_matrices=False)
    return wide.mean(axis=0), values**2 / (values**2).sum(), directions


@pytest.mark.parametrize("offset", [0.0, 3.0])
def test_ratios_and_directions(rows_of, offset):
    runtime, where = rows_of
    x = mixed(20_000, 8, offset)
    found = fit_pca(where(x), 8, runtime=runtime)
    mean, ratio, directions = by_hand(x)
    assert found.mean == pytest.approx(mean, abs=1e-5)
    assert found.explained_variance_ratio == pytest.approx(ratio, abs=1e-4)
    for kept in (1, 3, 8):
        cosines = np.linalg.svd(found.components[:kept] @ directions[:kept].T, compute_uv=False)
        assert cosines == pytest.approx(np.ones(kept), abs=1e-4)


def test_directions_have_the_same_signs_and_types(rows_of):
    runtime, where = rows_of
    x = mixed(5_000, 5)
    found, expected = fit_pca(where(x), 5, runtime=runtime), fit_pca(x, 5, runtime=CPU)
    assert found.components == pytest.approx(expected.components, abs=1e-3)
    for array in (found.mean, found.components, found.explained_variance_ratio):
        assert isinstance(array, np.ndarray)
        assert array.dtype == np.float64
    assert found.components @ found.components.T == pytest.approx(np.eye(5), abs=1e-5)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_a_share_of_variance_keeps_as_many(rows_of, share):
    runtime, where = rows_of
    x = mixed(5_000, 6)
    found, expected = fit_pca(where(x), share, runtime=runtime), fit_pca(x, share, runtime=CPU)
    assert found.n_components == expected.n_components


@pytest.mark.parametrize(("n", "d"), [(500, 1), (5, 9), (2, 3)])
def test_few_columns_and_few_rows(rows_of, n, d):
    runtime, where = rows_of
    x = mixed(n, d)
    found, expected = fit_pca(where(x), d, runtime=runtime), fit_pca(x, d, runtime=CPU)
    ratio = expected.explained_variance_ratio
    assert found.explained_variance_ratio == pytest.approx(ratio, abs=1e-4)
    assert (found.explained_variance_ratio >= 0).all()


@pytest.mark.parametrize("constant", [7, 0.1, -3e5])
def test_nothing_varies(rows_of, constant):
    runtime, where = rows_of
    with pytest.raises(DataError, match=r"^no prepared column varies"):
        fit_pca(where(np.full((3_000, 3), constant, np.float32)), 1, runtime=runtime)


def test_projections(rows_of):
    runtime, where = rows_of
    x = mixed(20_000, 6, 2.0)
    mean, ratio, directions = by_hand(x)
    pca = PCA(mean, directions[:3], ratio)
    rows = where(x)
    out = runtime.empty((len(x), 3))
    project_all(pca, rows, out, runtime=runtime)
    expected = (x - mean) @ directions[:3].T
    np.testing.assert_allclose(runtime.get(out), expected, rtol=1e-6, atol=1e-6)
    assert np.array_equal(runtime.get(rows), x), "the rows are left alone"
