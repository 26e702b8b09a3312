"""Text with more values than are counted is left out, with the reason that holds."""

from __future__ import annotations

import pytest

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.fit_levels import fit_categorical
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.seen import MOST_LEVELS, TextSurvey


@pytest.mark.parametrize(
    ("n_customers", "reason"),
    [
        (MOST_LEVELS + 1, "has a value of its own for most customers: an identifier or free text"),
        (100 * MOST_LEVELS, "has more than 10,000 different values: an identifier or free text"),
    ],
)
def test_more_values_than_are_counted(n_customers: int, reason: str) -> None:
    report = PlanReport()
    known = TextSurvey(present=n_customers, levels=None)
    assert fit_categorical("note", known, n_customers, PreparationConfig(), report) is None
    assert report.columns == [{"column": "note", "role": "left out", "what": reason}]
