"""What a tracker is told: flat, finite, without secrets and without segments of few."""

from __future__ import annotations

import math

from engine.tracking.facts import fingerprint, keyed, metrics_of, note_of, params_of, tags_of

SILHOUETTE = {
    "value": 0.4, "low": 0.35, "high": 0.45, "chance": None, "confidence": 0.95,
    "per_segment": [0.5, 0.3, 0.9],
}  # fmt: skip
SCORES = {
    "k": 3, "inertia": math.inf, "davies_bouldin": 1.0, "silhouette": SILHOUETTE,
    "stability": {"mean": 0.8, "spread": 0.1, "low": 0.7, "resamples": 10},
}  # fmt: skip
SUMMARY = {
    "run_id": "r", "name": "shop", "n_customers": 103, "place": "cpu", "best": "kmeans",
    "methods": {"kmeans": SCORES}, "versions": {"engine": "0.1.0"}, "seconds": 2.5,
    "structure": {"word": "weak", "meaning": "Careful."}, "warnings": [],
    "continuity": {"run": "q", "n_kept": 2, "n_before": 4},
    "stages": [
        {"name": "cluster kmeans", "seconds": 1.0, "seconds_beside": 0.5, "peak_memory_bytes": 7}
    ],
    "config": {
        "input": {"path": "s3://key:secret@bucket/a.csv", "columns": {"a b": "ü"}},
        "clustering": {"k": 3, "continue_from": None},
        "features": {"labels": {}, "include": ["x" * 7000]},
    },
}  # fmt: skip
PROFILES = {
    "overall": {"spent": {"mean": 1.0}},
    "segments": [
        {"segment": 0, "customers": 60, "share": 0.58, "few": 0, "name": "Many"},
        {"segment": 1, "customers": 40, "share": 0.39, "few": 0, "name": "Some"},
        {"segment": 4, "customers": 3, "share": 0.03, "few": 1, "name": "Few"},
    ],
}


def test_parameters_are_flat_and_cut_honestly_and_hold_no_secret():
    told = params_of(SUMMARY)
    assert told["input.path"] == "s3://***@bucket/a.csv"
    assert told["input.columns.a b"] == "ü"
    assert told["clustering.continue_from"] == "null"
    assert told["features.labels"] == "{}"
    long = told["features.include"]
    assert len(long) == 6000
    assert long.endswith("... (cut: 7,004 letters)")


def test_keys_are_such_as_the_tracker_takes():
    names = ["a/", "a//b", "a:b", "a;b", "..", "x" * 300, "x" * 301]
    config = {"features": {"labels": dict.fromkeys(names, "y")}, "input": {"path": None}}
    told = params_of({**SUMMARY, "config": config})
    assert len(told) == len(names) + 2
    assert {"features.labels.a_", "features.labels.a_b", "features.labels.a_b-2"} <= set(told)
    assert not [key for key in told if "/" in key or len(key) > 250]
    assert keyed({"..": 1, "a/b": 2}) == {"_": 1, "a_b": 2}


def test_metrics_are_finite_and_tell_of_no_segment_of_few():
    told = metrics_of(SUMMARY, PROFILES)
    assert all(math.isfinite(value) for value in told.values())
    assert "inertia" not in told
    assert (told["silhouette"], told["silhouette.low"], told["stability"]) == (0.4, 0.35, 0.8)
    assert (told["segment.1.customers"], told["segment.1.silhouette"]) == (40, 0.3)
    assert not [name for name in told if name.startswith("segment.4")]
    assert told["seconds.cluster_kmeans"] == 1.5
    assert told["segments.kept"] == 0.5


def test_tags_say_what_models_are_compared_by():
    tags = tags_of(SUMMARY, PROFILES)
    assert tags["engine.structure"] == "weak"
    assert tags["engine.stability"] == "0.8000"
    assert tags["engine.kept"] == "0.5000"
    assert tags["engine.continues"] == "q"
    assert "Few" not in note_of(SUMMARY, PROFILES)


def test_other_data_have_another_fingerprint():
    other = {**PROFILES, "overall": {"spent": {"mean": 1.5}}}
    assert fingerprint(SUMMARY, PROFILES) == fingerprint(SUMMARY, PROFILES)
    assert fingerprint(SUMMARY, PROFILES) != fingerprint(SUMMARY, other)
    made_of = {"input": {"content": "sha256:ab"}}
    assert fingerprint({**SUMMARY, "fingerprint": made_of}, PROFILES) == "bytes:sha256:ab"
