"""Customers at a border are counted, also by a sample; where that says nothing, nothing is told."""

from __future__ import annotations

import numpy as np

from engine.clustering.algorithm import Fit
from engine.clustering.margins import borderline
from engine.clustering.representatives import Representatives
from engine.descriptive_stats.profiles import Profiles
from engine.places.runtime import Runtime
from engine.run.borderline import with_borderline

N, SMALL = 8_000, 400


def test_nothing_is_told_of_a_segment_that_few_were_drawn_of():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3, dtype=np.int32), [N - 3_000 - SMALL, 3_000, SMALL])
    space = (rng.normal(size=(N, 2)) + 1.5 * labels[:, None]).astype(np.float32)
    rows = np.r_[np.arange(600), N - 3_400 + np.arange(600), N - SMALL + np.arange(100)]
    centres = np.stack([space[labels == s].mean(axis=0) for s in range(3)]).astype(np.float64)
    of = Representatives(space[rows].astype(np.float64), labels[rows], centres)
    fit = Fit(of, labels, 1)
    profiles = Profiles(
        {"smallest_group": 10, "segments": [{"segment": s} for s in range(3)]}, ["a", "b", "c"]
    )
    priority = rng.permutation(N).astype(np.uint64)
    priority[labels == 2] += np.uint64(10 * N)  # drawn last
    exact = borderline(of, space, labels, runtime=Runtime())
    assert exact[2] >= 10
    first, second, third = (
        s["borderline"]
        for s in with_borderline(profiles, fit, space, priority, Runtime()).tree["segments"]
    )
    assert first["sample"] == second["sample"] == 5_000
    for found, count in ((first, exact[0]), (second, exact[1])):
        assert abs(found["customers"] - count) < 0.2 * count
    assert third is None

    evenly = rng.permutation(N).astype(np.uint64)
    told = with_borderline(profiles, fit, space, evenly, Runtime()).tree["segments"]
    assert told[2]["borderline"]["customers"] > 0
