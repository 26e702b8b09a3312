"""What is read off ascending values is NumPy's, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data_preparation.features.ordered import counts, median, quantile, with_more

RNG = np.random.default_rng(3)
COLUMNS = {
    "one": np.array([7.25]),
    "two": np.array([1e300, -1e-300]),
    "counts": RNG.poisson(2, 1_001).astype(float),
    "amounts": RNG.lognormal(8, 2, 4_000).round(2),
    "zeros": np.where(RNG.random(999) < 0.9, [0.0], [-0.0]),
    "both sides": RNG.normal(0, 1e-8, 3_333),
}
SHARES = (0.0, 1e-9, 0.005, 0.25, 1 / 3, 0.5, 0.75, 0.995, 1.0)


@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS)
def test_as_numpy_gives_it(values):
    ordered = np.sort(values)
    assert median(ordered) == np.median(values)
    assert [quantile(ordered, q) for q in SHARES] == np.quantile(values, SHARES).tolist()
    assert counts(ordered).tolist() == np.unique(values, return_counts=True)[1].tolist()


@pytest.mark.parametrize("value", [-1e301, 0.0, 0.3, 7.25, 1e301])
@pytest.mark.parametrize("times", [0, 1, 40])
def test_more_of_a_value_stand_where_they_belong(value, times):
    for values in COLUMNS.values():
        found = with_more(np.sort(values), value, times)
        assert found.tolist() == sorted([*values.tolist(), *[value] * times])
