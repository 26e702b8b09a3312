"""The customers' table put together: features, the joined table, final ids, who is kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from engine.data_preparation.features.id_forms import Asked
from engine.data_preparation.transactions.features import to_features, with_spend_shares
from engine.data_preparation.transactions.id_folding import like_those
from engine.data_preparation.transactions.table import CustomerTable, settle_type
from engine.errors import DataError

ONLY_RETURNS = "only returns"
NO_LINES = "no usable rows"
NO_TRANSACTIONS = "no transactions"
REASONS = (NO_TRANSACTIONS, ONLY_RETURNS, NO_LINES)
"""Why a customer is kept apart."""


@dataclass(frozen=True)
class People:
    """Customers in their final order.

    Attributes
    ----------
    customers : DataFrame of n_customers rows
        ``id`` in its final type, features, described columns, the table's columns; by id.
    rows : DataFrame of n_customers rows
        ``id`` as lines carry it, ``customer`` (UInt32), its row number.
    apart : DataFrame
        id, reason; by id.
    unlisted : int
        Buyers whom the table does not have.
    folds : tuple of str
        Which writings of an id are one customer, the table's included.
    notices : tuple of str
        How the table's ids were found, where they are written otherwise.
    """

    customers: pl.DataFrame
    rows: pl.DataFrame
    apart: pl.DataFrame
    unlisted: int
    folds: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def assemble(
    buyers: pl.DataFrame,
    apart: pl.DataFrame,
    *,
    snapshot: datetime,
    spend: pl.DataFrame | None,
    table: CustomerTable | None,
    text: bool,
    folds: tuple[str, ...] = (),
    asked: Asked = "never",
) -> People:
    """Put the customers' table together.

    Parameters
    ----------
    buyers : DataFrame
        As :func:`engine.data_preparation.transactions.features.sums` gives it.
    apart : DataFrame
        id, reason: customers of the files who bought nothing.
    snapshot : datetime
    spend : DataFrame or None
        Money by leading category.
    table : CustomerTable or None
    text : bool
        Ids stay text: a Parquet file has them so.
    folds : tuple of str
        Which writings of an id are one customer, as the transactions show.
    asked : str or tuple of str
        ``input.fold_ids``.
    """
    customers = to_features(buyers, snapshot)
    if spend is not None:
        customers = with_spend_shares(customers, buyers, spend)
    described = table.rows if table else pl.DataFrame({"id": apart["id"].clear()})
    bought = pl.concat([customers["id"], apart["id"]])
    as_here, folds, said = like_those(described["id"], bought, folds, asked)
    own, others, listed = _final_ids([customers["id"], apart["id"], as_here], text=text)
    customers = customers.rename({"id": "key"}).insert_column(0, own.alias("id")).sort("id")
    rows = customers.select(id="key").with_row_index("customer")
    apart = apart.with_columns(id=others)
    described = described.with_columns(id=listed)
    never = described.join(customers, on="id", how="anti").join(apart, on="id", how="anti")
    never = never.select("id", reason=pl.lit(NO_TRANSACTIONS))
    unlisted = customers.join(described, on="id", how="anti").height if table else 0
    if table and unlisted == customers.height:
        raise _strangers(customers["id"], described["id"])
    joined = customers.drop("key").join(described, on="id", how="left", maintain_order="left")
    return People(
        joined,
        rows.cast({"customer": pl.UInt32}),
        pl.concat([apart, never]).sort("id"),
        unlisted,
        folds,
        tuple(said),
    )


def _strangers(bought: pl.Series, listed: pl.Series) -> DataError:
    message = (
        "no customer with a purchase is in the table of input.customers: an id is "
        f"{bought[0]!r} in the transactions and {listed[0]!r} in the table; write them alike, or "
        "name the id of the table as that of the transactions (input.fold_ids for capitals and "
        "leading zeros)."
    )
    return DataError(message)


def _final_ids(ids: list[pl.Series], *, text: bool) -> list[pl.Series]:
    """Give several columns of ids one type, Int64 where that loses nothing."""
    if not all(i.dtype == pl.Int64 for i in ids):
        ids = [i.cast(pl.String) for i in ids]
    together = settle_type(pl.concat(ids), text=text)
    starts = [0, len(ids[0]), len(ids[0]) + len(ids[1])]
    return [together.slice(s, len(i)) for s, i in zip(starts, ids, strict=True)]
