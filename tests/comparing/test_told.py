"""Of few customers who went from one segment to another nothing is had from a comparison."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.comparing.comparison import of_item
from engine.comparing.files import migration_of
from engine.comparing.page import page_of
from engine.comparing.periods import labelled
from engine.comparing.steps import Step, steps_of
from engine.comparing.told import told
from engine.config.loading import load_config
from engine.utilities.few_counts import untold
from engine.utilities.progress import Progress
from tests.attacker import LEAST, safe

cells = st.one_of(st.integers(0, 6), st.integers(0, 50))


@pytest.fixture(scope="module")
def step(runs: list[engine.Result]) -> Step:
    """Give the step between two runs, whose counts are then others."""
    asked = [of_item(r, load_config(None)) for r in runs[:2]]
    return steps_of(labelled(asked), 5, Progress())[0]


@given(st.lists(st.lists(cells, min_size=5, max_size=5), min_size=5, max_size=5), st.booleans())
def test_what_is_told_leaves_few_open(step, rows, apart):
    counts = np.array(rows)
    counts[-1, -1] = 0  # nobody is new and has left
    if not apart:
        counts[3] = counts[:, 3] = 0
    other = replace(step, cells=replace(step.cells, counts=counts))
    tree = told([other], [[0, 1, 2], [0, 1, 2]], LEAST, [])
    (found,) = tree["steps"]
    known = np.zeros(counts.shape, bool)
    known[-1, -1] = True
    secret = untold(counts, LEAST, known)
    shown = np.array([[np.nan if n is None else n for n in row] for row in found["counts"]])
    assert np.array_equal(np.isnan(shown), secret.hidden)
    both, stayed = np.zeros(counts.shape, bool), np.zeros(counts.shape, bool)
    both[:3, :3] = True
    stayed[[*step.matched.pairs.values()], [*step.matched.pairs]] = True
    assert found["both"] == secret.told(counts, both)[0]
    assert found["stayed"] == min(found["both"], secret.told(counts, stayed)[0])
    safe(counts, secret, known, [both, stayed])
    assert (found["new"], found["left"]) == (counts[-1].sum(), counts[:, -1].sum())
    for axis, sides in ((1, found["rows"]), (0, found["columns"])):
        pooled = [side["pooled"] for side in sides]
        assert (np.nansum(shown, axis=axis) + pooled).tolist() == counts.sum(axis=axis).tolist()
        assert [side["customers"] for side in sides] == counts.sum(axis=axis).tolist()


def test_the_file_adds_up_where_few_are_not_told(step):
    counts = np.array([
        [90, 2, 8, 0, 1], [10, 50, 7, 1, 4], [9, 20, 60, 0, 9], [0, 3, 1, 0, 0], [6, 7, 1, 0, 0],
    ])  # fmt: skip
    other = replace(step, cells=replace(step.cells, counts=counts))
    tree = told([other], [[0, 1, 2], [0, 1, 2]], LEAST, [])
    assert ("lists customers who moved" in page_of(tree, 33)) == tree["steps"][0]["about"]
    table = migration_of(tree)
    for side, away in (("from_name", "to_name"), ("to_name", "from_name")):
        lines = table.filter(~pl.col(side).is_in(["all", "pooled"]))
        whole = pl.col(away) == "all"
        total = dict(lines.filter(whole).select(side, "customers").rows())
        parts = lines.filter(~whole).group_by(side).agg(pl.col("customers").sum())
        assert dict(parts.rows()) == total


def test_money_of_few_is_not_had_from_the_totals(step):
    """A segment of three, whose money the sum of columns less that of rows would tell."""
    counts = np.array([
        [3, 0, 0, 0, 0], [9, 50, 7, 0, 6], [9, 20, 60, 0, 9], [0, 0, 0, 0, 0], [6, 7, 8, 0, 0],
    ])  # fmt: skip
    worth = counts * 10.0
    money = replace(step.cells, counts=counts, before=worth, after=worth)
    (found,) = told([replace(step, cells=money)], [[0, 1, 2], [0, 1, 2]], LEAST, [])["steps"]
    hidden = np.array([[n is None for n in row] for row in found["counts"]])
    secret = np.array([row["money_before"] is None for row in found["rows"]])
    assert secret[0]
    assert not any(column["money_before"] is None for column in found["columns"])
    # Cells, and sums of rows: known are the sums of columns, and each row's less its cells.
    n, m = hidden.shape
    lines = [np.append(np.tile(np.eye(m)[j], n), np.zeros(n)) for j in range(m)]
    lines += [np.append(np.repeat(np.eye(n)[i], m), -np.eye(n)[i]) for i in range(n)]
    free = np.append(hidden.ravel(), secret)
    system = np.array(lines)[:, free]
    _, size, right = np.linalg.svd(system)
    null = right[(size > 1e-9).sum() :]
    assert np.abs(null).max(axis=0)[np.flatnonzero(np.flatnonzero(free) == n * m)] > 1e-6
