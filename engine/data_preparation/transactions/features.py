"""What a customer's lines say: counts, days and money, one row a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from engine.data_preparation.transactions.carried import carried_in, with_usual
from engine.data_preparation.transactions.money import in_currency
from engine.data_preparation.transactions.rfm import with_rfm

ORDER = ("id", "transaction", "day")
"""What a transaction is: a number of the customer's, or one of the customer's dates."""

RECENCY = "recency = floor(snapshot at midnight - last purchase), in days"

_BASE = (
    "recency", "frequency", "monetary", "tenure", "average_order_value", "days_between_orders",
)  # fmt: skip
DESCRIBED = (
    "monetary_gross", "returns", "first_purchase", "last_purchase",
    "r_score", "f_score", "m_score", "RFM_SCORE", "rfm_segment",
)  # fmt: skip
"""Columns that describe customers and are no features unless they are named."""

SPEND_SHARE = "spend_share_"


def feature_names(*, products: bool, categories: Sequence[str]) -> tuple[str, ...]:
    """List the columns that are offered as features, in order.

    Parameters
    ----------
    products : bool
        Whether the files name products.
    categories : sequence of str
        The leading ones.
    """
    distinct = ("distinct_products",) if products else ()
    return (*_BASE, *distinct, "return_share", *(f"{SPEND_SHARE}{c}" for c in categories))


def sums(lines: pl.DataFrame) -> pl.DataFrame:
    """Sum whole customers' lines.

    Parameters
    ----------
    lines : DataFrame
        As :class:`engine.data_preparation.transactions.settling.Settled` holds them.

    Returns
    -------
    buyers : DataFrame
        A row for each customer with a purchase: id, gross and back (Int64, ten-thousandths; back
        is not negative), first, last (Datetime), frequency, distinct_products (UInt32), and what
        :func:`engine.data_preparation.transactions.carried.with_usual` adds. O(n).
    """
    bought = lines.filter(~pl.col("back"))
    orders = bought.group_by(ORDER).agg(
        gross=pl.col("amount").sum(), first=pl.col("moment").min(), last=pl.col("moment").max()
    )
    buyers = orders.group_by("id").agg(
        gross=pl.col("gross").sum(),
        first=pl.col("first").min(),
        last=pl.col("last").max(),
        frequency=pl.len(),
    )
    products = bought.drop_nulls("product").select("id", "product").unique()
    distinct = products.group_by("id").agg(distinct_products=pl.len())
    back = lines.filter("back").group_by("id").agg(back=-pl.col("amount").sum())
    joined = buyers.join(distinct, on="id", how="left").join(back, on="id", how="left")
    filled = joined.with_columns(
        pl.col("distinct_products").fill_null(0), pl.col("back").fill_null(0)
    )
    return with_usual(filled, bought)


def to_features(buyers: pl.DataFrame, snapshot: datetime) -> pl.DataFrame:
    """Turn sums into the columns of the customers' table.

    Parameters
    ----------
    buyers : DataFrame of n_customers rows
        As :func:`sums` gives it.
    snapshot : datetime
        Midnight at which recency and tenure end.

    Returns
    -------
    customers : DataFrame of n_customers rows
        id, recency, frequency, tenure and distinct_products (Int64), money in the currency, means
        in float64, RFM scores and segment.
    """
    end = pl.lit(snapshot).cast(pl.Datetime("us"))
    orders = pl.col("frequency").cast(pl.Int64)
    between = (pl.col("last").dt.date() - pl.col("first").dt.date()).dt.total_days()
    share = pl.when(pl.col("gross") > 0).then(pl.col("back") / pl.col("gross")).otherwise(0.0)
    customers = buyers.select(
        "id",
        recency=(end - pl.col("last")).dt.total_days(),
        frequency=orders,
        monetary=in_currency(pl.col("gross") - pl.col("back")),
        tenure=(end - pl.col("first")).dt.total_days(),
        average_order_value=in_currency(pl.col("gross")) / orders,
        days_between_orders=pl.when(orders > 1).then(between / (orders - 1)),
        distinct_products=pl.col("distinct_products").cast(pl.Int64),
        return_share=share,
        monetary_gross=in_currency(pl.col("gross")),
        returns=in_currency(pl.col("back")),
        first_purchase=pl.col("first").dt.date(),
        last_purchase=pl.col("last").dt.date(),
        **{c: pl.col(c) for c in carried_in(buyers.columns)},
    )
    return with_rfm(customers)


def category_spend(lines: pl.DataFrame, leading: Sequence[str]) -> pl.DataFrame:
    """Sum purchases by customer and leading category: id and one Int64 column a category."""
    bought = lines.filter(pl.col("amount") > 0)
    return bought.group_by("id").agg(
        pl.col("amount").filter(pl.col("category") == c).sum().alias(f"{SPEND_SHARE}{c}")
        for c in leading
    )


def with_spend_shares(
    customers: pl.DataFrame, buyers: pl.DataFrame, spend: pl.DataFrame
) -> pl.DataFrame:
    """Add each leading category's share of the customer's gross money; 0 where there is none."""
    names = [c for c in spend.columns if c != "id"]
    known = buyers.select("id", "gross").join(spend, on="id", how="left")
    gross = pl.col("gross")
    shares = known.select(
        "id",
        *(
            pl.when(gross > 0).then(pl.col(c).fill_null(0) / gross).otherwise(0.0).alias(c)
            for c in names
        ),
    )
    return customers.join(shares, on="id", how="left", maintain_order="left")
