"""The transactions stage: files -> lines by customer -> settled lines -> one row a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from engine.config.input import InputConfig
from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.as_written import take_in_as_written
from engine.data_preparation.transactions.cleaning import TEXT, Cleaner
from engine.data_preparation.transactions.columns import find_columns
from engine.data_preparation.transactions.facts import nobody
from engine.data_preparation.transactions.features import (
    DESCRIBED,
    SPEND_SHARE,
    feature_names,
)
from engine.data_preparation.transactions.id_folding import IdFolding
from engine.data_preparation.transactions.intake import Intake, settler_for
from engine.data_preparation.transactions.money import check_sum
from engine.data_preparation.transactions.parts import Parts
from engine.data_preparation.transactions.people import People, assemble
from engine.data_preparation.transactions.purchases import Purchases
from engine.data_preparation.transactions.settling import Settler
from engine.data_preparation.transactions.spellings import Names
from engine.data_preparation.transactions.summary import Counted, all_facts, totals
from engine.data_preparation.transactions.summed import Summed
from engine.data_preparation.transactions.table import CustomerTable, read_table
from engine.errors import DataError
from engine.utilities.permissions import make_folder
from engine.utilities.progress import Progress


def gather(
    source: Source,
    settings: InputConfig,
    policies: TransactionsConfig,
    folder: Path,
    *,
    customers: Source | None = None,
    progress: Progress | None = None,
    categories: Sequence[str] | None = None,
    least: int = 1,
) -> Purchases:
    """Turn transactions into customers.

    The files are read once, and the column of dates once more before where it is text: blocks are
    cleaned and spread over partitions on disk by customer, and a partition at a time is settled in
    memory. (A CSV that is not in UTF-8 is first copied.) Each line's money is rounded to whole
    ten-thousandths and these are summed, so that no order of rows, blocks or partitions changes a
    sum. O(n log n) in the lines of a partition.

    Parameters
    ----------
    source : Source
        The transactions.
    settings : InputConfig
        ``id`` and ``columns`` name columns.
    policies : TransactionsConfig
    folder : Path
        Takes ``customers.parquet``, the lines and what lies between; made when missing.
    customers : Source, optional
        A table to join, one row a customer.
    progress : Progress, optional
        Told every row twice: once read, once settled.
    categories : sequence of str, optional
        The leading categories of an earlier fit, which then stay the same.
    least : int
        Buyers that a leading category needs.

    Raises
    ------
    DataError
        A column is missing, a policy refuses rows, money cannot be summed exactly, or nobody
        bought anything.
    """
    shown = progress or Progress()
    for place in (folder.parent, folder):
        make_folder(place)
    columns = find_columns(source, settings)

    def writings() -> tuple[IdFolding, Names]:
        ids = IdFolding(columns.named["customer_id"], settings.fold_ids, source.label)
        return ids, Names(columns, policies, categories)

    cleaner, intake, warnings = take_in_as_written(
        source, columns, policies, folder, shown, writings
    )
    columns, source = cleaner.columns, cleaner.source
    settler = settler_for(intake, cleaner)
    summed = _settle_all(intake, settler, Parts(folder) if columns.sells else None, shown)
    leading = summed.catalogue.leading(policies.leading_categories, least)
    fixed = leading if categories is None else tuple(categories)
    parts = [summed.parts] if summed.parts else []
    spend = [frame for p in parts for frame in p.spend(fixed)] if fixed else []
    found, rows = finished(
        cleaner,
        intake,
        summed,
        spend,
        leading=fixed,
        least=least,
        customers=customers,
        folder=folder,
    )
    found.facts["warnings"][:0] = warnings
    return replace(found, lines=summed.finish(rows, found.products))


def _settle_all(
    intake: Intake, settler: Settler, parts: Parts | None, progress: Progress
) -> Summed:
    summed = Summed(parts)
    summed.tally.merge(intake.noted(settler))
    for part in range(intake.partitions.count):
        rows = intake.partitions.read(part)
        if rows is not None:
            summed.add(settler.settle(intake.folded(rows), summed.tally))
            progress.advance(rows.height)
    return summed


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
        See :func:`gather`.

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
    ids, taken = intake.ids, [*own, id_column]
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
    path = _write(people, folder / "customers.parquet", id_column, own, table)
    apart = folder / "apart.parquet"
    people.apart.write_parquet(apart)
    products = summed.catalogue.products()
    counted = _counted(intake, products, summed, buyers, snapshot)
    facts = all_facts(
        cleaner, summed.tally, counted, people, table=table, leading=leading, least=least
    )
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
    people: People, path: Path, id_column: str, own: Sequence[str], table: CustomerTable | None
) -> Path:
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
