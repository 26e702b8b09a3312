"""Of few customers who went from one segment to another nothing is had from what a run tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.continuity.migration import migration
from engine.continuity.previously import APART, NEW, Previously, as_modelled
from engine.utilities.few_counts import untold
from engine.utilities.segment_numbers import Numbers
from tests.attacker import LEAST, safe

NAMES = {0: "a", 1: "b", 2: "c"}

groups = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2, NEW, APART]), st.integers(0, 2), st.one_of(st.integers(1, 6),
                                                                            st.integers(1, 40)),
    ), min_size=3, max_size=14,
)  # fmt: skip
extra = st.lists(st.one_of(st.integers(0, 6), st.integers(0, 40)), min_size=5, max_size=5)


def told_of(moves, left, apart):
    """Tell of a migration; and give it as it is, by a migration in which one is not few."""
    before, now, n = (np.array(column) for column in zip(*moves, strict=True))
    numbers = np.repeat(before, n).astype(np.int32)
    labels = np.repeat(now, n)
    without = np.repeat([0, 1, 2, APART, NEW], apart).astype(np.int32)
    modelled = as_modelled("r", NAMES, numbers, 0, "")
    places = (0, 1, 2, APART, NEW)
    here = {p: int((numbers == p).sum() + (without == p).sum()) for p in places}
    gone = dict(zip(places, [*left[:4], 0], strict=True))
    sizes = {p: here[p] + gone[p] for p in places if p != NEW}
    full: Previously = replace(modelled, by="table", apart=without, sizes=sizes)
    names = ["a", "b", "c"]
    found = [migration(full, labels, names, Numbers((0, 1, 2), last=2), n) for n in (LEAST, 1)]
    return found[0], found[1]


@given(groups, extra, extra)
def test_what_a_run_tells_leaves_few_open(moves, left, apart):
    told, exact = told_of(moves, left, apart)
    counts = np.array([row["counts"] for row in exact["before"]])
    rows, columns = ([one["kind"] for one in exact[side]] for side in ("before", "now"))
    for side, kinds in (("before", rows), ("now", columns)):
        assert [one["kind"] for one in told[side]] == kinds
    known = np.outer([r == "new" for r in rows], [c == "left" for c in columns])
    secret = untold(counts, LEAST, known)
    shown = np.array([[np.nan if n is None else n for n in row["counts"]]
                      for row in told["before"]])  # fmt: skip
    assert np.array_equal(np.isnan(shown), secret.hidden)
    both = np.outer([r == "segment" for r in rows], [c == "segment" for c in columns])
    stayed = both & np.eye(*both.shape, dtype=bool)
    assert secret.told(counts, both)[0] == told["both"]
    assert min(told["both"], secret.told(counts, stayed)[0]) == told["stayed"]
    safe(counts, secret, known, [both, stayed])
    # Rows and columns add up, to totals that are exact.
    pooled = [row["pooled"] for row in told["before"]], [one["pooled"] for one in told["now"]]
    assert (np.nansum(shown, axis=1) + pooled[0]).tolist() == counts.sum(axis=1).tolist()
    assert (np.nansum(shown, axis=0) + pooled[1]).tolist() == counts.sum(axis=0).tolist()
    assert (told["new"], told["left"]) == (exact["new"], exact["left"])
