"""The same customers in different clothes get the same segments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

import engine
from tests.drawing import undrawn

N = 1_200


def customers() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    group = np.arange(N) % 3
    income = rng.normal(20_000 + 15_000 * group, 1_500).round(2)
    return pl.DataFrame(
        {
            "customer_id": [f"K-{i:05d}" for i in rng.permutation(N)],
            "income": income,
            "visits": rng.poisson(5 + 10 * group),
            "score": rng.normal(50 - 12 * group, 2).round(3),
            "city": rng.choice(["Köln", "Zürich", "Orléans"], N),
        }
    )


def as_text(table: pl.DataFrame, decimal: str = ".", thousands: str = "") -> pl.DataFrame:
    """Write every number as text, with these marks."""

    def written(value: float) -> str:
        plain = f"{value:,.2f}" if abs(value) >= 1_000 else f"{value:g}"
        return plain.translate({ord(","): thousands, ord("."): decimal})

    numbers = ("income", "visits", "score")
    return table.with_columns(
        pl.col(c).map_elements(written, return_dtype=pl.String) for c in numbers
    )


def csv(separator: str = ",", encoding: str = "utf-8", **marks: str) -> Callable[..., None]:
    def write(table: pl.DataFrame, folder: Path) -> None:
        text = as_text(table, **marks).write_csv(separator=separator)
        (folder / "a.csv").write_bytes(text.encode(encoding))

    return write


def shuffled(table: pl.DataFrame, folder: Path) -> None:
    csv()(table.sample(fraction=1, shuffle=True, seed=1), folder)


def renamed(table: pl.DataFrame, folder: Path) -> None:
    csv()(table.rename({"customer_id": "CUST_ID"}), folder)


def split(table: pl.DataFrame, folder: Path) -> None:
    table[:500].write_csv(folder / "a.csv")
    text = as_text(table[500:].select(table.columns[::-1]))
    (folder / "b.csv").write_bytes(text.write_csv(separator="|").encode("cp1252"))


def described(table: pl.DataFrame, folder: Path) -> None:
    header, _, rows = table.write_csv().partition("\n")
    words = "who,euros a year,times,points,where"
    (folder / "a.csv").write_text("\n".join([header, words, rows]), encoding="utf-8")


def parquet(table: pl.DataFrame, folder: Path) -> None:
    table.write_parquet(folder / "a.parquet")


CLOTHES = {
    "semicolons": csv(";"),
    "tabs": csv("\t"),
    "bars": csv("|"),
    "quoted commas": csv(decimal=","),
    "german": csv(";", "cp1252", decimal=",", thousands="."),
    "french": csv(";", "utf-8-sig", decimal=",", thousands="\u202f"),
    "french cp1252": csv(";", "cp1252", decimal=",", thousands="\u00a0"),
    "swiss": csv(";", thousands="'"),
    "american": csv(thousands=","),
    "with a mark": csv(encoding="utf-8-sig"),
    "row order": shuffled,
    "another name of the id": renamed,
    "two files": split,
    "described": described,
    "parquet": parquet,
}


def segmented(folder: Path) -> pl.DataFrame:
    (folder / "data").mkdir(exist_ok=True)
    out = {f"output.{key}": str(folder / key) for key in ("models", "reports", "processed")}
    quick = {"clustering.kmeans.n_init": 2, "evaluation.resamples": 0}
    settings = {"clustering.k": 3, **quick, **out}
    with undrawn():
        return engine.segment({"input": {"path": str(folder / "data")}}, settings).segments


@pytest.fixture(scope="module")
def naked(tmp_path_factory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("naked")
    (folder / "data").mkdir()
    csv()(customers(), folder / "data")
    return segmented(folder)


@pytest.mark.long_at("tabs", "bars", "german", "french", "american", "swiss", "described")
@pytest.mark.parametrize("clothes", CLOTHES)
def test_the_same_segments(tmp_path, naked, clothes):
    (tmp_path / "data").mkdir()
    CLOTHES[clothes](customers(), tmp_path / "data")
    found = segmented(tmp_path)
    key = found.columns[0]
    assert sorted(found[key]) == sorted(naked["customer_id"])
    both = naked.join(found, left_on="customer_id", right_on=key, suffix="_dressed")
    assert adjusted_rand_score(both["segment"], both["segment_dressed"]) == 1
    assert both["segment"].equals(both["segment_dressed"])
