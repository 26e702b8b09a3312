"""Small shops for the tests of transactions, and a short way to gather them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.config.input import InputConfig
from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.sources import open_source
from engine.data_preparation.transactions.gather import gather
from engine.data_preparation.transactions.purchases import Purchases

Gather = Callable[..., Purchases]


def write(frames: Sequence[pl.DataFrame], folder: Path, suffix: str = "parquet") -> Path:
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        path = folder / f"{number}.{suffix}"
        frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    return folder


@pytest.fixture
def gathered(tmp_path: Path) -> Gather:
    """Gather frames, a file each, with policies as keywords."""
    runs = iter(range(10_000))

    def run(
        *frames: pl.DataFrame,
        columns: dict[str, str] | None = None,
        table: pl.DataFrame | None = None,
        categories: list[str] | None = None,
        suffix: str = "parquet",
        fold_ids: Any = "auto",
        describe: Sequence[str] = (),
        **policies: Any,
    ) -> Purchases:
        folder = tmp_path / str(next(runs))
        path = write(frames, folder / "in", suffix)
        settings = InputConfig(
            path=str(path), kind="transactions", columns=columns or {}, fold_ids=fold_ids
        )
        customers = None
        if table is not None:
            customers = open_source(InputConfig(path=str(write([table], folder / "table", suffix))))
        return gather(
            open_source(settings),
            settings,
            TransactionsConfig(**policies),
            folder / "out",
            customers=customers,
            categories=categories,
            describe=describe,
        )

    return run


@pytest.fixture
def shop() -> Callable[..., pl.DataFrame]:
    """Build lines (customer, invoice, date, product, quantity, price) into a frame."""

    def build(*rows: tuple[Any, ...]) -> pl.DataFrame:
        schema = {
            "customer_id": pl.String, "invoice": pl.String, "date": pl.String,
            "sku": pl.String, "quantity": pl.Int64, "price": pl.Float64,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")

    return build
