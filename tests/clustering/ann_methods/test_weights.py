"""A row of weight w counts as w rows equal to it, and one of weight 0 follows the nearest."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score as ari

from engine.clustering import ANNClustering


@pytest.mark.parametrize("settings", [{}, {"n_clusters": None, "resolution": 0.5}])
def test_weights_are_as_good_as_repeated_rows(shapes, settings):
    x, _ = shapes.mixture(900, 4, seed=1)
    weights = np.random.default_rng(0).integers(0, 4, len(x))
    model = ANNClustering(random_state=0).set_params(**settings)
    repeated = model.fit(np.repeat(x, weights, axis=0)).labels_
    found = model.fit(x, sample_weight=weights)
    assert np.array_equal(np.repeat(found.labels_, weights), repeated)
    assert np.array_equal(found.predict(x), found.labels_)
    sizes = np.bincount(found.labels_, weights)
    assert (sizes[:-1] >= sizes[1:]).all()


@pytest.mark.parametrize("factor", [2.0**-900, 0.25, 2.0**900])
def test_weights_of_any_size_mean_the_same(shapes, factor):
    x, _ = shapes.mixture(600, 4, seed=2)
    weights = np.random.default_rng(0).random(len(x)) + 0.1
    model = ANNClustering(6, random_state=0)
    labels = model.fit(x, sample_weight=weights).labels_
    assert np.array_equal(model.fit(x, sample_weight=weights * factor).labels_, labels)


def test_a_row_that_weighs_nothing_forms_no_cluster(shapes):
    x, segment = shapes.moons(600, seed=0)
    noise = np.random.default_rng(0).uniform(-4, 4, (300, 2))
    everything = np.concatenate([x, noise])
    weights = np.repeat([1.0, 0.0], [len(x), len(noise)])
    found = ANNClustering(2, random_state=0).fit(everything, sample_weight=weights)
    alone = ANNClustering(2, random_state=0).fit(x)
    assert np.array_equal(found.labels_[: len(x)], alone.labels_)
    assert np.array_equal(found.labels_[len(x) :], alone.predict(noise))
    assert ari(segment, alone.labels_) == 1


def test_weights_count_where_the_graph_is_of_a_sample(shapes):
    x, segment = shapes.moons(3_000, seed=0)
    model = ANNClustering(2, exact_limit=0, graph_rows=1_000, random_state=0)
    ones = model.fit(x, sample_weight=np.ones(len(x))).labels_
    assert np.array_equal(ones, model.fit(x).labels_)
    weights = np.where(segment == 0, 1.0, 0.125)
    found = model.fit(x, sample_weight=weights)
    assert ari(segment, found.labels_) == 1
    assert segment[found.labels_ == 0].max() == 0  # that which weighs most is number 0


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ([1.0] * 39, r"^sample_weight\.shape == \(39,\), expected \(40,\)!$"),
        ([[1.0]] * 40, "^Sample weights must be 1D array or scalar"),
        ([-1.0] * 40, "Negative values in data passed to `sample_weight`"),
        ([0.0] * 40, "^Sample weights must contain at least one non-zero number"),
        ([np.nan] * 40, "sample_weight contains NaN"),
    ],
)
def test_weights_that_mean_nothing_are_refused(shapes, weights, sentence):
    with pytest.raises(ValueError, match=sentence):
        ANNClustering(2).fit(shapes.moons(40)[0], sample_weight=weights)
