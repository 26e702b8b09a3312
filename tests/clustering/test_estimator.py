"""What all estimators share: the settings of the configuration, spelt out, with its defaults."""

from __future__ import annotations

import ast
import inspect
import re
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_blobs

from engine import clustering
from engine.clustering.algorithm import ROWS, algorithm
from engine.clustering.estimator import RepresentativesEstimator
from tests.fitting import LIBRARIES, table_of

ESTIMATORS = [getattr(clustering, name) for name in clustering.__all__]
each = pytest.mark.parametrize("estimator", ESTIMATORS)


def test_every_method_has_one() -> None:
    known = {base for e in ESTIMATORS for base in e._settings.__mro__}
    without = [name for name in ROWS if algorithm(name).params not in known]
    assert not without, "methods without an estimator in engine/clustering/__init__.py"
    assert len(ESTIMATORS) == len(ROWS)


@each
def test_what_python_says_of_a_call_names_it(estimator: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{estimator.__name__}\.fit\(\) got an unexpected"):
        estimator().fit(np.zeros((9, 2)), weight=1)


@each
def test_it_takes_the_settings_of_the_configuration(
    estimator: type[RepresentativesEstimator],
) -> None:
    """The constructors are spelt out, for scikit-learn reads their signatures: they must agree."""
    given = inspect.signature(estimator).parameters
    # Where cuML is asked for instead, it has an estimator of its own.
    settings = {n: f for n, f in estimator._settings.model_fields.items() if n != "solver"}
    assert set(given) == {*settings, "random_state"}
    assert {n: given[n].default for n in settings} == {n: f.default for n, f in settings.items()}
    assert given["random_state"].default is None


@each
def test_its_docstring_tells_every_parameter_with_its_default(
    estimator: type[RepresentativesEstimator],
) -> None:
    section = inspect.getdoc(estimator).partition("Parameters\n")[2].partition("Attributes\n")[0]
    written = dict(re.findall(r"^(\w+) : .*default=(.*)$", section, flags=re.MULTILINE))
    given = inspect.signature(estimator).parameters
    assert {n: ast.literal_eval(text) for n, text in written.items()} == {
        name: parameter.default for name, parameter in given.items()
    }


@pytest.mark.parametrize("estimator", [e for e in ESTIMATORS if e._instead])
def test_one_of_two_decides_the_number_of_clusters(
    estimator: type[RepresentativesEstimator],
) -> None:
    other, x = estimator._instead, np.arange(40.0).reshape(-1, 2)
    sentence = rf"^Exactly one of n_clusters and {other} has to be set, and the other needs to be"
    for settings in ({"n_clusters": None}, {"n_clusters": 2, other: 1.0}):
        with pytest.raises(ValueError, match=sentence):
            estimator(**settings).fit(x)
    assert len(np.unique(estimator(n_clusters=None, **{other: 0.5}).fit(x).labels_)) >= 1


NAMES = ["age", "income", "orders"]


@each
@pytest.mark.parametrize("library", LIBRARIES)
def test_tables_give_the_labels_of_arrays(
    estimator: type[RepresentativesEstimator], library: str
) -> None:
    x, _ = make_blobs(300, 3, centers=5, random_state=0)
    by_array = estimator(n_clusters=5, random_state=0).fit(x)
    table = table_of(x, NAMES, library)
    by_table = estimator(n_clusters=5, random_state=0).fit(table)
    assert np.array_equal(by_table.labels_, by_array.labels_)
    assert by_table.feature_names_in_.tolist() == NAMES
    assert not hasattr(by_array, "feature_names_in_")
    assert np.array_equal(by_table.predict(table), by_table.labels_)
    if hasattr(by_array, "cluster_centers_"):
        assert np.array_equal(by_table.cluster_centers_, by_array.cluster_centers_)


@pytest.mark.parametrize("estimator", [clustering.PCAClustering, clustering.SpectralClustering])
@pytest.mark.parametrize(
    "x", [np.repeat([[0.0, 1.0], [2.0, 3.0]], 10, axis=0), np.add.outer([1e12, 0.0] * 20, [0.1, 0])]
)
def test_warnings_point_at_who_calls_fit(
    estimator: type[RepresentativesEstimator], x: np.ndarray
) -> None:
    x = x + np.random.default_rng(0).random(x.shape) if len(x) == 40 else x
    with pytest.warns(match=r"distinct (clusters were found|rows apart)") as caught:
        estimator(n_clusters=3, random_state=0).fit(x)
    assert {warning.filename for warning in caught} == {__file__}


OF_ANY_SHAPE = [clustering.ANNClustering, clustering.SpectralClustering]


@pytest.mark.parametrize("exact_limit", [0, 20_000])
@pytest.mark.parametrize("estimator", OF_ANY_SHAPE)
def test_new_rows_follow_the_shape(
    shapes: ModuleType, estimator: type[RepresentativesEstimator], exact_limit: int
) -> None:
    x, segment = shapes.moons(3_000, seed=0)
    new, expected = shapes.moons(2_000, seed=9)
    model = estimator(2, exact_limit=exact_limit, random_state=0)
    labels = model.fit_predict(x)
    turned = labels[0] != segment[0]
    assert np.array_equal(model.predict(new) != turned, expected.astype(bool))
    if estimator is clustering.SpectralClustering:
        assert model.notes_ == ()
    else:
        assert model.n_clusters_ == 2


@pytest.mark.parametrize("exact_limit", [0, 20_000])
@pytest.mark.parametrize("estimator", OF_ANY_SHAPE)
def test_a_clone_with_the_same_seed_repeats_bit_for_bit(
    estimator: type[RepresentativesEstimator], exact_limit: int
) -> None:
    x = np.random.default_rng(0).random((3_000, 3))
    model = estimator(6, exact_limit=exact_limit, random_state=5).fit(x)
    assert clone(model).fit(x).labels_.tobytes() == model.labels_.tobytes()
