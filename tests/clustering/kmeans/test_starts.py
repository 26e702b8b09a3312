"""Told how to start, ``KMeans`` gives what scikit-learn gives, of few rows and of many."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.datasets import make_blobs

from engine.clustering import KMeans
from engine.clustering.representatives import in_canonical_order


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    """Rows without clear groups, on a grid that float64 holds at any offset below."""
    rows, _ = make_blobs(1_200, 4, centers=6, cluster_std=4, random_state=1)
    return np.round(rows * 1024) / 1024


def in_order(theirs: SklearnKMeans) -> tuple[np.ndarray, np.ndarray]:
    """Give their labels and centres in canonical order."""
    sizes = np.bincount(theirs.labels_, minlength=theirs.n_clusters)
    rank, centres = in_canonical_order(sizes, theirs.cluster_centers_)
    return rank[theirs.labels_], centres


DRAWN = [
    {"n_init": 1},
    {"n_init": 4},
    {"init": "random"},
    {"init": "random", "n_init": 2, "max_iter": 3},
    {"algorithm": "elkan"},
    {"algorithm": "elkan", "n_init": 3, "tol": 0.0},
    {"n_init": 2, "tol": 0.05},
]


@pytest.mark.parametrize("settings", DRAWN, ids=str)
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_drawn_starts_are_scikit_learns(x, kind, settings) -> None:
    rows = kind(x)
    ours = KMeans(6, random_state=3, **settings).fit(rows)
    theirs = SklearnKMeans(6, random_state=3, **settings).fit(rows)
    labels, centres = in_order(theirs)
    assert np.array_equal(ours.labels_, labels)
    assert ours.cluster_centers_ == pytest.approx(centres, rel=1e-9, abs=1e-9)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-9)
    assert ours.n_iter_ == theirs.n_iter_


@pytest.mark.parametrize("algorithm", ["lloyd", "elkan"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
@pytest.mark.parametrize("max_iter", [1, 300])
def test_given_centres_keep_their_numbers(x, kind, dtype, algorithm, max_iter) -> None:
    rows, start = kind(x.astype(dtype)), x[::200]
    settings = {"init": start, "algorithm": algorithm, "max_iter": max_iter}
    ours = KMeans(6, **settings).fit(rows)
    theirs = SklearnKMeans(6, **settings).fit(rows)
    assert np.array_equal(ours.labels_, theirs.labels_)
    assert ours.cluster_centers_ == pytest.approx(theirs.cluster_centers_, rel=1e-4)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-5)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.cluster_centers_.dtype == dtype
    assert np.array_equal(ours.predict(rows), ours.labels_)


def test_a_callable_sees_the_rows_as_they_are_given(x) -> None:
    seen = []

    def first_rows(rows: Any, k: int, random_state: np.random.RandomState) -> Any:
        seen.append((rows, random_state.randint(100)))
        return rows[:k]

    far = x + 1e6
    model = KMeans(6, init=first_rows, n_init=3, random_state=0).fit(far)
    assert [np.array_equal(rows, far) for rows, _ in seen] == [True] * 3
    assert len({drawn for _, drawn in seen}) == 3
    by_array = KMeans(6, init=far[:6]).fit(far)
    assert np.array_equal(model.labels_, by_array.labels_)
    assert KMeans(6, init=first_rows).fit(far).inertia_ == by_array.inertia_
    assert len(seen) == 3 + 10


@pytest.mark.parametrize("kind", [np.array, csr_array])
def test_a_callable_may_write_to_its_rows(x, kind) -> None:
    def zeroed(rows: Any, k: int, random_state: np.random.RandomState) -> Any:
        centres = (rows[:k] if kind is np.array else rows[:k].toarray()).copy()
        rows *= 0
        return centres

    rows = kind(x)
    model = KMeans(6, init=zeroed, n_init=2).fit(rows)
    assert not (rows != kind(x)).sum()
    assert np.array_equal(model.labels_, KMeans(6, init=x[:6]).fit(kind(x)).labels_)


def test_one_start_of_given_centres(x) -> None:
    with pytest.warns(RuntimeWarning, match="^Explicit initial center position passed: performing"):
        KMeans(6, init=x[:6], n_init=10).fit(x)
    KMeans(6, init=x[:6].tolist(), n_init=1).fit(x)
    KMeans(6, init=x[:6]).fit(x)


def test_elkan_of_one_cluster_is_warned_of(x) -> None:
    with pytest.warns(RuntimeWarning, match="^algorithm='elkan' doesn't make sense for a single"):
        model = KMeans(1, algorithm="elkan").fit(x)
    assert model.cluster_centers_[0] == pytest.approx(x.mean(axis=0), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "settings",
    [{"n_init": 3}, {"init": "random", "n_init": 5}, {"algorithm": "elkan", "n_init": 3}],
    ids=str,
)
def test_of_many_rows_few_decide_the_start(settings, dtype) -> None:
    """Beyond ``start_rows`` the result is as good, and no worse than going over all rows is."""
    x, _ = make_blobs(6_000, 5, centers=8, cluster_std=2, random_state=4)
    rows = x.astype(dtype)
    ours = KMeans(8, start_rows=1_000, coarse_rows=3_000, random_state=1, **settings).fit(rows)
    theirs = SklearnKMeans(8, n_init=20, random_state=1).fit(rows)
    assert ours.inertia_ <= 1.001 * theirs.inertia_
    assert (np.diff(np.bincount(ours.labels_)) <= 0).all()
    assert np.array_equal(ours.predict(rows), ours.labels_)


@pytest.mark.parametrize("init", ["array", "callable"])
def test_of_many_rows_all_are_gone_over_from_given_centres(x, init) -> None:
    rows = np.concatenate([x, x + 0.25])
    given = rows[::400] if init == "array" else lambda rows, k, random_state: rows[:: 2_400 // k]
    ours = KMeans(6, init=given, n_init=1, start_rows=1_000, coarse_rows=1_000).fit(rows)
    theirs = SklearnKMeans(6, init=rows[::400], n_init=1).fit(rows)
    assert np.array_equal(ours.labels_, theirs.labels_)
    assert ours.cluster_centers_ == pytest.approx(theirs.cluster_centers_, rel=1e-4, abs=1e-4)


def test_more_starts_are_never_worse(x) -> None:
    found = [KMeans(6, n_init=n, init="random", random_state=0).fit(x).inertia_ for n in (1, 3, 9)]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1]


def test_what_is_printed(x, capsys) -> None:
    KMeans(6, n_init=2, verbose=1, random_state=0).fit(x)
    shown = capsys.readouterr().out
    assert shown.count("Initialization complete") == 2
    assert "iterations over all rows, inertia" in shown
    KMeans(6, verbose=True, random_state=0).fit(x)
    assert "iterations over all rows, inertia" in capsys.readouterr().out
    KMeans(6, n_init=2, random_state=0).fit(x)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("start_rows", [1_000, 10_000])
def test_what_is_printed_is_in_the_units_of_the_rows(capsys, dtype, start_rows) -> None:
    rows = make_blobs(3_000, 3, centers=6, random_state=0)[0] * 1e6
    settings = {"n_init": 1, "start_rows": start_rows, "random_state": 0}
    model = KMeans(6, verbose=1, **settings).fit(rows.astype(dtype))
    told = re.findall(r"Iteration \d+, inertia ([\d.e+]+[\de])", capsys.readouterr().out)
    share = 1_200 / 3_000 if start_rows == 1_000 else 1.0
    assert float(told[-1]) == pytest.approx(model.inertia_ * share, rel=0.2)
    quiet = KMeans(6, **settings).fit(rows.astype(dtype))
    assert quiet.cluster_centers_.tobytes() == model.cluster_centers_.tobytes()


@pytest.mark.parametrize("settings", [{"n_init": 3}, {"init": "random"}, {"algorithm": "elkan"}])
def test_the_same_bits_at_any_number_of_threads(x, monkeypatch, settings) -> None:
    seen = set()
    for threads in (1, 3):
        monkeypatch.setattr("engine.places.runtime.available_threads", lambda n=threads: n)
        model = KMeans(6, random_state=0, **settings).fit(x)
        seen.add(model.cluster_centers_.tobytes() + model.labels_.tobytes())
    assert len(seen) == 1


@pytest.mark.parametrize("settings", [{}, {"n_init": 1}, {"init": "random"}], ids=str)
def test_rows_are_never_written_to(x, settings) -> None:
    rows = x.copy()
    rows.flags.writeable = False
    model = KMeans(6, copy_x=False, random_state=0, **settings).fit(rows)
    assert np.array_equal(model.predict(rows), model.labels_)
    assert np.array_equal(rows, x)
