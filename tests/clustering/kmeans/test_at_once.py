"""Few rows at default settings, which are fitted at once: exact labels, means and inertia."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering import KMeans
from engine.clustering.kmeans import at_once
from engine.clustering.kmeans.seeding import _drawn


def rows(n: int, d: int, groups: int) -> np.ndarray:
    rng = np.random.default_rng(n)
    return 20 * rng.standard_normal((groups, d))[rng.integers(0, groups, n)] + rng.standard_normal(
        (n, d)
    )


KINDS = {
    "plain": lambda: rows(300, 4, 5),
    "many": lambda: rows(9_000, 16, 5),
    "by column": lambda: np.asfortranarray(rows(9_000, 16, 5)),
    "far": lambda: rows(400, 3, 5) + 1e9,
    "outlier": lambda: np.vstack([rows(500, 3, 5), np.full((1, 3), 1e25)]),
    "float32": lambda: rows(400, 3, 5).astype(np.float32),
    "float32, moved": lambda: (1_000 + rows(400, 3, 5)).astype(np.float32),
    "lattice": lambda: np.stack(np.meshgrid(*[np.arange(9.0)] * 2), -1).reshape(-1, 2),
    "few distinct": lambda: np.tile(rows(20, 3, 5), (90, 1)),
    "many values, few distinct": lambda: np.tile(rows(20, 10, 5), (450, 1)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [1, 5, 12])
def test_labels_are_those_of_predict_and_the_inertia_is_that_of_differences(
    kind: str, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = KINDS[kind]()
    taken = []
    monkeypatch.setattr(
        "engine.clustering.kmeans.estimator.at_once",
        lambda *given: taken.append(at_once.at_once(*given)) or taken[-1],
    )
    model = KMeans(k, random_state=3).fit(x)
    assert taken[0] is not None
    np.testing.assert_array_equal(model.labels_, model.predict(x))
    sizes = np.bincount(model.labels_, minlength=k)
    assert (np.diff(sizes) <= 0).all()
    if kind != "outlier":  # of which a centre in the units of the rows says too little
        wide = x.astype(np.float64)
        shift = wide.mean(axis=0)
        frame, inside = model._frame, model._representatives.centres
        apart = (wide - frame.shift) / frame.scale - inside[model.labels_]
        assert model.inertia_ == pytest.approx((apart**2).sum() * frame.scale**2, rel=1e-12)
        centres = model.cluster_centers_.astype(np.float64) - shift
        squares = (((wide - shift)[:, None] - centres) ** 2).sum(axis=2)
        assert model.inertia_ == pytest.approx(squares.min(axis=1).sum(), rel=1e-4)


def test_centres_that_came_to_rest_are_means_to_the_last_digits() -> None:
    x = rows(9_000, 16, 5)  # searched in float32
    model = KMeans(5, random_state=0).fit(x)
    means = [x[model.labels_ == i].mean(axis=0) for i in range(5)]
    np.testing.assert_allclose(model.cluster_centers_, means, rtol=1e-12)


def test_too_few_distinct_rows_are_left_to_the_other_road() -> None:
    x = np.tile(rows(4, 3, 4), (50, 1))
    with pytest.warns(Warning, match="Number of distinct clusters"):
        model = KMeans(6, random_state=0).fit(x)
    assert len(model.cluster_centers_) == 6
    assert model.inertia_ == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("n", [50, 5_000, 1_024])
def test_rows_are_drawn_by_their_share_and_never_without_any(n: int) -> None:
    rng = np.random.default_rng(0)
    shares = np.where(rng.random(n) < 0.5, 0, rng.random(n))
    drawn = np.concatenate([_drawn(shares, rng.random(40)) for _ in range(500)])
    assert (shares[drawn] > 0).all()
    half = shares[: n // 2].sum() / shares.sum()
    assert (drawn < n // 2).mean() == pytest.approx(half, abs=0.02)
