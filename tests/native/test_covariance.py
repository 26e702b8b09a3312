"""Kernels of centred products and of projections, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.pca_methods.assigner import Projection
from engine.dimensionality_reduction.pca import PCA, fit_pca
from engine.native.covariance import centred_products, project_rows
from engine.native.library import library
from engine.places.runtime import Runtime

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)

SHAPES = [
    (1, 1, 1),
    (3, 2, 2),
    (33, 5, 4),
    (1_000, 8, 3),
    (777, 16, 7),
    (500, 33, 20),
    (60, 131, 9),
]


def _rows(n: int, d: int) -> np.ndarray:
    rng = np.random.default_rng(n + d)
    return (5 + rng.normal(size=(n, d)) * rng.random(d)).astype(np.float32)


def _pca(d: int, c: int) -> PCA:
    rng = np.random.default_rng(d)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return PCA(rng.normal(size=d), np.ascontiguousarray(turn[:c]), np.ones(d) / d)


@pytest.mark.parametrize(("n", "d", "_"), SHAPES)
def test_products_are_those_of_numpy_up_to_rounding(n, d, _, instructions):
    x, origin = _rows(n, d), np.full(d, 5.0)
    sums, products = centred_products(x, origin)
    centred = x - origin
    scale = np.abs(centred).sum(axis=0)
    np.testing.assert_allclose(sums, centred.sum(axis=0), rtol=0, atol=1e-14 * scale.max())
    expected = centred.T @ centred
    np.testing.assert_allclose(products, expected, rtol=0, atol=1e-13 * expected.max())
    assert (products == products.T).all()


@pytest.mark.parametrize("d", [*range(1, 28), 32, 40, 47, 72])
@pytest.mark.parametrize("n", [1, 7, 8, 63, 64, 65, 135])
def test_products_of_whole_numbers_are_exact_whatever_block_they_fill(n, d, instructions):
    rng = np.random.default_rng(n * d)
    x, origin = rng.integers(-9, 9, (n, d)), rng.integers(-9, 9, d)
    sums, products = centred_products(x.astype(np.float32), origin.astype(np.float64))
    centred = x - origin
    np.testing.assert_array_equal(sums, centred.sum(axis=0))
    np.testing.assert_array_equal(products, centred.T @ centred)


@pytest.mark.parametrize(("n", "d", "c"), SHAPES)
def test_components_are_those_of_numpy_bit_for_bit(n, d, c, instructions, monkeypatch):
    project, x = Projection(_pca(d, c), Runtime()), _rows(n, d)
    found = project(x)
    np.testing.assert_array_equal(np.concatenate([project(x[:1]), project(x[1:])]), found)
    with monkeypatch.context() as without:
        without.setattr("engine.clustering.pca_methods.assigner.project_rows", lambda *_: False)
        np.testing.assert_array_equal(project(x), found)


def test_a_fit_is_that_of_numpy_and_threads_do_not_change_a_bit(monkeypatch):
    x = _rows(140_000, 6)
    first, second = (fit_pca(x, 0.9, runtime=Runtime(threads=n)) for n in (1, 2))
    assert (first.components == second.components).all()
    monkeypatch.setattr("engine.dimensionality_reduction.pca.centred_products", lambda *_: None)
    expected = fit_pca(x, 0.9, runtime=Runtime())
    np.testing.assert_allclose(first.mean, expected.mean, rtol=1e-14)
    np.testing.assert_allclose(first.components, expected.components, atol=1e-11)
    np.testing.assert_allclose(
        first.explained_variance_ratio, expected.explained_variance_ratio, rtol=1e-12
    )


def test_a_column_that_never_varies_has_no_variance_at_all():
    x = np.full((70_000, 3), 0.1, np.float32)
    x[:, 1] = np.random.default_rng(0).random(70_000)
    pca = fit_pca(x, 3, runtime=Runtime())
    assert pca.explained_variance_ratio.tolist() == [1.0, 0.0, 0.0]


def test_other_rows_are_left_to_numpy():
    x, mean = _rows(10, 4), np.zeros(4)
    for rows in (x.astype(np.float64), np.asfortranarray(x), x[:, ::2]):
        assert centred_products(rows, mean) is None
        assert not project_rows(rows, mean, np.eye(4), np.empty((10, 4), np.float32))


def test_what_is_not_finite_stays_in_its_row():
    x = _rows(9, 5)
    x[4, 2] = np.nan
    found = Projection(_pca(5, 3), Runtime())(x)
    assert np.isnan(found).any(axis=1).tolist() == [row == 4 for row in range(9)]
