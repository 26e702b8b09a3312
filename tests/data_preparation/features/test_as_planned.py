"""Values that a plan does not name: those of few customers in training, and those never seen."""

from __future__ import annotations

import pytest

from engine.data_preparation.features.as_planned import strangers
from engine.data_preparation.features.feature_plan import CategoricalFeature, FeaturePlan


def plan_of(rest: str) -> FeaturePlan:
    levels, values = ("a", "b"), (0.6, 0.3)
    if rest == "pooled":
        levels, values = (*levels, "(other)"), (*values, 0.1)
    feature = CategoricalFeature("city", "one-hot", levels, values, 0.0, 1.0, rest=rest)
    return FeaturePlan(None, "int64", (), (feature,))


@pytest.mark.parametrize("rest", ["pooled", "unnamed"])
def test_about_as_many_as_in_training_are_no_strangers(rest):
    assert strangers(plan_of(rest), {"city": 100}, 1_000) == {}
    assert strangers(plan_of(rest), {"city": 5}, 5) == {}
    assert strangers(plan_of(rest), {"city": 900}, 1_000) == {"city": 900}


def test_where_every_level_is_named_one_is_a_stranger():
    assert strangers(plan_of(""), {"city": 1}, 1_000) == {"city": 1}
