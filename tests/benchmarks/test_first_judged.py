"""A k-means pass is judged before it is timed: what is wrong is told, and not timed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.places.runtime import Runtime

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


@pytest.fixture
def bench(tmp_path) -> Any:
    from first_bench import First

    ends = time.perf_counter() + 60
    made = First(Runtime(), 900, 4, tmp_path / "first.jsonl", step="kernels-16", ends=ends)
    made.timing = made.stage_seconds = 0.0
    return made


def rows() -> tuple[np.ndarray, np.ndarray]:
    x = 9 * np.random.default_rng(0).random((900, 4), np.float32)
    return x, x[:5].astype(np.float64)


def lines_of(bench: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bench.output.read_text().splitlines()]


def test_the_reference_is_what_differences_say(bench, monkeypatch):
    import first_judged

    monkeypatch.setitem(first_judged.CELLS, "cpu", 5 * 128)  # blocks, the last one shorter
    x, start = rows()
    exact = first_judged.exact_pass(bench, x, start)
    away = ((x[:, None].astype(np.float64) - start) ** 2).sum(axis=2)
    labels = away.argmin(axis=1)
    assert exact.labels.tolist() == labels.tolist()
    assert exact.counts.tolist() == np.bincount(labels, minlength=5).tolist()
    assert exact.inertia == pytest.approx(away.min(axis=1).sum(), rel=1e-12)
    assert exact.largest == x.max()
    for k in range(5):
        assert exact.centres[k] == pytest.approx(x[labels == k].mean(axis=0, dtype=np.float64))
    two = np.sort(away, axis=1)
    squares = (x.astype(np.float64) ** 2).sum(axis=1) + (start**2).sum(axis=1)[labels]
    assert exact.gaps == pytest.approx((two[:, 1] - two[:, 0]) / squares, rel=1e-4)


def test_rows_between_two_centres_may_be_given_to_either(bench):
    from first_judged import exact_pass, judged

    x = np.array([[0, 1], [0, -3], [1, 0], [-1, 0]], np.float32)
    start = np.array([[1.0, 0], [-1.0, 0]])
    exact = exact_pass(bench, x, start)
    assert exact.ties["float32"].tolist() == [2, 2]
    labels = np.array([1, 0, 0, 1])
    centres = np.array([[0.5, -1.5], [-0.5, 0.5]])
    found = (centres, labels, np.array([2.0, 2.0]))
    assert judged(bench, exact, found, "float32", "float64")[0] == []
    wrong, told = judged(bench, exact, (centres, 1 - labels, None), "float32", "float64")
    assert (wrong, told["rows_wrong"]) == (["2 labels are wrong"], 2)


def test_every_pass_is_right(bench):
    from first_judged import exact_pass
    from first_kernels import agreement
    from first_passes import Ours, Plain, Theirs

    x, start = rows()
    exact = exact_pass(bench, x, start)
    for kind in (Ours, Plain, Theirs):
        wrong, told = agreement(bench, x, start, kind(bench, x, start), exact)
        assert wrong == []
        assert told["centres_apart"] < 1e-6
        assert told.get("ari_reference", 1.0) == 1.0


def test_a_wrong_pass_is_failed_and_not_timed(bench, monkeypatch):
    import first_passes
    from first_kernels import measure_passes

    real = first_passes.Plain.found

    def wrong(self: Any) -> Any:
        centres, labels, counts = real(self)
        labels[5] = (labels[5] + 1) % 5
        counts[:2] += (1, -1)
        return centres + 1, labels, counts

    monkeypatch.setattr(first_passes.Plain, "found", wrong)
    x, start = rows()
    measure_passes(bench, x, start)
    lines = lines_of(bench)
    (failed,) = [line["failed"] for line in lines if "failed" in line]
    assert failed.startswith("WrongPassError: centres are 1.1e-01 of the largest number apart; ")
    assert "1 rows are counted elsewhere; 1 labels are wrong" in failed
    timed = [line["stage"] for line in lines if "times_ours" in line]
    assert timed == ["pass, engine", "pass, sklearn"]
    assert bench.failed == ["pass, plain"]
    assert bench.missed == []


def test_a_pass_is_that_of_its_halves(bench, monkeypatch):
    import first_judged

    x, start = rows()
    told = first_judged.by_halves(bench, x, start, 450)
    assert (told["agrees"], told["rows_counted"], told["counts_apart"]) == (True, 900, 0)
    real = first_judged.lloyd_step

    def short(rows: Any, start: Any, runtime: Any) -> Any:  # as where an index wraps around
        return real(rows[:899], start, runtime)

    monkeypatch.setattr(first_judged, "lloyd_step", short)
    assert not first_judged.by_halves(bench, x, start, 450)["agrees"]


def test_rows_of_a_full_visit_pass_32_bits():
    from first import SIZES

    assert SIZES["full"].beyond * 16 > 1 << 31
    assert SIZES["full"].beyond // 2 * 16 < 1 << 31
