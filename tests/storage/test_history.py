"""What is remembered of runs: lines that are only added, and no broken one in the way."""

from __future__ import annotations

import json
from pathlib import Path

from engine.storage.history import FILE, remembered, write_down

RUNS = ["20260101T000000-aaaaaa", "20260108T000000-bbbbbb", "20260115T000000-cccccc"]


def saved(folder: Path, run: str, customers: int) -> tuple[Path, Path]:
    models, reports = folder / "models", folder / "reports"
    for root in (models, reports):
        (root / run).mkdir(parents=True, exist_ok=True)
    info = {"method": "kmeans", "n_customers": customers, "continues": None, "cut_of": None}
    model = {"info": info, "names": ["a", "b"]}
    scores = {"silhouette": {"value": 0.5}, "stability": None, "sizes": [customers - 10, 10]}
    summary = {
        "best": "kmeans", "methods": {"kmeans": scores}, "segment_numbers": [0, 2],
        "warnings": ["one"], "structure": {"word": "clear"}, "n_apart": 0, "seconds": 1.5,
        "continuity": {"n_kept": 2, "migration": {"both": 9, "stayed": 8, "new": 1, "left": 0}},
    }  # fmt: skip
    (models / run / "model.json").write_text(json.dumps(model))
    (reports / run / "summary.json").write_text(json.dumps(summary))
    return models, reports


def removed(run: str, *roots: Path) -> None:
    for root in roots:
        for file in (root / run).iterdir():
            file.unlink()
        (root / run).rmdir()


def test_runs_that_are_removed_are_remembered(tmp_path: Path):
    saved(tmp_path, RUNS[0], 100)  # of an earlier build, which wrote nothing down
    roots = saved(tmp_path, RUNS[1], 110)
    write_down(*roots)
    first = (roots[0] / FILE).read_text()
    removed(RUNS[0], *roots)
    saved(tmp_path, RUNS[2], 120)
    write_down(*roots)
    write_down(*roots)
    text = (roots[0] / FILE).read_text()
    assert text.startswith(first)
    assert len(text.splitlines()) == 3
    entries = remembered(*roots)
    assert [e["run"] for e in entries] == RUNS
    assert [e["kept"] for e in entries] == [False, True, True]
    assert [e["customers"] for e in entries] == [100, 110, 120]
    assert entries[0]["segments"][1] == {"segment": 2, "name": "b", "customers": 10}
    assert (entries[0]["stayed"], entries[0]["stability"]) == (8, None)


def test_a_line_that_was_cut_says_nothing_and_hides_none(tmp_path: Path):
    roots = saved(tmp_path, RUNS[0], 100)
    write_down(*roots)
    with (roots[0] / FILE).open("a") as out:
        out.write('{"run": "20260108T0')
    saved(tmp_path, RUNS[1], 110)
    write_down(*roots)
    removed(RUNS[0], *roots)
    removed(RUNS[1], *roots)
    assert [e["customers"] for e in remembered(*roots)] == [100, 110]


def test_what_is_damaged_is_told_as_far_as_it_was_written_down(tmp_path: Path):
    roots = saved(tmp_path, RUNS[0], 100)
    write_down(*roots)
    (roots[1] / RUNS[0] / "summary.json").write_text("{")
    (entry,) = remembered(*roots)
    assert (entry["silhouette"], entry["kept"]) == (0.5, True)
    (roots[0] / FILE).unlink()
    (entry,) = remembered(*roots)
    assert (entry["silhouette"], entry["customers"]) == (None, 100)


def test_a_folder_that_cannot_be_written_fails_no_run(tmp_path: Path):
    roots = saved(tmp_path, RUNS[0], 100)
    (roots[0] / FILE).mkdir()
    write_down(*roots)
    assert [e["run"] for e in remembered(*roots)] == RUNS[:1]
