"""Lists of customers of invoices: by what most of their lines say, such as the country."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.data_preparation.generators.shop import transaction_batches
from engine.errors import DataError
from tests.drawing import undrawn

CUSTOMERS = 300
LANDS = ["Spain", "France", "Portugal"]


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    """Give each customer a country, which every seventh line of theirs contradicts."""
    frame = pl.concat(transaction_batches(CUSTOMERS, 5))
    number = pl.int_range(pl.len()).over("customer_id")
    own = (pl.col("customer_id") % 3 + (number % 7 == 5)) % 3
    return frame.with_columns(
        Country=own.replace_strict({i: c for i, c in enumerate(LANDS)}, return_dtype=pl.String),
        Till=pl.int_range(pl.len()) / 3,
    )


@pytest.fixture(scope="module")
def path(lines: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("lines") / "lines.parquet"
    lines.write_parquet(file)
    return file


def run(folder: Path, path: Path, **features: Any) -> engine.Result:
    tree: dict[str, Any] = {
        "input": {"path": str(path), "kind": "transactions"},
        "features": features,
        "clustering": {"k": 3, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }
    with undrawn():
        return engine.segment(tree)


@pytest.fixture(scope="module")
def plain(path: Path, tmp_path_factory: pytest.TempPathFactory) -> engine.Result:
    return run(tmp_path_factory.mktemp("plain"), path)


@pytest.fixture(scope="module")
def described(path: Path, tmp_path_factory: pytest.TempPathFactory) -> engine.Result:
    return run(tmp_path_factory.mktemp("described"), path, describe=["Country"])


def usual(lines: pl.DataFrame) -> dict[int, str]:
    """Count by hand: most lines of purchases, then the latest."""
    bought = lines.filter(pl.col("quantity") > 0).unique()
    found: dict[int, str] = {}
    for (who,), own in bought.group_by("customer_id"):
        times = {}
        for land in LANDS:
            of = own.filter(Country=land)
            times[land] = (of.height, of["transaction_date"].max()) if of.height else (0, None)
        found[who] = max((c for c in LANDS if times[c][0]), key=lambda c: times[c])
    return found


def test_a_country_is_asked_for_that_no_run_described(plain, lines, tmp_path):
    out = tmp_path / "spain.csv"
    done = plain.export(out, segment=2, where="country = 'Spain'", columns="all")
    found = pl.read_csv(out)
    own = usual(lines)
    there = plain.segments.filter(pl.col("segment") == 1)["customer_id"]
    assert found["customer_id"].to_list() == [i for i in there if own[i] == "Spain"]
    assert 0 < done.rows == found.height < CUSTOMERS
    assert set(found["Country"]) == {"Spain"}


def test_it_stands_beside_where_it_is_named(plain, lines, tmp_path):
    plain.export(tmp_path / "a.parquet", columns="Country")
    found = pl.read_parquet(tmp_path / "a.parquet")
    assert dict(found.select("customer_id", "Country").iter_rows()) == usual(lines)
    assert_frame_equal(found.drop("Country"), plain.segments)


def test_a_run_that_describes_by_it_gives_the_same(plain, described, lines, tmp_path):
    assert_frame_equal(plain.segments, described.segments, check_exact=True)
    for name, of in (("one", plain), ("other", described)):
        of.export(tmp_path / f"{name}.csv", where="Country <> 'Spain'", columns="all")
    one, other = (pl.read_csv(tmp_path / f"{n}.csv") for n in ("one", "other"))
    assert_frame_equal(one, other)
    shares = {c: described.profiles[f"Country={c}_share"] for c in LANDS}
    sizes, own = described.profiles["customers"], usual(lines)
    for land in LANDS:
        assert (shares[land] * sizes).sum() == pytest.approx(list(own.values()).count(land))


@pytest.mark.parametrize("where", ["unit_price > 3", "land = 'Spain'", "transaction_date > '2'"])
def test_what_lines_do_not_say_of_customers(plain, tmp_path, where):
    with pytest.raises(DataError, match="text and codes of their lines, such as a country"):
        plain.export(tmp_path / "a.csv", where=where)


def test_numbers_of_lines_are_no_codes(plain, tmp_path):
    with pytest.raises(DataError, match="numbers of lines describe customers only as codes"):
        plain.export(tmp_path / "a.csv", where="till > 3")
    assert not list(tmp_path.iterdir())


def test_a_run_says_that_lines_have_it(plain, described):
    told = [n for n in plain.summary["notices"] if "features.describe=[Country]" in n]
    assert len(told) == 1
    assert told[0].startswith("lines have the column 'Country', which may describe their customers")
    assert not [n for n in described.summary["notices"] if "run again with" in n]
