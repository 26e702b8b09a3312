"""Parallel analysis: factors that were put in, noise, columns that are components, same bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group
from threadpoolctl import threadpool_limits

from engine.dimensionality_reduction.parallel_analysis import parallel_analysis
from engine.dimensionality_reduction.pca import fit_pca
from engine.places.runtime import Runtime


def factors(n: int, seed: int, count: int = 3, each: int = 4) -> np.ndarray:
    """Columns in groups of ``each``: a factor of the group and noise, half the variance each."""
    rng = np.random.default_rng(seed)
    shared = np.repeat(rng.normal(size=(n, count)), each, axis=1)
    return (shared + rng.normal(size=shared.shape)).astype(np.float32)


def noise(n: int, d: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


@pytest.mark.parametrize("n", [100, 1_000, 10_000])
@pytest.mark.parametrize("seed", range(5))
def test_it_finds_the_factors(n, seed):
    found = parallel_analysis(factors(n, seed), seed=seed)
    assert found.n_components == 3


def test_the_bounds_by_hand():
    """Two columns of variance 1: permuted ones have 1 + |r| and 1 - |r|, r their correlation."""
    x = factors(400, 0, count=1, each=2).astype(np.float64)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    found = parallel_analysis(x, runs=50, quantile=0.9, seed=1)
    r = float(np.corrcoef(x.T)[0, 1])
    assert found.variances == pytest.approx([1 + r, 1 - r])
    rng = np.random.default_rng(1)
    drawn = [abs(np.corrcoef(rng.permuted(x.T, axis=1))[0, 1]) for _ in range(50)]
    assert found.bounds[0] == pytest.approx(1 + np.quantile(drawn, 0.9))
    assert found.bounds[1] == pytest.approx(np.quantile(1 - np.array(drawn), 0.9))


def test_noise_stands_out_no_more_often_than_the_quantile_says():
    found = [parallel_analysis(noise(500, 10, s), seed=s).n_components for s in range(60)]
    assert sum(n > 0 for n in found) <= 9  # 3 of 60 are expected; 10 or more in 1 of 1,000 cases


@pytest.mark.parametrize("variances", [(9, 4, 1, 1, 1), (1, 4, 1, 9, 1)])
def test_independent_columns_share_nothing_whatever_their_variances(variances):
    drawn = (noise(500, 5, s) * np.sqrt(variances) for s in range(30))
    assert sum(parallel_analysis(x).n_components > 0 for x in drawn) <= 6  # 1.5 are expected


def test_among_components_none_stands_out():
    """They have the same variances as the columns, but nothing to do with each other."""
    x = factors(2_000, 1)
    found = parallel_analysis(fit_pca(x, 12, runtime=Runtime()).transform(x))
    assert found.n_components == 0
    assert found.variances == pytest.approx(parallel_analysis(x).variances, rel=1e-5)


@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(-6, 6))
def test_scale_and_origin_do_not_count(seed, d, power):
    x = noise(80, d, seed) @ noise(d, d, seed + 1)
    moved = parallel_analysis(x.astype(np.float64) * 2.0**power + 3.0, seed=seed)
    found = parallel_analysis(x, seed=seed)
    assert moved.n_components == found.n_components
    assert moved.variances == pytest.approx(found.variances * 4.0**power, rel=1e-6, abs=1e-12)


@given(st.integers(0, 10_000))
def test_turned_columns_have_the_same_variances(seed):
    x = factors(300, seed).astype(np.float64)
    turned = x @ ortho_group.rvs(12, random_state=seed)
    same = parallel_analysis(x, seed=seed).variances
    assert parallel_analysis(turned, seed=seed).variances == pytest.approx(same)
    assert parallel_analysis(turned, seed=seed).n_components == 3


def test_a_repeated_column_is_found():
    x = noise(1_000, 6, 0)
    x[:, 5] = x[:, 0]
    assert parallel_analysis(x).n_components == 1


@pytest.mark.parametrize("shape", [(1, 3), (2, 3), (50, 1), (5, 40)])
def test_few_rows_or_columns(shape):
    found = parallel_analysis(noise(*shape, 0))
    assert 0 <= found.n_components <= min(shape)
    assert np.isfinite(found.variances).all()
    assert np.isfinite(found.bounds).all()


def test_more_columns_than_rows_have_the_variances_of_the_covariance():
    x = noise(6, 40, 0).astype(np.float64)
    by_covariance = np.linalg.eigvalsh(np.cov(x.T, bias=True))[::-1]
    found = parallel_analysis(x)
    assert found.variances == pytest.approx(by_covariance, abs=1e-12)
    assert found.bounds.shape == (40,)
    assert not found.bounds[6:].any()


def test_nothing_varies():
    assert parallel_analysis(np.full((20, 4), 3.0)).n_components == 0


def test_the_same_bits_by_seed_at_any_number_of_threads():
    x = factors(3_000, 7)
    bits = set()
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            found = parallel_analysis(x, seed=4)
        bits.add((found.variances.tobytes(), found.bounds.tobytes()))
    assert len(bits) == 1
    assert parallel_analysis(x, seed=5).bounds.tobytes() != found.bounds.tobytes()
