"""From the sums of all partitions to the customers' table, who is kept apart, and the facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.carrying import as_written, carried_words, kinds_of
from engine.data_preparation.transactions.cleaning import TEXT, Cleaner
from engine.data_preparation.transactions.facts import nobody
from engine.data_preparation.transactions.features import (
    DESCRIBED,
    SPEND_SHARE,
    feature_names,
)
from engine.data_preparation.transactions.intake import Intake
from engine.data_preparation.transactions.money import check_sum
from engine.data_preparation.transactions.people import People, assemble
from engine.data_preparation.transactions.purchases import Purchases
from engine.data_preparation.transactions.summary import Counted, all_facts, totals
from engine.data_preparation.transactions.summed import Summed
from engine.data_preparation.transactions.table import CustomerTable, read_table
from engine.errors import DataError


def finished(
    cleaner: Cleaner,
    intake: Intake,
    summed: Summed,
    spend: Sequence[pl.DataFrame],
    *,
    leading: tuple[str, ...],
    least: int,
    customers: Source | None,
    folder: Path,
) -> tuple[Purchases, pl.DataFrame]:
    """Turn the sums of all partitions into the tables and the facts.

    Parameters
    ----------
    cleaner, intake, summed
        Of all rows.
    spend : sequence of DataFrame
        Every customer's money by leading category, in parts.
    leading, least, customers, folder
        See :func:`engine.data_preparation.transactions.gather.gather`.

    Returns
    -------
    purchases : Purchases
        Without lines.
    rows : DataFrame
        id and ``customer``, its row number: what lines are given.

    Raises
    ------
    DataError
        Nobody bought anything; money cannot be summed exactly; or the table does not fit.
    """
    columns, source = cleaner.columns, cleaner.source
    if not any(b.height for b in summed.buyers):
        raise nobody(summed.tally, cleaner.policies, columns, source.label)
    id_column = columns.named["customer_id"]
    names = feature_names(products=columns.get("product_id") is not None, categories=leading)
    own = [*names, *DESCRIBED]
    _check_id_name(id_column, own, source.label)
    ids, taken = intake.ids, [*own, id_column, *columns.carried]
    table = read_table(customers, id_column, taken, ids.folds) if customers else None
    buyers, snapshot = pl.concat(summed.buyers), _snapshot(cleaner, summed.last)
    check_sum(buyers["gross"], source.label)
    check_sum(buyers["back"], source.label)
    people = assemble(
        buyers,
        pl.concat(summed.apart),
        snapshot=snapshot,
        spend=_spend(spend, buyers, leading),
        table=table,
        text=source.typed and source.schema[id_column] in TEXT,
        folds=ids.folds,
        asked=ids.asked,
    )
    kinds = kinds_of(buyers, columns, source)
    file, more = folder / "customers.parquet", as_written(kinds)
    path = _write(people, file, id_column, [*map(pl.col, own), *more], table)
    apart = folder / "apart.parquet"
    people.apart.write_parquet(apart)
    products = summed.catalogue.products()
    counted = _counted(intake, products, summed, buyers, snapshot)
    facts = all_facts(
        cleaner, summed.tally, counted, people, table=table, leading=leading, least=least
    )
    facts["notices"] += carried_words(buyers, kinds, least)
    facts |= {"carried": kinds} if kinds else {}
    joined = table.columns if table else ()
    found = Purchases(path, id_column, names, DESCRIBED, joined, (), products, apart, facts)
    return found, people.rows


def _counted(
    intake: Intake, products: pl.DataFrame, summed: Summed, buyers: pl.DataFrame, snapshot: datetime
) -> Counted:
    gross, back, transactions = totals(buyers)
    return Counted(
        rows=intake.rows,
        notices=(*intake.ids.notices, *intake.names.notices(products)),
        warnings=tuple(intake.ids.warnings),
        days=summed.days,
        lines=summed.n_lines,
        first=summed.first,
        last=summed.last,
        snapshot=snapshot,
        gross=gross,
        back=back,
        net_apart=summed.net_apart,
        transactions=transactions,
        n_ids=summed.n_ids,
        crowd=summed.crowd,
        too_many_products=summed.catalogue.too_many,
        too_many_categories=summed.catalogue.too_many_categories,
    )


def _spend(
    parts: Sequence[pl.DataFrame], buyers: pl.DataFrame, leading: tuple[str, ...]
) -> pl.DataFrame | None:
    """Give money by leading category; nothing of one where the files name no categories."""
    if not leading:
        return None
    if parts:
        return pl.concat(parts)
    ids = buyers.select("id")
    return ids.with_columns(pl.lit(0, pl.Int64).alias(f"{SPEND_SHARE}{c}") for c in leading)


def _write(
    people: People, path: Path, id_column: str, own: Sequence[pl.Expr],
    table: CustomerTable | None,
) -> Path:  # fmt: skip
    joined = table.columns if table else ()
    people.customers.select(pl.col("id").alias(id_column), *own, *joined).write_parquet(path)
    return path


def _snapshot(cleaner: Cleaner, last: datetime) -> datetime:
    """Give the midnight at which recency ends: as set, else the one after the last line."""
    asked = cleaner.policies.snapshot
    if isinstance(asked, date):
        return datetime(asked.year, asked.month, asked.day)
    return datetime(last.year, last.month, last.day) + timedelta(days=1)


def _check_id_name(id_column: str, own: Sequence[str], label: str) -> None:
    if id_column in (*own, "segment", "segment_name", "distance"):
        message = (
            f"the id column of {label} is called {id_column!r}, as a column of the results is; "
            "rename it, or name another in input.columns.customer_id."
        )
        raise DataError(message)
