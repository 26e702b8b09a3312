"""Rows by segment: what is drawn of many is what sorting all of them gives."""

from __future__ import annotations

import numpy as np
import pytest

from engine.utilities.rows import counted, smallest_within
from engine.utilities.sampling import mix, row_priority

N = 150_000


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    shares = np.array([0.6, 0.3, 0.0999, 0.0001])
    return np.random.default_rng(0).choice(4, N, p=shares / shares.sum()).astype(np.int32)


@pytest.mark.parametrize("salt", [None, 3])
@pytest.mark.parametrize("known", [True, False])
def test_the_smallest_of_each_segment_are_drawn(labels, salt, known):
    priority, sizes = row_priority(N, 1), np.bincount(labels)
    by = priority if salt is None else mix(priority, salt)
    counts = np.array([2_000, 0, 70, 1_000])  # the last has fewer
    drawn = smallest_within(priority, labels, counts, sizes if known else None, salt)
    for s, (rows, count) in enumerate(zip(drawn, counts, strict=True)):
        own = np.flatnonzero(labels == s)
        assert rows.tolist() == own[np.argsort(by[own])][:count].tolist()


def test_what_is_no_hash_is_drawn_too(labels):
    priority = np.arange(2**63, 2**63 + N, dtype=np.uint64)
    drawn = smallest_within(priority, labels, np.array([3, 3, 3, 3]), np.bincount(labels))
    expected = [np.flatnonzero(labels == s)[:3].tolist() for s in range(4)]
    assert [rows.tolist() for rows in drawn] == expected


def test_many_labels_are_counted_as_few_are(labels):
    assert counted(labels, 6).tolist() == np.bincount(labels, minlength=6).tolist()
    assert counted(labels[:0]).tolist() == []
