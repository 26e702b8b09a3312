"""Totals beside their parts."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data_preparation.features.sums import sums

DRAW = np.random.default_rng(0)
A, B, C = (DRAW.gamma(2, scale, 400).round(2) for scale in (1, 50, 900))


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"a": A, "b": B, "all": A + B}, [("all", ("a", "b"), 1.0)]),
        ({"all": A + B + C, "a": A, "b": B, "c": C}, [("all", ("a", "b", "c"), 1.0)]),
        ({"a": A, "b": B, "all": A + B, "c": C}, [("all", ("a", "b"), 1.0)]),
        ({"a": A, "b": B, "c": C}, []),
        ({"a": A, "b": B, "mean": (A + B) / 2}, []),
        ({"a": A, "all": A}, []),
    ],
)
def test_sums(columns, told):
    assert list(sums(list(columns), np.column_stack(list(columns.values())))) == told


def test_a_few_customers_may_differ():
    total = A + B
    total[:8] += 1.0
    found = list(sums(["a", "b", "all"], np.column_stack([A, B, total])))
    assert found == [("all", ("a", "b"), 0.98)]


def test_few_rows_say_nothing():
    assert not list(sums(["a", "b", "all"], np.column_stack([A, B, A + B])[:20]))
