"""The page on purchases: every part there or left out, gross and net named, totals, escaping."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from engine.visualization.charts.figures import CHARTS
from engine.visualization.page.cross_selling import offers_view, pairs_view, sellers_view
from engine.visualization.page.purchases import facts_view, value_view
from engine.visualization.page.rfm import RFM_MEANING, rfm_view
from engine.visualization.report_data import JSON_NAME, ReportData
from tests.drawing import in_full
from tests.visualization import shop
from tests.visualization.html_page import Page, write_page

SECTIONS = {"purchases", "value", "rfm", "sellers", "pairs", "offers", "counting"}
OF_SALES = [chart for chart in CHARTS if chart.section in ("value", "sellers")]
FIGURES = {chart.file for chart in OF_SALES}


def _with(data: ReportData, sales: dict | None) -> ReportData:
    return dataclasses.replace(data, sales=sales)


def _sections(page: Page) -> set[str]:
    return {str(attrs["id"]) for attrs in page.find("section") if "id" in attrs} & SECTIONS


@pytest.fixture(scope="module")
def shop_page(make_data, tmp_path_factory) -> tuple[str, Page]:
    folder = tmp_path_factory.mktemp("shop")
    _with(make_data(), shop.sales()).save(folder / "saved")
    return write_page(ReportData.load(folder / "saved"), folder)


@pytest.fixture(scope="module")
def wide_page(make_data, tmp_path_factory) -> tuple[str, Page]:
    data = _with(make_data(segments=10), shop.wide_sales())
    return write_page(data, tmp_path_factory.mktemp("wide"))


def test_a_customer_table_has_none_of_it(make_data, tmp_path: Path) -> None:
    _, page = write_page(make_data(), tmp_path)
    assert not _sections(page)
    assert not {path.name for path in (tmp_path / "figures").iterdir()} & FIGURES
    words = page.text.partition("Terms used here")[0]
    assert "revenue" not in words.lower()


def test_transactions_have_all_of_it(shop_page) -> None:
    _, page = shop_page
    assert _sections(page) == SECTIONS
    assert {chart.alt for chart in OF_SALES} <= {image["alt"] for image in page.find("img")}


@pytest.mark.parametrize(
    ("part", "gone"),
    [
        ("facts", {"purchases"}),
        ("segments", {"value"}),
        ("rfm", {"rfm"}),
        ("cross_sell", {"sellers", "pairs", "offers", "counting"}),
    ],
)
def test_a_part_that_is_none_or_absent_is_left_out(
    make_data, tmp_path: Path, part: str, gone: set[str]
) -> None:
    sales = shop.sales()
    absent = {key: sales[key] for key in sales if key != part}
    for less, figures in ((sales | {part: None}, True), (absent, False)):
        _, page = write_page(_with(make_data(), less), tmp_path, figures=figures)
        assert _sections(page) == SECTIONS - gone
        assert not re.search(r"\bNone\b(?! of)", page.text)


@pytest.mark.parametrize("part", ["best_sellers", "pairs", "offers"])
def test_empty_tables_of_products_are_left_out(make_data, tmp_path: Path, part: str) -> None:
    empty = {"best_sellers": [], "categories": [], "pairs": [], "offers": []}
    full = shop.sales()["cross_sell"]
    sales = shop.sales() | {"cross_sell": empty | {part: full[part]}}
    _, page = write_page(_with(make_data(), sales), tmp_path, figures=False)
    section = "sellers" if part == "best_sellers" else part
    assert _sections(page) == {"purchases", "value", "rfm", section}


def test_what_was_read_stands_after_what_was_found(shop_page) -> None:
    _, page = shop_page
    text = page.text
    read = text[text.index("The purchases behind this") :]
    for words in (
        "2030-12-01 to 2031-12-09", "first to last line counted", "2031-12-10", "1,853",
        "in 40,156 lines", "888,720.89",
        "828,893.06", "gross less 59,827.83 of returns and cancellations",
        "recency = floor(snapshot at midnight - last purchase), in days",
        "33 customers with only returns; 1 customer with no transactions.",
        "\u22121,041.24 net of returns, is in none of these numbers", "money only", "2,174.09",
        "Looked for and not found: negative prices", "column CUST_ID", "day/month/year with time",
        "25% of all rows have no customer",
    ):  # fmt: skip
        assert words in read, words
    assert "no usable rows" not in text
    assert "33 customers are kept apart" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "of returns and cancellations"),
        ({"unused_statuses": ["Status"]}, "of returns; what 'Status' says of them is not used"),
        ({"policies": [{"key": "statuses", "rows": 60}]}, "of returns; 60 rows are no purchases"),
    ],
)
def test_nothing_is_said_of_cancellations_where_a_column_of_them_is_not_used(
    make_data, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    sales = shop.sales()
    sales["facts"] = sales["facts"] | changes
    _, page = write_page(_with(make_data(), sales), tmp_path, figures=False)
    assert f"gross less 59,827.83 {words}" in page.text


def test_warnings_of_both_sources_stand_once(make_data, tmp_path: Path) -> None:
    data = _with(make_data(), shop.sales())
    data.summary["warnings"].extend(["age misses 12 values.", "25% of all rows have no customer"])
    _, page = write_page(data, tmp_path, figures=False)
    assert page.text.count("25% of all rows have no customer") == 1
    assert "age misses 12 values." in page.text


def test_every_heading_about_money_says_gross_or_net(shop_page, wide_page) -> None:
    for text, _ in (shop_page, wide_page):
        headings = re.findall(r"<h4>(.*?)</h4>", text)
        columns = re.findall(r"<th [^>]*>([^<]*(?:[Rr]evenue|order \(|[Nn]et of)[^<]*)</th>", text)
        tiles = re.findall(r"<dt>([^<]*[Rr]evenue[^<]*)</dt>", text)
        assert headings
        assert columns
        assert tiles == ["Gross revenue", "Revenue net of returns"]
        for words in headings + columns + tiles:
            assert re.search(r"\b([Gg]ross|[Nn]et of returns)\b", words), words


def test_worth_adds_up_exactly(make_data) -> None:
    view = value_view(shop.sales(), make_data().profiles)
    assert view is not None
    assert str(view["total"]["gross"]) == "888720.89"
    assert str(view["total"]["net"]) == "828893.06"
    assert view["total"]["customers"] == 400
    assert view["total"]["orders"] == 1853
    assert view["total"]["returns_share"] == pytest.approx(59827.83 / 888720.89)
    more = shop.sales() | {"facts": shop.facts() | {"net": "828893.07"}}
    assert value_view(more, make_data().profiles) == view  # a rounded cent is nobody's money


def test_the_table_of_worth_shows_both_revenues(shop_page) -> None:
    _, page = shop_page
    value = page.text[page.text.index("What each segment is worth") :]
    value = value[: value.index("Size against revenue share")]
    for words in ("384,341", "325,458", "15%", "877", "438.25", "41.5", "888,721", "828,893"):
        assert words in value, words


def test_rfm_totals_are_added_up_here(make_data) -> None:
    profiles = make_data().profiles
    rfm = shop.sales()["rfm"]
    view = rfm_view(rfm, profiles)
    assert view is not None
    assert view["totals"] == [200, 150, 50]
    assert [row["total"] for row in view["rows"]] == [148, 51, 201]
    assert view["all"] == 400
    for column in range(3):
        assert sum(row["cells"][column][1] for row in view["rows"]) == pytest.approx(1.0)
    with_total = rfm | {"counts": [[*row, sum(row)] for row in rfm["counts"]]}
    assert rfm_view(with_total, profiles) == view
    nobody = rfm_view(rfm | {"counts": [[0, 0, 0]] * 3}, profiles)
    assert nobody is not None
    assert nobody["all"] == 0
    assert {cell for row in nobody["rows"] for cell in row["cells"]} == {(0, 0.0, 0.0)}


def test_rfm_names_are_explained_and_shaded(shop_page) -> None:
    text, page = shop_page
    assert RFM_MEANING["champions"] in page.text
    assert RFM_MEANING["cannot lose"] in page.text
    assert "Friends <3" in page.text
    assert 'class="n heat" style="--h: 0.6"' in text


def test_sellers_name_the_interval_and_what_it_allows(shop_page) -> None:
    _, page = shop_page
    text = page.text
    for words in (
        "2.4\u00d7 2.0\u00d7 to 2.8\u00d7", "clearly more", "more, roughly", "not measured",
        "only 1 buyer: share and lift are uncertain",
        "earns most: Paper <birdie>, 0.00 net, 4,803 gross",
        "stands out: Blue mug, 2.4\u00d7",
        "None of the products is bought clearly more often here",
        "2 baskets with more than 200 products were cut.", "95%, log method",
    ):  # fmt: skip
        assert words in text, words
    assert "Never shown" not in text
    assert "(no category)" in text
    assert "(no name)" in text


def test_a_product_without_a_name_goes_by_its_code(make_data) -> None:
    views = sellers_view(shop.cross_sell(), make_data().profiles)
    assert [view["who"].segment for view in views] == [None, 0, 2]
    products = views[1]["kinds"][0]
    assert products["share"][0]["what"] == ("P3", "")
    assert products["revenue"][1]["what"][0].endswith("\u2026")
    assert len(products["revenue"][1]["what"][0]) <= 90


def test_pairs_and_offers_are_in_words(shop_page, make_data) -> None:
    _, page = shop_page
    text = page.text
    for words in (
        "Of all baskets, the share that holds both", "Of the baskets with the first product",
        "541", "2.9%", "78%", "18.5\u00d7 17.4\u00d7 to 19.7\u00d7", "may be chance",
        "43% of baskets with Green <cup> also hold it.", "1,197", "10.1\u00d7", "4.9%",
        "Often in the same basket as P1.",
    ):  # fmt: skip
        assert words in text, words
    profiles = make_data().profiles
    assert [v["who"].segment for v in pairs_view(shop.cross_sell(), profiles)] == [None, 1]
    assert [v["who"].name for v in offers_view(shop.cross_sell(), profiles)] == ["group 1"]


def test_product_names_are_escaped_and_nothing_is_loaded(shop_page, wide_page) -> None:
    for text, page in (shop_page, wide_page):
        assert "<script" not in text
        assert not page.find("script")
        assert not re.search(r"https?://|@import|url\(", text)
        assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
        assert "<script>alert('cup')</script> & \"saucer\" \U0001f375" in page.text
        assert not re.search(r"\b(nan|NaN|inf)\b", page.text)


@pytest.mark.long
def test_ten_segments_make_a_small_page(make_data, tmp_path: Path) -> None:
    with in_full():
        text, _ = write_page(_with(make_data(segments=10), shop.wide_sales()), tmp_path)
    assert len(text.encode()) < 2_500_000


def test_ten_segments_are_collapsed(wide_page) -> None:
    _, page = wide_page
    details = page.find("details")
    assert len([d for d in details if "open" in d]) == 1
    assert len(details) > 30
    alts = {image["alt"] for image in page.find("img")}
    assert {chart.alt for chart in OF_SALES} <= alts
    assert shop.LONG not in page.text


def test_negative_revenue_and_lifts_of_zero_are_drawn(make_data, tmp_path: Path) -> None:
    sales = shop.sales()
    sales["segments"][0] |= {"net": -50.0, "net_share": -0.4, "gross_share": 0.0}
    sales["cross_sell"]["best_sellers"][2]["by_lift"][0] |= {"lift_low": 0.0, "lift_high": 900.0}
    _, page = write_page(_with(make_data(), sales), tmp_path)
    assert {path.name for path in (tmp_path / "figures").iterdir()} >= FIGURES
    assert "\u221250.00" in page.text


def test_the_same_sales_give_the_same_page(shop_page, make_data, tmp_path: Path) -> None:
    text, _ = write_page(_with(make_data(), shop.sales()), tmp_path)
    assert text == shop_page[0], "drawn from what was saved"


def test_sparse_facts_show_what_there_is(make_data, tmp_path: Path) -> None:
    assert facts_view({}) is None
    sales = {"facts": {"gross": "12.50"}, "segments": [{"segment": 7}]}
    _, page = write_page(_with(make_data(), sales), tmp_path, figures=False)
    assert "12.50" in page.text
    assert "Snapshot" not in page.text
    assert _sections(page) == {"purchases", "value"}


def test_a_run_saved_before_sales_still_loads(make_data, tmp_path: Path) -> None:
    _with(make_data(), shop.sales()).save(tmp_path)
    plain = json.loads((tmp_path / JSON_NAME).read_text(encoding="utf-8"))
    assert ReportData.load(tmp_path).sales == json.loads(json.dumps(plain["sales"]))
    del plain["sales"]
    (tmp_path / JSON_NAME).write_text(json.dumps(plain), encoding="utf-8")
    assert ReportData.load(tmp_path).sales is None
