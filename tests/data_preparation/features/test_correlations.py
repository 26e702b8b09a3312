"""Correlations of a few columns at a time are those of all at once."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data_preparation.features import correlations as module
from engine.data_preparation.features.correlations import correlations, shapes
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.data_preparation.features.shapes import logged

ROWS, COLUMNS = 500, 7


def feature(i: int) -> NumericFeature:
    low, high = (None, None) if i % 3 == 0 else (-2.0, 2.0)
    return NumericFeature(f"c{i}", 0.0, low, high, i % 2 == 0, 0.1, 1.5, None if i % 4 else 2.0)


FEATURES = [feature(i) for i in range(COLUMNS)]


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_a_few_columns_and_rows_at_a_time(monkeypatch, missing):
    monkeypatch.setattr(module, "_TILE", 3)
    monkeypatch.setattr(module, "_LEAST_BLOCK", 64)
    monkeypatch.setattr(module, "_CELLS", 64)
    random = np.random.default_rng(0)
    raw = random.normal(size=(ROWS, COLUMNS)).cumsum(axis=1)
    raw[random.random(raw.shape) < missing] = np.nan
    shaped = shapes(FEATURES, raw)
    for j, close in enumerate(correlations(FEATURES, raw)):
        for i in range(j + 1):
            known = np.isfinite(raw[:, i]) & np.isfinite(raw[:, j])
            pairs = [abs(np.corrcoef(x[known, i], x[known, j])[0, 1]) for x in shaped]
            assert close[i] == pytest.approx(max(pairs), abs=1e-9)


def test_too_few_rows_that_know_both_say_nothing():
    raw = np.full((100, 2), np.nan)
    raw[:29] = np.arange(58.0).reshape(29, 2)
    assert [c.tolist()[: j + 1] for j, c in enumerate(correlations(FEATURES[:2], raw))] == [
        [0.0],
        [0.0, 0.0],
    ]


def test_columns_are_clipped_and_prepared_as_their_features_say():
    raw = np.array([[-5.0] * COLUMNS, [0.5] * COLUMNS, [np.nan] * COLUMNS, [7.0] * COLUMNS])
    clipped, prepared = shapes(FEATURES, raw)
    for i, f in enumerate(FEATURES):
        column = raw[:, i] if f.low is None else np.clip(raw[:, i], f.low, f.high)
        shape = logged(column, f.unit) if f.log else column
        np.testing.assert_allclose(clipped[:, i], column)
        np.testing.assert_allclose(prepared[:, i], (shape - f.centre) / f.scale)
