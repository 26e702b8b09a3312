"""Two spellings of a whole number are one level where a model knows one of them alone."""

from __future__ import annotations

import polars as pl
import pytest

from engine.data_preparation.features.feature_plan import (
    OTHER_LEVEL,
    POOLED,
    CategoricalFeature,
    FeaturePlan,
)
from engine.data_preparation.features.spellings import other_spelling, spellings


@pytest.mark.parametrize("text", ["007", "2.50", "2.00", "-", "", ".0", "1e3", "x.0", "1" * 16])
def test_what_is_no_plain_whole_number_has_one_spelling(text):
    assert other_spelling(text) is None


def test_a_spelling_that_is_a_level_is_its_own():
    assert spellings(["2", "2.0", "7", "007"]) == {"7.0": "7"}


@pytest.mark.parametrize("encoding", ["one-hot", "frequency"])
@pytest.mark.parametrize("rest", ["", POOLED])
def test_a_plan_takes_both_spellings_and_keeps_zeros_before(encoding, rest):
    levels = ("2", "3.0", "007", *([OTHER_LEVEL] if rest else []))
    shares = (0.4, 0.3, 0.2, 0.1)[: len(levels)]
    feature = CategoricalFeature("code", encoding, levels, shares, 0.0, 1.0, rest=rest)
    plan = FeaturePlan(None, "int64", (), (feature,))
    known = plan.transform(pl.DataFrame({"code": ["2", "3.0", "007", "7"]})).tolist()
    texts = pl.DataFrame({"code": ["2.0", "3", "007", "7.0"]})
    assert plan.transform(texts).tolist() == known
    assert plan.count_unknown(texts) == {"code": 1}
    assert plan.transform(pl.DataFrame({"code": [2.0, 3.0]})).tolist() == known[:2]


@pytest.mark.parametrize("apart", [False, True])
def test_a_plan_says_that_both_were_levels_where_they_were(apart):
    """One of them was of too few customers to be named."""
    feature = CategoricalFeature("c", "one-hot", ("2", "3"), (0.6, 0.4), 0.0, 1.0, apart=apart)
    plan = FeaturePlan(None, "int64", (), (feature,))
    assert plan.count_unknown(pl.DataFrame({"c": ["2", "2.0"]})) == ({"c": 1} if apart else {})
    assert ("apart" in plan.to_json()["categorical"][0]) == apart
    assert FeaturePlan.from_json(plan.to_json()) == plan
