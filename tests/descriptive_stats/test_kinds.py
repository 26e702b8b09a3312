"""What kind of number a feature is: flags, few whole numbers, any others."""

from __future__ import annotations

import numpy as np
import pytest

from engine.descriptive_stats.kinds import kind_of


@pytest.mark.parametrize(
    ("values", "ends", "kind"),
    [
        ([0, 1, 1, 0], (0, 1), "flag"),
        ([0, 0], (0, 1), "flag"),
        ([0, 1], (0, 2), "few"),
        ([-1, 0, 1], (-1, 1), "few"),
        ([1, 2, 3, 4, 5], (1, 5), "few"),
        (list(range(11)), (0, 10), "many"),
        ([0.0, 0.5, 1.0], (0, 1), "many"),
        ([2019, 2020, 2021], (2019, 2021), "many"),
        ([10_000, 20_000], (10_000, 20_000), "many"),
        ([], (0, 1), "many"),
    ],
)
def test_kinds_by_hand(values, ends, kind):
    assert kind_of(np.array(values, float), *ends) == kind
