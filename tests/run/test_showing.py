"""How a result shows itself: numbers from 1, words of the data escaped, few customers not told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.run.showing import in_html, in_text

SUMMARY: dict[str, Any] = {
    "name": "shop",
    "n_customers": 1_203,
    "best": "kmeans",
    "methods": {"kmeans": {"k": 2}},
    "structure": {"word": "clear", "meaning": "Gaps part the segments."},
    "config": {"output": {"smallest_group": 5}},
}
PROFILES = pl.DataFrame(
    {
        "segment": [0, 3],
        "segment_name": ["<script>alert(1)</script>", "Loyal & rising"],
        "customers": [1_200, 3],
        "share": [0.9975, 0.0025],
    }
)


def test_in_lines() -> None:
    text = in_text(SUMMARY, PROFILES, Path("reports/shop/x/report.html"))
    assert text.splitlines() == [
        "shop: 1,203 customers in 2 segments, structure: clear",
        "    1  <script>alert(1)</script>         1,200  >99%",
        "    4  Loyal & rising             fewer than 5  <0.4%",
        "  reports/shop/x/report.html",
    ]


def test_in_a_table_without_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = in_html(SUMMARY, PROFILES, Path("reports/a & b/report.html"))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<td>4</td><td style='text-align:left'>Loyal &amp; rising</td>" in page
    assert "<td>fewer than 5</td><td>&lt;0.4%</td>" in page
    assert "<a href='reports/a%20%26%20b/report.html'" in page
    assert "Gaps part the segments." in page
    assert "href='file:///" in in_html(SUMMARY, PROFILES, Path("/srv/report.html"))
    assert "href" not in in_html(SUMMARY, PROFILES, None)
    assert len(page) < 2_000


def test_many_segments_are_cut() -> None:
    many = pl.DataFrame(
        {
            "segment": range(50), "segment_name": ["x" * 300] * 50, "customers": [24] * 50,
            "share": [0.02] * 50,
        }
    )  # fmt: skip
    text = in_text(SUMMARY, many, None)
    assert "and 20 more segments" in text
    assert len(text) < 6_000
    assert in_html(SUMMARY, many, None).count("<tr>") == 31
