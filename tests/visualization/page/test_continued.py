"""What the page says of segments that continue a previous model's, from what was told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.visualization.page.continued import continuity_view
from tests.continuity_cases import A, B, C, D, compare, group, previous, told
from tests.visualization.html_page import write_page


def view(groups: list[np.ndarray], folder: Path, *before: Any) -> dict[str, Any]:
    found = continuity_view({"continuity": told(compare(previous(*before), groups, folder))})
    assert found is not None
    return found


def test_what_merged_from_far_apart_and_what_is_gone(tmp_path: Path):
    both = np.concatenate([group(A, 500), group(B, 300)])
    found = view([both, group(C, 900)], tmp_path / "c.parquet", A, B, C, D)
    rows = [(r["segment"], r["name"], r["status"], r["from"]) for r in found["rows"]]
    assert rows == [
        (2, "Gamma", "kept", "3 Gamma (100%)"),
        (4, "Fresh 4", "merged from 1 Alpha and 2 Beta", "1 Alpha (62%); 2 Beta (38%)"),
    ]
    gone = [(r["segment"], r["status"], r["customers"], r["to"]) for r in found["gone"]]
    assert gone == [
        (0, "merged into 5 Fresh 4", "500", "5 Fresh 4 (100%)"),
        (1, "merged into 5 Fresh 4", "300", "5 Fresh 4 (100%)"),
        (3, "gone", "0", "\u2013"),
    ]


def test_what_goes_on_and_took_another_in_or_split(tmp_path: Path):
    both = np.concatenate([group(A, 500), group((3.0, 0.0), 300)])
    found = view([both, group(C, 900)], tmp_path / "m.parquet", A, (3.0, 0.0), C)
    assert found["rows"][0]["status"] == "kept, moved; took in 2 Beta"
    assert found["gone"][0]["status"] == "merged into 1 Alpha"
    parts = [group((-1.0, 0.0), 300), group((3.0, 0.0), 100), group(D, 600)]
    found = view(parts, tmp_path / "s.parquet", A, D)
    assert [row["status"] for row in found["rows"]] == [
        "kept, moved; parts of it are segments of their own",
        "kept",
        "split from 1 Alpha",
    ]
    assert found["gone"] == []


def test_a_page_of_a_run_of_before_is_still_drawn(make_data, tmp_path: Path):
    """It told no status of what is gone."""
    both = np.concatenate([group(A, 500), group(B, 300)])
    data = make_data()
    earlier = told(compare(previous(A, B, C, D), [both, group(C)], tmp_path / "c.parquet"))
    for segment in earlier["gone"]:
        del segment["status"]
    data.summary["continuity"] = earlier
    _, page = write_page(data, tmp_path, figures=False)
    assert "Since the previous segmentation" in page.text
    assert "merged into 5 Fresh 4" in page.text
