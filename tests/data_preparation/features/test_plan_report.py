"""What people are told about columns that were left out."""

from __future__ import annotations

from engine.data_preparation.features.plan_report import PlanReport


def test_many_columns_of_one_reason_are_one_sentence():
    report = PlanReport()
    report.unusable("x", "holds one value")
    for number in range(243):
        report.unusable(f"c{number}", "has no values")
    assert report.warnings == [
        "column 'x' holds one value and was left out",
        "243 columns were left out, each because it has no values: 'c0', 'c1' to 'c242'",
    ]
    assert len(report.columns) == 244


def test_few_columns_have_a_sentence_each():
    report = PlanReport()
    for name in "abc":
        report.unusable(name, "has no values")
    assert report.warnings == [f"column {c!r} has no values and was left out" for c in "abc"]
