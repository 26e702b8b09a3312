"""The report page: one file, nothing from outside, everything escaped, no customer in it."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.evaluation.gaps import APART, CUT
from engine.visualization.charts.figures import CHARTS as EVERY_CHART
from engine.visualization.page.compared import methods_view
from engine.visualization.page.report import write_report
from engine.visualization.report_data import ReportData
from tests.visualization.html_page import Page, write_page

CHARTS = tuple(c for c in EVERY_CHART if c.section == "figures" and c.file != "dendrogram.png")
"""The figures of a run on a customer table."""


@pytest.fixture(scope="module")
def extreme_page(extreme, tmp_path_factory) -> tuple[str, Page]:
    return write_page(extreme, tmp_path_factory.mktemp("extreme"))


def test_a_page_from_the_saved_data_alone(make_data, tmp_path: Path) -> None:
    make_data(components=2, sweep=True).save(tmp_path / "saved")
    data = ReportData.load(tmp_path / "saved")
    _, page = write_page(data, tmp_path)
    assert "400 customers fall into 3 segments." in page.text
    spend = data.profiles["overall"]["spend"]["median"]
    assert f", against {spend:,.0f} for everyone" in page.text
    assert "channel app: 61%, against 24% of everyone (2.5\u00d7)" in page.text
    assert len(page.find("article")) == 3
    assert [i["alt"] for i in page.find("img")] == [chart.alt for chart in CHARTS]
    assert all(chart.reading in page.text for chart in CHARTS)
    assert "20260102-030405-abcdef" in page.text
    assert "2 components kept" in page.text


def test_the_figures_are_inlined_whole(make_data, tmp_path: Path) -> None:
    _, page = write_page(make_data(), tmp_path)
    sources = [image["src"] or "" for image in page.find("img")]
    found = {base64.b64decode(source.removeprefix("data:image/png;base64,")) for source in sources}
    assert found == {path.read_bytes() for path in (tmp_path / "figures").iterdir()}


def test_nothing_is_loaded_and_no_script_runs(extreme_page) -> None:
    text, page = extreme_page
    assert "http://" not in text
    assert "https://" not in text
    assert not page.find("script")
    assert not page.find("link")
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert all((i["src"] or "").startswith("data:image/png;base64,") for i in page.find("img"))
    assert all((a["href"] or "").startswith("#") for a in page.find("a"))
    assert not re.search(r"@import|url\(", text)
    assert "default-src 'none'" in text


def test_names_from_the_data_are_escaped(extreme_page) -> None:
    text, page = extreme_page
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "<b>shop" not in text
    assert "<script>alert('x')</script>" in page.text
    assert "<img src=x onerror=alert(7)>" in page.text
    assert "\u5ba2\u6237 \u6d88\u8d39" in page.text


def test_an_extreme_page_stays_under_three_megabytes(extreme_page) -> None:
    text, _ = extreme_page
    assert len(text.encode()) < 3_000_000


def test_missing_numbers_are_dashes(extreme_page) -> None:
    _, page = extreme_page
    assert not re.search(r"\b(nan|NaN|None|inf)\b", page.text)
    assert "\u2013" in page.text


@pytest.mark.parametrize(
    ("value", "none"), [(0.2599, True), (0.26, False), (0.8, False), (None, False)]
)
def test_no_clear_structure_is_said_in_a_line_on_top(
    make_data, tmp_path: Path, value: float | None, *, none: bool
) -> None:
    data = make_data()
    data.summary["methods"]["kmeans"]["silhouette"] = {
        "value": value, "low": None, "high": None, "chance": 0.21,
    }  # fmt: skip
    _, page = write_page(data, tmp_path, figures=False)
    assert ("No clear structure: " in page.text) == none
    assert ("are cut into 3 segments, but no groups stand out among them." in page.text) == none
    if none:
        assert page.text.index("No clear structure") < page.text.index("Segment 1")


def test_warnings_and_trust_stand_last_and_the_line_on_top_leads_there(
    make_data, tmp_path: Path
) -> None:
    data = make_data()
    data.summary["warnings"].append("age misses 12 of 400 values.")
    _, page = write_page(data, tmp_path)
    sections = [section["id"] for section in page.find("section")]
    assert sections == [
        "sizes", "segments", "beside", "figures", "trust", "warnings", "how", "terms",
    ]  # fmt: skip
    assert page.text.index("How sure is this?") < page.text.index("400 customers fall")
    assert page.text.index("age misses 12 of 400 values.") > page.text.index("Segment 3")
    assert any(link["href"] == "#trust" for link in page.find("a"))


LINKS = [
    ("segments", "Segments"), ("beside", "Side by side"), ("figures", "Figures"),
    ("trust", "How sure"), ("warnings", "Warnings"), ("how", "Method"),
    ("terms", "Terms"),
]  # fmt: skip


def test_every_link_of_the_contents_leads_somewhere(make_data, tmp_path: Path) -> None:
    data = make_data()
    data.summary["warnings"].append("age misses 12 of 400 values.")
    _, page = write_page(data, tmp_path)
    ids = {str(attrs["id"]) for _, attrs in page.tags if "id" in attrs}
    links = [str(link["href"]) for link in page.find("a")]
    assert {link.removeprefix("#") for link in links} <= ids
    assert [f"#{anchor}" for anchor, _ in LINKS] == [
        link for link in links if link.removeprefix("#") in dict(LINKS)
    ][-len(LINKS) :]


def test_segments_count_from_one_and_the_key_says_so(make_data, tmp_path: Path) -> None:
    _, page = write_page(make_data(), tmp_path)
    assert "Segment 0" not in page.text
    assert all(f"Segment {n} group {n - 1}" in page.text for n in (1, 2, 3))
    assert "Segment 1 here is 0 in the column \u201csegment\u201d of segments.parquet" in page.text


def test_the_key_holds_the_terms_that_the_page_uses(make_data, tmp_path: Path) -> None:
    _, page = write_page(make_data(), tmp_path, figures=False)
    key = page.text.partition("Terms used here")[2]
    assert "Silhouette" in key
    assert "Lift" in key
    assert "Recency" not in key
    assert "Component" not in key


def test_what_a_segment_is_worth_and_what_to_do_stand_on_its_card(
    make_data, tmp_path: Path
) -> None:
    data = make_data()
    first, second, third = data.profiles["segments"]
    for segment, share in ((first, 0.6), (second, 0.3), (third, 0.1)):
        segment["value"] = {"total": 1000 * share, "share": share, "mean": 12.5}
    data.profiles["value"] = {"column": "spend", "label": "Spend", "unit": "\u20ac", "total": 1000}
    data.profiles["labels"] = {"spend": {"label": "Spend", "unit": "\u20ac", "format": "money"}}
    first["who"] = "They buy often."
    first["borderline"] = {"customers": 12, "share": 0.09}
    first["actions"] = [
        {"action": "Win <b>back</b>", "text": "Write to them.", "reason": "Quiet for 90 days."}
    ]
    _, page = write_page(data, tmp_path, figures=False)
    (card, *_) = re.split(r"Segment (?=[123] )", page.text[page.text.index("Segment 1 ") :])[1:]
    for words in (
        "60% of spend", "They buy often.", "What to do Win <b>back</b>", "Write to them.",
        "Quiet for 90 days.", "12 of them (9%) are nearly as close to another segment",
    ):  # fmt: skip
        assert words in card, words
    share = first["customers"] / 400
    said = f"\u201cgroup 0\u201d account for {share:.0%} of customers and 60% of spend"
    assert said in page.text
    assert "Spend per customer" in page.text
    assert "\u20ac12.50" in page.text


def test_no_map_point_is_written_as_a_number(make_data, tmp_path: Path) -> None:
    data = make_data()
    text, _ = write_page(data, tmp_path)
    outside = re.sub(r"base64,[^\"]*", "", text)
    for x in data.map_points[:50, 0]:
        assert f"{x:.2f}" not in outside


def test_without_figures_the_page_says_the_rest(make_data, tmp_path: Path) -> None:
    _, page = write_page(make_data(), tmp_path, figures=False)
    assert not page.find("img")
    assert "Figures" not in page.text
    assert "off: the prepared features are used as they are" in page.text
    assert "given in the configuration" in page.text


def test_files_run_and_exact_scores_in_plain_words(make_data, tmp_path: Path) -> None:
    data = make_data()
    data.summary["run_id"] = "20261123T101500-3f2a9c"
    files = [f"/home/ann/shop/{month}.csv" for month in ("jan", "feb", "mar", "apr")]
    data.summary["input"] = {"path": "/home/ann/shop", "files": files, "n_files": 12, "id": "who"}
    exact = {"value": 0.421, "low": 0.421, "high": 0.421, "exact": True}
    data.summary["methods"]["kmeans"] |= {"silhouette": exact, "seconds_in_all": 75.0}
    data.summary["methods"]["spectral"] = data.summary["methods"]["kmeans"] | {"k": 2}
    _, page = write_page(data, tmp_path, figures=False)
    assert "jan.csv, feb.csv, mar.csv and 9 more" in page.text
    assert "/home" not in page.text
    assert "0.421 (exact)" in page.text
    assert "0.421 to 0.421" not in page.text
    assert "1 min 15 s" in page.text
    assert page.text.count("20261123T101500-3f2a9c") == 1
    assert "Made on 23 November 2026, 10:15 UTC." in page.text


def test_a_segment_like_everyone_says_so(make_data, tmp_path: Path) -> None:
    data = make_data()
    data.profiles["segments"][0] |= {"distinctive": [], "levels": [], "silhouette": None}
    _, page = write_page(data, tmp_path, figures=False)
    assert page.text.count("On average much like everyone in each number.") == 1
    assert page.text.count("Its customers fit it") == 2


def test_differences_that_are_none_are_not_told(make_data, tmp_path: Path) -> None:
    """As in profiles of earlier versions, which saved every feature as distinctive."""
    data = make_data()
    first = data.profiles["segments"][0]
    for item in first["distinctive"]:
        item["z"] = 0.09
    before = len(first["levels"])
    _, page = write_page(data, tmp_path, figures=False)
    card = page.text[page.text.index("Segment 1") : page.text.index("Segment 2")]
    assert "On average much like everyone in each number; what differs:" in card
    assert card.count("Higher:") == before
    assert "Lower:" not in card


def test_every_word_on_gaps_is_explained(make_data, tmp_path: Path) -> None:
    data = make_data()
    shares = {"a": 0.0, "b": 0.5 * (APART + CUT), "c": 1.0, "d": None}
    scores = data.summary["methods"]["kmeans"]
    data.summary["methods"] |= {name: scores | {"gaps": share} for name, share in shares.items()}
    _, page = write_page(data, tmp_path, figures=False)
    told = page.text[page.text.index("Gaps: ") :].partition("Drawn anew")[0]
    for method, share in shares.items():
        (row,) = [r for r in methods_view(data.summary)["rows"] if r["name"] == method]
        assert f"({row['gaps']})" in told, share


def test_one_component_is_singular(make_data, tmp_path: Path) -> None:
    data = replace(make_data(), n_components=1)
    _, page = write_page(data, tmp_path, figures=False)
    assert "1 component kept" in page.text


def test_the_same_data_gives_the_same_page(make_data, tmp_path: Path) -> None:
    first, _ = write_page(make_data(), tmp_path / "a")
    second, _ = write_page(make_data(), tmp_path / "b")
    assert first == second


def test_a_broken_figure_leaves_the_earlier_page(make_data, tmp_path: Path) -> None:
    before, _ = write_page(make_data(), tmp_path)
    (tmp_path / "figures" / "sizes.png").write_bytes(b"not an image")
    with pytest.raises(EngineError, match=r"sizes\.png is not a PNG image"):
        write_report(make_data(), tmp_path / "figures", tmp_path / "out" / "report.html")
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8") == before
