"""Any number of rows: one pass, true means and weights, segments, what is told and refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score

from engine.clustering.agglomerative.algorithm import AGGLOMERATIVE
from engine.clustering.agglomerative.fit import fit, segmented, specks
from engine.clustering.agglomerative.joining import joined
from engine.clustering.agglomerative.micro import condensed, sample_rows
from engine.clustering.agglomerative.params import AgglomerativeParams
from engine.clustering.algorithm import Task
from engine.clustering.tree import weighted_means
from engine.errors import DataError
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, Runtime
from engine.utilities.sampling import draw, row_priority
from tests.fitting import task_of

RUNTIME = Runtime(threads=2)
FEW = AgglomerativeParams(exact_limit=1_000, micro_clusters=150)


def blobs(n: int, k: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    x, y = make_blobs(n, 5, centers=k, cluster_std=0.8, random_state=seed)
    return x.astype(np.float32), y


def test_the_row():
    assert set(AGGLOMERATIVE.runs) == set(Place)
    found = AGGLOMERATIVE.runs[Place.CPU](task_of(blobs(300)[0], 4), AgglomerativeParams(), RUNTIME)
    assert found.representatives.n_segments == 4
    assert found.tree is not None
    assert found.tree.n_leaves == 300


@pytest.mark.parametrize("params", [AgglomerativeParams(), FEW], ids=["exact", "micro"])
def test_segments_sizes_and_centres(params):
    x, y = blobs(6_000)
    found = fit(task_of(x, 6), params, RUNTIME)
    assert adjusted_rand_score(y, found.labels) == 1
    sizes = np.bincount(found.labels)
    assert (np.diff(sizes) <= 0).all()
    means = [x[found.labels == s].mean(axis=0, dtype=np.float64) for s in range(6)]
    assert found.representatives.centres == pytest.approx(np.array(means), rel=1e-12)


@pytest.mark.parametrize("params", [AgglomerativeParams(), FEW], ids=["exact", "micro"])
@pytest.mark.parametrize("linkage", ["ward", "single"])
def test_assigning_the_rows_gives_their_segments(params, linkage):
    # No structure at all: every border runs through a crowd.
    x = np.random.default_rng(0).random((3_000, 3), np.float32)
    x[::7] = x[1::7][: len(x[::7])]
    params = params.model_copy(update={"linkage": linkage})
    found = fit(task_of(x, 9), params, RUNTIME)
    assert np.array_equal(found.representatives.assign(x, runtime=RUNTIME), found.labels)


def test_every_row_is_visited_once():
    x, _ = blobs(2 * CHUNK_ROWS + 123)
    seen: list[int] = []
    fit(task_of(x, 6), FEW, Runtime(threads=2, on_rows=seen.append))
    assert sum(seen) == len(x)
    assert len(seen) == 3


def test_weights_and_means_are_of_all_rows():
    x, _ = blobs(20_000)
    few = condensed(task_of(x, 6), 150, RUNTIME)
    assert len(few.points) == len(few.weights) == len(few.means) == 150
    assert np.array_equal(np.bincount(few.leaves), few.weights)
    assert few.weights.sum() == len(x)
    leaf = int(few.weights.argmax())
    members = x[few.leaves == leaf].astype(np.float64)
    assert few.means[leaf] == pytest.approx(members.mean(axis=0), rel=1e-12)
    nearest = ((x[:500, None].astype(np.float64) - few.points) ** 2).sum(axis=2).argmin(axis=1)
    assert np.array_equal(few.leaves[:500], nearest)


def test_micro_clusters_without_rows_are_left_out(monkeypatch):
    from engine.clustering.agglomerative import micro

    x = np.repeat(np.array([[0.0], [1], [5], [9]], np.float32), 500, axis=0)
    points = np.array([[0.0], [100], [1], [5], [-50], [9]])
    monkeypatch.setattr(micro, "micro_centres", lambda *_: points)
    few = condensed(task_of(x, 2), 6, RUNTIME)
    assert few.points[:, 0].tolist() == few.means[:, 0].tolist() == [0, 1, 5, 9]
    assert few.weights.tolist() == [500] * 4
    assert np.array_equal(few.leaves, np.repeat(np.arange(4), 500))


@pytest.mark.parametrize("spread", [1.0, 3.0])
def test_micro_clusters_give_nearly_the_exact_segments(spread):
    x, _ = make_blobs(5_000, 8, centers=6, cluster_std=spread, random_state=1)
    x = x.astype(np.float32)
    exact = fit(task_of(x, 6), AgglomerativeParams(), RUNTIME).labels
    few = fit(
        task_of(x, 6), AgglomerativeParams(exact_limit=1_000, micro_clusters=800), RUNTIME
    ).labels
    assert adjusted_rand_score(exact, few) > 0.97


def noisy_mixture(n: int, seed: int) -> np.ndarray:
    """Stretched groups of unequal size that overlap, in 5% of uniform noise."""
    rng = np.random.default_rng(seed)
    centres = 3 * rng.standard_normal((6, 8))
    stretched = rng.standard_normal((n, 8)) * np.geomspace(1.5, 0.4, 8)
    x = stretched + centres[rng.choice(6, n, p=[0.35, 0.25, 0.18, 0.12, 0.07, 0.03])]
    noise = rng.random(n) < 0.05
    x[noise] = rng.uniform(x.min(axis=0), x.max(axis=0), (np.count_nonzero(noise), 8))
    return x.astype(np.float32)


@pytest.mark.parametrize("seed", [0, 4, 7])
def test_micro_clusters_give_the_exact_segments_in_noise_too(seed):
    """What k-means micro-clusters from random rows do not: 0.935, 0.937 and 0.952 here."""
    x = noisy_mixture(5_000, seed)
    exact = fit(task_of(x, 6), AgglomerativeParams(), RUNTIME).labels
    params = AgglomerativeParams(exact_limit=1_000, micro_clusters=1_000)
    assert adjusted_rand_score(exact, fit(task_of(x, 6), params, RUNTIME).labels) > 0.97


def test_micro_clusters_start_from_wards_clusters_of_a_sample():
    x, _ = blobs(3_000)
    sample = x[draw(row_priority(len(x), 0), sample_rows(40))]
    assert len(sample) == 1_000
    tree = joined(sample, "ward", RUNTIME)
    expected = weighted_means(tree.means, tree.weights, tree.cut(40))
    assert np.array_equal(condensed(task_of(x, 5), 40, RUNTIME).points, expected)


@pytest.mark.long
def test_single_linkage_follows_shapes_above_the_limit_too():
    x, y = make_moons(30_000, noise=0.05, random_state=0)
    params = AgglomerativeParams(linkage="single", micro_clusters=1_000)
    found = fit(task_of(x.astype(np.float32), 2), params, RUNTIME)
    assert adjusted_rand_score(y, found.labels) > 0.99


@pytest.mark.parametrize("params", [AgglomerativeParams(), FEW], ids=["exact", "micro"])
def test_the_same_bits_at_any_number_of_threads_and_in_any_row_order(params):
    x, _ = blobs(CHUNK_ROWS + 5_000 if params is FEW else 4_000)
    whole = task_of(x, 5)
    one, two = (fit(whole, params, Runtime(threads=t)) for t in (1, 3))
    assert one.labels.tobytes() == two.labels.tobytes()
    assert one.representatives.points.tobytes() == two.representatives.points.tobytes()
    turn = np.random.default_rng(0).permutation(len(x))
    turned = fit(Task(x[turn], 5, whole.priority[turn], 0), params, RUNTIME)
    assert np.array_equal(turned.labels, one.labels[turn])


def test_another_cut_of_a_fit_is_the_fit_with_that_k():
    x, _ = blobs(3_000)
    six, four = (fit(task_of(x, k), FEW, RUNTIME) for k in (6, 4))
    again = segmented(six.tree, six.representatives.points, 4)
    assert np.array_equal(again.segments, four.representatives.segments)
    assert np.array_equal(again.centres, four.representatives.centres)
    assert np.array_equal(again.assign(x, runtime=RUNTIME), four.labels)


def test_a_height_instead_of_k():
    x = np.array([[0.0], [1], [10], [11], [50]], np.float32)
    params = AgglomerativeParams(distance_threshold=5.0)
    found = fit(task_of(x, 1), params, RUNTIME)
    assert found.labels.tolist() == [0, 0, 1, 1, 2]
    assert found.notes == ("cutting the tree at 5 gives 3 segments",)


def test_what_micro_clusters_are_told_as():
    found = fit(task_of(blobs(3_000)[0], 6), FEW, RUNTIME)
    assert found.notes == (
        "the tree joins 150 micro-clusters, each with the weight of its customers, instead of "
        "3,000 customers one by one",
    )


def test_specks_are_told():
    x, _ = blobs(2_000, k=3)
    x[:2] = [[500] * 5, [-500] * 5]
    found = fit(task_of(x, 5), AgglomerativeParams(), RUNTIME)
    assert np.bincount(found.labels)[3:].tolist() == [1, 1]
    assert found.notes == (
        "segments 3, 4 hold 2 of 2,000 customers: specks, outlying customers rather than a segment",
    )


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ([500, 300, 200], False),
        ([50, 50, 8], False),  # a twelfth of few customers is a segment
        ([60, 50, 3], True),
        ([500_000, 400_000, 900], True),
        ([500_000, 400_000, 1_100], False),
    ],
)
def test_when_a_segment_is_a_speck(sizes, told):
    assert bool(specks(np.array(sizes, float))) == told


REFUSED = {
    "clustering.k is 4, but there are only 3 customers.": (np.eye(3), 4, {}),
    "clustering.k is 4, but the customers have only 3 distinct prepared rows; ask for at most 3.": (
        np.repeat(np.eye(3), 9, axis=0), 4, {},
    ),
    "clustering.k is 9, but the customers have only 5 micro-clusters "
    "(clustering.agglomerative.micro_clusters); ask for at most 5.": (
        np.arange(90.0)[:, None], 9, {"exact_limit": 50, "micro_clusters": 5},
    ),
    "clustering.agglomerative.linkage is average, which is only offered up to exact_limit (50 "
    "customers), but there are 90: among many a few outlying customers decide its segments; use "
    "ward.": (np.arange(90.0)[:, None], 2, {"exact_limit": 50, "linkage": "average"}),
}  # fmt: skip


@pytest.mark.parametrize("sentence", REFUSED)
@pytest.mark.parametrize("linkage", ["ward", "single"])
def test_refusals(sentence, linkage):
    x, k, params = REFUSED[sentence]
    params = AgglomerativeParams(**{"linkage": linkage} | params)
    with pytest.raises(DataError) as caught:
        fit(task_of(x.astype(np.float32), k), params, RUNTIME)
    assert str(caught.value) == sentence


def test_more_segments_than_micro_clusters_are_refused_before_rows_are_visited(monkeypatch):
    def none(*_):
        raise AssertionError

    monkeypatch.setattr("engine.clustering.agglomerative.fit.condensed", none)
    with pytest.raises(DataError, match=r"^clustering\.k is 151, .* only 150 micro-clusters \("):
        fit(task_of(blobs(2_000)[0], 151), FEW, RUNTIME)


def test_a_cut_never_parts_equal_rows():
    x = np.repeat(np.arange(4, dtype=np.float32), 5)[:, None]
    for linkage in ("ward", "complete", "average", "single"):
        found = fit(task_of(x, 2), AgglomerativeParams(linkage=linkage), RUNTIME)
        four = segmented(found.tree, found.representatives.points, 4)
        assert len(np.unique(np.column_stack([x[:, 0], four.segments]), axis=0)) == 4
        with pytest.raises(DataError, match="only 4 distinct prepared rows"):
            segmented(found.tree, found.representatives.points, 5)


def test_a_memory_map_gives_the_same_bits(tmp_path):
    x, _ = blobs(4_000)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for params in (FEW, AgglomerativeParams()):
        one, other = (fit(task_of(v, 4), params, RUNTIME) for v in (x, mapped))
        assert one.labels.tobytes() == other.labels.tobytes()
