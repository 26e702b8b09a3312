"""The facts of a gathering, as plain JSON: columns, dates, sums, policies, scores and notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from engine.data_preparation.features.id_forms import ALWAYS
from engine.data_preparation.transactions.catalogue import MOST_CATEGORIES, MOST_ROWS
from engine.data_preparation.transactions.cleaning import Cleaner
from engine.data_preparation.transactions.doubts import capped_orders, doubts
from engine.data_preparation.transactions.facts import (
    policy_facts,
    tally_notices,
    tally_warnings,
)
from engine.data_preparation.transactions.features import RECENCY
from engine.data_preparation.transactions.guests import Crowd, guest_words
from engine.data_preparation.transactions.late import date_warnings
from engine.data_preparation.transactions.money import as_text
from engine.data_preparation.transactions.people import REASONS, People
from engine.data_preparation.transactions.rfm import RULE, SCORES, limits
from engine.data_preparation.transactions.standing import Standing
from engine.data_preparation.transactions.table import CustomerTable
from engine.data_preparation.transactions.tallies import PURCHASES, Tally
from engine.utilities.shown import veiled


@dataclass(frozen=True)
class Counted:
    """Totals over all customers.

    Attributes
    ----------
    rows : int
        Of the files, empty lines not counted.
    lines : int
        That count: purchases, and returns unless they are ignored.
    first, last : datetime
        Of these lines.
    snapshot : datetime
    gross, back : int
        Of customers with a purchase, in ten-thousandths; back is not negative.
    net_apart : int
        Of customers who only return, not above zero.
    transactions : int
        With a purchase.
    n_ids, largest : int
        Different ids in the rows, and most rows of one.
    too_many_products, too_many_categories : bool
    notices, warnings : tuple of str
        About ids and names in several writings.
    days : dict of date to int
        Lines that count, by day.
    """

    rows: int
    lines: int
    first: datetime
    last: datetime
    snapshot: datetime
    gross: int
    back: int
    net_apart: int
    transactions: int
    n_ids: int
    crowd: Crowd
    too_many_products: bool
    too_many_categories: bool
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    days: Mapping[date, int] = field(default_factory=dict)


def all_facts(
    cleaner: Cleaner,
    tally: Tally,
    counted: Counted,
    people: People,
    *,
    table: CustomerTable | None,
    leading: tuple[str, ...],
    least: int = 1,
) -> dict[str, Any]:
    """Write down what a gathering found: the plain JSON that a report and a summary show."""
    columns, standing = cleaner.columns, cleaner.standing
    policies = policy_facts(tally, cleaner.policies, columns)
    customers = people.customers
    return {
        "columns": dict(columns.named),
        "snapshot": counted.snapshot.date().isoformat(),
        "first_date": counted.first.date().isoformat(),
        "last_date": counted.last.date().isoformat(),
        "recency_formula": RECENCY,
        "date_format": _date_words(cleaner),
        "date_order": cleaner.dates.asked if cleaner.dates else None,
        "n_rows": counted.rows,
        "n_lines": counted.lines,
        "n_purchase_lines": tally.rows[PURCHASES],
        "n_transactions": counted.transactions,
        "n_customers": customers.height,
        "gross": as_text(counted.gross),
        "returns": as_text(counted.back),
        "net": as_text(counted.gross - counted.back),
        "net_of_customers_apart": as_text(counted.net_apart),
        "policies": policies,
        "apart": _apart(people),
        "leading_categories": list(leading),
        "rfm_rule": RULE,
        "rfm_limits": {
            name: limits(customers[name], customers[score], least)
            for name, score in zip(("recency", "frequency", "monetary"), _SCORES, strict=True)
        },
        **_beside(standing),
        "rfm_segments": SCORES,
        "notices": _notices(cleaner, tally, counted, people, table),
        "warnings": [
            *standing.warnings, *counted.warnings, *tally_warnings(policies, counted.rows),
            *_doubts(cleaner, tally, counted),
            *_unread(cleaner), *_dates(counted, cleaner), *_warnings(counted, people, table),
        ],
        "fold_ids": [f for f in people.folds if f not in ALWAYS] if people.folds else "never",
    }  # fmt: skip


def _notices(
    cleaner: Cleaner, tally: Tally, counted: Counted, people: People, table: CustomerTable | None
) -> list[str]:
    columns = cleaner.columns
    return [
        *columns.notices, *cleaner.standing.notices, *counted.notices,
        *guest_words(cleaner.guests, columns.named["customer_id"]),
        *tally_notices(tally, columns, cleaner.policies),
        *(capped_orders(tally) if _per_order(cleaner.standing) else ()),
        *(table.notices if table else ()), *people.notices, *_apart_words(people),
    ]  # fmt: skip


def _doubts(cleaner: Cleaner, tally: Tally, counted: Counted) -> list[str]:
    return doubts(
        tally,
        cleaner.columns,
        rows=counted.rows,
        n_ids=counted.n_ids,
        crowd=counted.crowd,
        per_order=_per_order(cleaner.standing),
    )


def _per_order(standing: Standing) -> bool:
    return standing.refund is not None and standing.refund.order


def _beside(standing: Standing) -> dict[str, Any]:
    """Say what columns beside the money were used for, and which were not used."""
    return {
        "currency": standing.money_in,
        "rules": standing.rules,
        "status_columns": [rule.column for rule in standing.statuses],
        "unused_statuses": list(standing.unused),
    }


_SCORES = ("r_score", "f_score", "m_score")


def _date_words(cleaner: Cleaner) -> str:
    if cleaner.dates is not None:
        return cleaner.dates.words
    column = cleaner.columns.get("transaction_date")
    return f"{column!r} holds dates" if column else "year and month"


def _unread(cleaner: Cleaner) -> list[str]:
    """Tell of dates that are there and do not read."""
    unread, column = cleaner.unread, cleaner.columns.get("transaction_date")
    if not unread.rows:
        return []
    return [
        f"{unread.rows:,} values in {column!r} are no date that reads, such as "
        f"{veiled(unread.example)}: their rows were dropped (transactions.missing_dates); correct "
        "them, set input.read.date_format, or add what stands for no date to input.read.null_values"
    ]


def _apart(people: People) -> dict[str, int]:
    counts = dict(people.apart["reason"].value_counts().iter_rows())
    return {reason: counts[reason] for reason in REASONS if reason in counts}


def _apart_words(people: People) -> list[str]:
    return [
        f"{count:,} {'customer is' if count == 1 else 'customers are'} kept apart and not "
        f"clustered: {reason}"
        for reason, count in _apart(people).items()
    ]


def _warnings(counted: Counted, people: People, table: CustomerTable | None) -> list[str]:
    warnings = list(table.warnings) if table else []
    if people.unlisted:
        warnings.append(
            f"{people.unlisted:,} customers with purchases are not in the table of input.customers"
        )
    if counted.too_many_products:
        warnings.append(
            f"there are more than {MOST_ROWS:,} different products; what sells to whom is left "
            "out: does input.columns.product_id name a product?"
        )
    if counted.too_many_categories:
        warnings.append(
            f"there are more than {MOST_CATEGORIES:,} different categories, or {MOST_ROWS:,} of "
            "products with one; they are left out: does input.columns.category name a category?"
        )
    return warnings


def _dates(counted: Counted, cleaner: Cleaner) -> list[str]:
    return date_warnings(
        counted.days,
        today=date.today(),
        snapshot=counted.snapshot.date(),
        automatic=cleaner.policies.snapshot == "auto",
    )


def totals(buyers: pl.DataFrame) -> tuple[int, int, int]:
    """Sum gross and returned money in ten-thousandths, and transactions, over all buyers."""
    gross, back = (sum(buyers[c].to_list()) for c in ("gross", "back"))
    return gross, back, int(buyers["frequency"].cast(pl.Int64).sum())
