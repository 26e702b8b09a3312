"""Rows of methods are complete: each speaks for every place, and of its memory."""

from __future__ import annotations

import pytest

from engine.clustering.algorithm import ROWS, algorithm
from engine.places.place import Place
from engine.utilities.params import Params


@pytest.mark.parametrize("name", ROWS)
def test_a_row_speaks_for_every_place(name):
    row = algorithm(name)
    assert row.name == name
    assert set(row.runs) | set(row.lacks) == set(Place)
    assert not set(row.runs) & set(row.lacks)
    for place in Place:
        refusal = row.refusal(place)
        assert (refusal is None) == (place in row.runs)
        assert refusal is None or refusal.strip()
    assert Place.CPU in row.runs
    assert issubclass(row.params, Params)
    assert row.reference


@pytest.mark.parametrize("name", ROWS)
def test_a_row_estimates_memory_that_grows_with_the_work(name):
    row = algorithm(name)
    params = row.params()
    few, many = (row.memory(n, 10, 5, params) for n in (10_000, 100_000_000))
    assert 0 < few < many
    assert row.memory(10_000, 10, 500, params) >= few
