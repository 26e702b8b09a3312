"""What all estimators share: the settings of the configuration, spelt out, with its defaults."""

from __future__ import annotations

import ast
import inspect
import re

import numpy as np
import pytest

from engine import clustering
from engine.clustering.algorithm import ROWS, algorithm
from engine.clustering.estimator import RepresentativesEstimator

ESTIMATORS = [getattr(clustering, name) for name in clustering.__all__]
each = pytest.mark.parametrize("estimator", ESTIMATORS)


def test_every_method_has_one() -> None:
    known = {base for e in ESTIMATORS for base in e._settings.__mro__}
    assert len(ESTIMATORS) == len(ROWS)
    assert {algorithm(name).params for name in ROWS} <= known


@each
def test_it_takes_the_settings_of_the_configuration(
    estimator: type[RepresentativesEstimator],
) -> None:
    """The constructors are spelt out, for scikit-learn reads their signatures: they must agree."""
    given = inspect.signature(estimator).parameters
    settings = estimator._settings.model_fields
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
