"""Numbers that are right far from zero and in any unit, against SciPy on float64 rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.metrics import adjusted_rand_score

from engine.clustering.agglomerative.estimator import AgglomerativeClustering
from engine.clustering.agglomerative.exact_frame import exact_frame

LINKAGES = ["ward", "complete", "average", "single"]
OFFSETS = [0.0, 10.0, 1e3, 1e6, 1e9, 1e12]
N = 600
"""More rows than SciPy joins by ward."""


def near_and_far(kind: str, d: int, offset: float, dtype: type) -> np.ndarray:
    """Give rows as they are after an offset: what is lost by adding it is lost for all."""
    rng = np.random.default_rng(1)
    groups = rng.normal(size=(5, d)) * 8
    x = {
        "normal": lambda: rng.normal(size=(N, d)),
        "groups": lambda: groups[rng.integers(0, 5, N)] + rng.normal(size=(N, d)),
        "eighths": lambda: rng.normal(size=(N, d)).round(1) * 1.25,
    }[kind]()
    return (x + offset).astype(dtype)


def same_tree(model: AgglomerativeClustering, x: np.ndarray, method: str, rel: float) -> None:
    """Compare heights, merges and a cut with SciPy's on the same rows less one of them."""
    wide = x.astype(np.float64)
    theirs = linkage(wide - wide[0], method)
    ours = model.linkage_matrix()
    assert ours[:, 2] == pytest.approx(theirs[:, 2], rel=rel)
    assert np.array_equal(model.distances_, ours[:, 2])
    if len(np.unique(theirs[:, 2].round(12))) == len(theirs):  # nothing is tied
        assert np.array_equal(ours[:, [0, 1, 3]], theirs[:, [0, 1, 3]])
        assert np.array_equal(model.children_, theirs[:, :2])
    if 0 < theirs[-5, 2] * (1 + rel) < theirs[-4, 2]:
        k = fcluster(theirs, 5, "maxclust")
        assert adjusted_rand_score(k, model.cut(5)) == 1


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("method", LINKAGES)
def test_offsets(method, offset, dtype):
    for kind in ("normal", "groups"):
        x = near_and_far(kind, 3, offset, dtype)
        wide = x.astype(np.float64) - x[0].astype(np.float64)
        distances = pdist(wide)
        model = AgglomerativeClustering(1, linkage=method, compute_distances=True).fit(x)
        if method == "ward":  # whichever tree it is, its merges add up to the sum of squares
            total = ((wide - wide.mean(axis=0)) ** 2).sum()
            assert (model.distances_**2).sum() / 2 == pytest.approx(total, rel=1e-9)
        if method != "ward" or len(np.unique(distances)) == len(distances):
            # float32 is a grid so far away, and ward's tree of many one of several
            same_tree(model, x, method, 1e-9)


def test_the_case_of_the_issue():
    x = np.random.default_rng(0).normal(size=(200, 3)) + 1e6
    ours = AgglomerativeClustering(4).fit(x)
    theirs = fcluster(linkage(x - 1e6, "ward"), 4, "maxclust")
    assert adjusted_rand_score(theirs, ours.labels_) == 1
    assert np.array_equal(ours.predict(x), ours.labels_)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1.0, 1e12, 1e30])
@pytest.mark.parametrize("method", LINKAGES)
def test_scales(method, scale, dtype):
    x = (near_and_far("groups", 4, 0.0, np.float64) * scale).astype(dtype)
    model = AgglomerativeClustering(5, linkage=method, compute_distances=True).fit(x)
    same_tree(model, x, method, 1e-9)
    assert np.array_equal(model.predict(x), model.labels_)
    half = float(model.distances_[-3])
    cut = AgglomerativeClustering(None, linkage=method, distance_threshold=half).fit(x)
    assert cut.n_clusters_ == 4


@pytest.mark.parametrize("scale", [1e-160, 1e140])
def test_squares_that_float64_does_not_hold(scale):
    x = near_and_far("groups", 3, 0.0, np.float64)
    one, other = (AgglomerativeClustering(5, linkage="single").fit(x * s) for s in (1.0, scale))
    assert adjusted_rand_score(one.labels_, other.labels_) == 1
    heights = [model.linkage_matrix()[:, 2] for model in (one, other)]
    assert heights[1] / scale == pytest.approx(heights[0], rel=1e-9)


@pytest.mark.parametrize("method", LINKAGES)
def test_a_bulk_and_a_row_so_far_that_squares_beside_the_bulk_overflow(method):
    x = np.random.default_rng(0).normal(size=(20, 2)) * 1e-20
    x = np.vstack([x, [[1e140, 1e140]]])
    model = AgglomerativeClustering(2, linkage=method, compute_distances=True).fit(x)
    assert model.distances_ == pytest.approx(linkage(x, method)[:, 2], rel=1e-9)
    assert model.labels_.tolist() == [0] * 20 + [1]
    assert np.array_equal(model.predict(x), model.labels_)
    inside = AgglomerativeClustering(4, linkage=method).fit(x)
    assert np.array_equal(inside.predict(x), inside.labels_)
    cut = AgglomerativeClustering(None, linkage=method, distance_threshold=1e149).fit(x)
    assert cut.n_clusters_ == 1


@pytest.mark.parametrize("offset", [0.0, 0.1, 1e5, 1e12])
def test_single_linkage_far_away_is_scipys_in_every_bit(offset):
    """Also among ties: the rows are moved without rounding any."""
    x = np.random.default_rng(3).integers(0, 12, (400, 3)) * 0.25 + offset
    model = AgglomerativeClustering(5, linkage="single").fit(x)
    assert np.array_equal(model.linkage_matrix(), linkage(x, "single"))


def test_far_rows_are_predicted_as_they_were_clustered():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 2)) + np.array([1e9, -1e6])
    x[:3] = [[1e40, 0], [1e40, 1e38], [-1e30, 5]]
    model = AgglomerativeClustering(4, linkage="single").fit(x)
    assert np.array_equal(model.linkage_matrix(), linkage(x, "single"))
    assert np.array_equal(model.predict(x), model.labels_)
    new = x[3:] + 1e-3
    assert np.mean(model.predict(new) == model.labels_[3:]) > 0.99


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_frame_that_rounds_nothing(offset):
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=500) + offset, rng.normal(size=500) * 10])
    frame = exact_frame(x)
    inside = frame.whole(x)
    i, j = rng.integers(0, 500, (2, 1_000))
    assert np.array_equal((inside[i] - inside[j]) * frame.scale, x[i] - x[j])
    assert np.log2(frame.scale) % 1 == 0
    if offset >= 1e3:
        assert np.abs(inside[:, 0]).max() < 10
