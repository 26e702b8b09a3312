"""Column names: misspelt in the configuration, missing where needed, or strange in themselves."""

from __future__ import annotations

import html
import json
from pathlib import Path

import polars as pl
import pytest

from engine.model.model import load_model


def summary() -> dict:
    return json.loads(Path("reports/shop/latest/summary.json").read_text())


@pytest.mark.parametrize(
    ("setting", "key", "name", "meant"),
    [
        ("features.include=[incme]", "features.include", "incme", "income"),
        ("features.exclude=[scores]", "features.exclude", "scores", "score"),
        ("features.categorical=[visit]", "features.categorical", "visit", "visits"),
        ("input.id=custmer_id", "input.id", "custmer_id", "customer_id"),
        ("input.columns={customer_id: custid}", "input.id", "custid", "customer_id"),
    ],
)
def test_unknown(earlier, run, setting: str, key: str, name: str, meant: str) -> None:
    sentence = (
        f"{key} names the column {name!r}, which good.parquet does not have; did you mean {meant}?"
    )
    earlier.refused(run("good.parquet", setting), sentence)


def test_all_unknown_columns_are_named_at_once(earlier, run) -> None:
    answer = run("good.parquet", "features.include=[incme, scor]", "features.exclude=[zzz]")
    earlier.refused(answer, "'incme'")
    assert "did you mean score?" in answer.err
    assert "known are customer_id, income, score, visits" in answer.err


def test_no_numeric_column(earlier, run) -> None:
    table = pl.DataFrame({"id": range(40), "email": ["x@y"] * 40, "colour": ["red", "blue"] * 20})
    table.write_parquet("words.parquet")
    sentence = (
        "words.parquet has no numeric column to segment by (email may identify people; colour is "
        "text); name columns in features.include or features.categorical."
    )
    earlier.refused(run("words.parquet"), sentence)


def test_only_an_id(earlier, run) -> None:
    pl.DataFrame({"id": range(40)}).write_parquet("ids.parquet")
    earlier.refused(run("ids.parquet"), "ids.parquet has no numeric column to segment by")


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        (setting, kind)
        for setting in ("features.include", "features.categorical", "input.id")
        for kind in ("list", "bytes", "struct")
        if (setting, kind) != ("features.include", "list")  # which is taken apart into flags
    ],
)
def test_columns_that_hold_neither_numbers_nor_text(
    earlier, run, customers: pl.DataFrame, setting: str, kind: str
) -> None:
    values = {
        "list": pl.lit([1, 2], pl.List(pl.Int64)),
        "bytes": pl.lit(b"\xff\x00"),
        "struct": pl.struct("score"),
    }
    customers.with_columns(values[kind].alias("odd")).write_parquet("odd.parquet")
    value = "odd" if setting == "input.id" else "[odd, income]"
    sentence = f"{setting} needs numbers or text in the column 'odd', but odd.parquet holds "
    earlier.refused(run("odd.parquet", f"{setting}={value}"), sentence)


@pytest.mark.parametrize("name", ["segment", "segment_name", "distance"])
def test_an_id_called_like_a_result(earlier, run, customers: pl.DataFrame, name: str) -> None:
    customers.rename({"customer_id": name}).write_csv("odd.csv")
    sentence = (
        f"the id column of odd.csv is called {name!r}, as a column of the results is; rename it, "
        "or name another in input.id."
    )
    earlier.refused(run("odd.csv", f"input.id={name}"), sentence)


def test_features_called_like_anything(earlier, run, cli, drawn, customers: pl.DataFrame) -> None:
    """Names of results, of helper columns, with quotes, mark-up, zeros and other alphabets."""
    strange = {
        "row": pl.col("income"),
        "distance": pl.col("score"),
        "level": pl.col("visits"),
        "n": pl.col("income") * 2,
        "\0n": pl.col("income") + pl.col("score"),
        "a\0n": pl.col("visits") * 3,
        "0": pl.col("score") * 4,
        "<script>alert('o\"brien')</script>": pl.col("income") - pl.col("visits"),
        "年収 {{ x }} $x_1^2$ %s": pl.col("income") / 3,
        "städte [bold]": pl.when(pl.col("visits") > 4)
        .then(pl.lit("Köln"))
        .otherwise(pl.lit("</td>Zürich")),
        "empty ": pl.when(pl.col("score") > 6).then(pl.lit("\0")).otherwise(pl.lit("")),
    }
    table = customers.select("customer_id", **strange)
    table.write_parquet("strange.parquet")
    assert run("strange.parquet", "features.include=" + json.dumps(list(strange))).code == 0
    assert summary()["n_features"] == len(strange)
    page = Path("reports/shop/latest/report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "</td>Zürich" not in page
    assert html.escape("年収 {{ x }} $x") in page
    assert cli("assign", "models/shop", "strange.parquet", "out.parquet", "--quiet").code == 0
    found = pl.read_parquet("reports/shop/latest/segments.parquet")
    assert pl.read_parquet("out.parquet").equals(found)


def test_the_summary_on_the_screen_prints_strange_names_as_they_are(
    earlier, cli, customers: pl.DataFrame
) -> None:
    level = pl.when(pl.int_range(pl.len()) % 3 == 1).then(pl.lit("[red]")).otherwise(pl.lit("[/b]"))
    customers.select("customer_id", "income", level=level).write_csv("strange.csv")
    words = ("--set", "input.path=strange.csv", "--set", "clustering.k=3")
    answer = cli("run", "--name", "shop", *words)
    assert answer.code == 0
    names = pl.read_csv("reports/shop/latest/profiles.csv")["segment_name"].to_list()
    assert any("[red]" in name for name in names)
    assert all(name in answer.out for name in names)


def test_categories_alone_are_enough(earlier, run, customers: pl.DataFrame) -> None:
    level = pl.when(pl.int_range(pl.len()) % 3 == 1).then(pl.lit("shop")).otherwise(pl.lit("web"))
    customers.select("customer_id", channel=level).write_parquet("channels.parquet")
    words = ("features.categorical=[channel]", "clustering.k=2")
    assert run("channels.parquet", *words).code == 0
    sizes = pl.read_csv("reports/shop/latest/profiles.csv")["customers"].to_list()
    assert sizes == [customers.height - customers.height // 3, customers.height // 3]


@pytest.mark.parametrize("name", ["*", "^inc.*$", "^(?i)income$"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_names_that_are_patterns(earlier, run, customers, name: str, suffix: str) -> None:
    table = customers.rename({"visits": name})
    getattr(table, "write_csv" if suffix == "csv" else "write_parquet")(f"p.{suffix}")
    sentence = f"p.{suffix} has a column called {name!r}, which dataframes take for a pattern of"
    earlier.refused(run(f"p.{suffix}"), sentence)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_names_in_braces_and_quotation_marks(earlier, run, cli, customers, suffix: str) -> None:
    names = {"income": "{income}", "score": 'sc"o"re', "visits": "[/red]$x_1$"}
    table = customers.rename({"customer_id": "[/id]", **names})
    getattr(table, "write_csv" if suffix == "csv" else "write_parquet")(f"p.{suffix}")
    assert run(f"p.{suffix}", "input.id='[/id]'").code == 0
    assert set(load_model("models/shop").plan.columns) == set(names.values())
    assert cli("assign", "models/shop", f"p.{suffix}", "out.csv", "--quiet").code == 0
    assert "[/id]" in Path("out.csv").read_text().splitlines()[0]
    printed = cli("similar", "shop", "--ids", "1000", "-n", "1")
    assert printed.code == 0
    assert "[/id]" in printed.out
