"""Lines written by hand, and what sells according to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from engine.config.cross_sell import CrossSellConfig
from engine.descriptive_stats.cross_selling.selling import CrossSell, what_sells
from engine.places.runtime import Runtime

Line = tuple[int, int, int | None, str | None, float, int]
"""customer, basket, product, category, units, amount in ten-thousandths."""

LOW = {"min_support": 1e-9, "min_baskets": 1, "min_buyers": 1, "min_confidence": 0.0}
"""No thresholds, for data of a few lines."""

SCHEMA = {
    "customer": pl.UInt32, "basket": pl.UInt32, "product": pl.UInt32, "category": pl.String,
    "units": pl.Float64, "amount": pl.Int64,
}  # fmt: skip

Sell = Callable[..., CrossSell]


@pytest.fixture(scope="session")
def write_lines() -> Callable[[Sequence[Line], Path], Path]:
    def write(lines: Sequence[Line], path: Path) -> Path:
        frame = pl.DataFrame(list(lines), schema=SCHEMA, orient="row")
        returned = (pl.col("units") < 0) | (pl.col("amount") < 0)
        frame.with_columns(back=returned).write_parquet(path)
        return path

    return write


@pytest.fixture(scope="session")
def sell(write_lines, tmp_path_factory: pytest.TempPathFactory) -> Sell:
    folder = tmp_path_factory.mktemp("lines")

    def run(
        parts: Sequence[Sequence[Line]],
        labels: Sequence[int],
        *,
        ids: Sequence[str] = ("a", "b", "c", "d", "e"),
        names: Sequence[str | None] | None = None,
        k: int | None = None,
        memory_limit: int = 1 << 62,
        least: int = 1,
        **settings: Any,
    ) -> CrossSell:
        paths = [write_lines(p, folder / f"{i}.parquet") for i, p in enumerate(parts)]
        named = list(names or [f"the {i}" for i in ids])
        products = pl.DataFrame(
            {"product_id": list(ids), "name": named},
            schema={"product_id": pl.String, "name": pl.String},
        )
        return what_sells(
            paths,
            products,
            np.array(labels, np.int32),
            k or max(labels) + 1,
            CrossSellConfig(**{**LOW, **settings}),
            Runtime(memory_limit=memory_limit),
            least=least,
        )

    return run
