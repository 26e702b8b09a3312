"""What sells to whom, read back from the tables of a saved run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from engine.descriptive_stats.cross_selling.best_sellers import FIGURES
from engine.descriptive_stats.cross_selling.offers import OFFERS_SCHEMA
from engine.descriptive_stats.cross_selling.pairs import PAIRS_SCHEMA
from engine.descriptive_stats.cross_selling.selling import CrossSell
from engine.utilities.formulas import unmarked

FILES = {
    "pairs": "cross_sell.csv",
    "offers": "offers.csv",
    "best_sellers": "best_sellers.csv",
    "categories": "best_categories.csv",
}
"""Tables of a run's report folder, by what they hold."""

_RANKED: dict[str, Any] = {"segment": pl.Int32, "rank": pl.Int64}
_SCHEMAS: dict[str, Mapping[str, Any]] = {
    "pairs": PAIRS_SCHEMA,
    "offers": OFFERS_SCHEMA,
    "best_sellers": {**_RANKED, "product_id": pl.String, "name": pl.String, **FIGURES},
    "categories": {**_RANKED, "category": pl.String, **FIGURES},
}
_BETWEEN = ", "


def read_back(folder: Path, facts: dict[str, Any]) -> CrossSell:
    """Read the tables of a run's report folder.

    Parameters
    ----------
    folder : Path
    facts : dict
        As the report's data hold them.

    Raises
    ------
    OSError, polars.exceptions.PolarsError
        One is missing or damaged.
    """
    tables = {name: _table(folder / file, _SCHEMAS[name]) for name, file in FILES.items()}
    return CrossSell(**tables, facts=facts)


def _table(file: Path, schema: Mapping[str, Any]) -> pl.DataFrame:
    text: pl.DataFrame = unmarked(pl.read_csv(file, infer_schema=False))
    lists = [c for c, t in schema.items() if t == pl.List]
    parts = [pl.col(c).str.split(_BETWEEN) for c in lists]
    return text.with_columns(parts).select(pl.col(c).cast(t) for c, t in schema.items())
