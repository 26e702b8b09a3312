"""The look at the columns beside the money, before the rows are read: see :class:`Standing`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.adjustments import (
    DISCOUNTS,
    PIECES_BACK,
    REFUNDS,
    as_number,
)
from engine.data_preparation.transactions.columns import Columns
from engine.data_preparation.transactions.currencies import NAMES as CURRENCIES
from engine.data_preparation.transactions.filling import Filler
from engine.data_preparation.transactions.standing import trimmed
from engine.data_preparation.transactions.status_words import fold
from engine.data_preparation.transactions.statuses import (
    MOST_WORDS,
    Candidate,
    StatusRule,
    candidate_of,
    judge,
    may_hold_statuses,
)

_HEAD = 20_000
"""Rows that tell whether a column of another name holds statuses."""

_WORDS_BY_VALUE = 30
_TEXT = (pl.String, pl.Categorical, pl.Enum)


@dataclass
class Seen:
    """What a pass over the columns beside the money saw.

    Attributes
    ----------
    rows : int
    values : dict of column to Counter of value, or None where there are too many
    blanks : Counter of column
    once : dict of column to list of three counts
        Lines that begin an order and have no value, later lines with one, later lines without.
    refunds, discounts : DataFrame
        transaction, value, marked, money of rows where the value is not zero.
    """

    rows: int = 0
    values: dict[str, Counter[str] | None] = field(default_factory=dict)
    blanks: Counter[str] = field(default_factory=Counter)
    once: dict[str, list[int]] = field(default_factory=dict)
    numbers: dict[str, list[pl.DataFrame]] = field(default_factory=dict)

    def rare(self, column: str) -> Mapping[str, int] | None:
        """Give a column's values, None where there are too many to be words."""
        return self.values.get(column)

    def first_only(self, column: str) -> bool:
        """Tell whether a column is filled on the first line of every order and nowhere else."""
        bare_first, later, bare_later = self.once.get(column, [0, 0, 0])
        return not bare_first and not later and bare_later > 0

    def number(self, column: str) -> pl.DataFrame:
        """Give the rows where the value is not zero."""
        return pl.concat(self.numbers[column])


@dataclass(frozen=True)
class Beside:
    """Columns that are looked at.

    Attributes
    ----------
    statuses : tuple of Candidate
    refund, pieces, discount, currency : str or None
    """

    statuses: tuple[Candidate, ...]
    refund: str | None
    pieces: bool
    discount: str | None
    currency: str | None

    @property
    def texts(self) -> list[str]:
        """Columns of words."""
        return [*(c.column for c in self.statuses), *([self.currency] if self.currency else [])]

    @property
    def numbers(self) -> list[str]:
        """Columns of numbers."""
        return [c for c in (self.refund, self.discount) if c]


def find_beside(source: Source, columns: Columns, policies: TransactionsConfig) -> Beside:
    """Find, by name and by hand, the columns that say something of the money."""
    used = set(columns.named.values()) | set(columns.marks.values())
    free = [c for c, t in source.schema.items() if c not in used and _readable(t)]
    marks = columns.marks
    refund = marks.get("refund") or _first(free, REFUNDS)
    pieces = None
    if refund is None and (columns.get("quantity") or columns.get("unit_price")):
        pieces = _first(free, PIECES_BACK)
    discount = marks.get("discount") or _first(free, DISCOUNTS)
    currency = marks.get("currency") or _currency(free, source)
    taken = {refund, pieces, discount, currency}
    found = _candidates([c for c in free if c not in taken], source, columns, policies)
    by_pieces = (refund is None and pieces is not None) or fold(refund or "") in PIECES_BACK
    return Beside(
        found,
        None if policies.refund == "off" else refund or pieces,
        by_pieces,
        None if policies.discount == "off" else discount,
        currency,
    )


def _readable(dtype: pl.DataType) -> bool:
    return not (dtype.is_nested() or dtype in (pl.Binary, pl.Object, pl.Duration))


def _first(columns: list[str], names: frozenset[str]) -> str | None:
    return next((c for c in columns if fold(c) in names or f"{fold(c)}%" in names), None)


def _currency(columns: list[str], source: Source) -> str | None:
    texts = [c for c in columns if source.schema[c] in (*_TEXT, pl.Null)]
    return _first(texts, CURRENCIES)


def _candidates(
    free: list[str], source: Source, columns: Columns, policies: TransactionsConfig
) -> tuple[Candidate, ...]:
    if policies.statuses == "off":
        return ()
    if column := columns.marks.get("status"):
        named = candidate_of(column)
        flag = named is not None and named.kind in ("flag", "date", "type")
        by_hand = named if flag and named else Candidate(column, "named")
        beside = [c for c in map(candidate_of, free) if c and c.kind in ("flag", "date")]
        more = [c for c in map(candidate_of, free) if c and c.kind == "status"]
        return (by_hand, *(beside if columns.export else ()), *(more if columns.export else ()))
    by_name = [c for c in map(candidate_of, free) if c]
    names = {c.column for c in by_name}
    others = [
        c for c in free
        if c not in names and source.schema[c] in _TEXT and may_hold_statuses(c)
    ]  # fmt: skip
    return (*by_name, *(Candidate(c, "values") for c in _by_values(others, source)))


def _by_values(columns: list[str], source: Source) -> list[str]:
    """Find columns of other names whose first values are statuses."""
    if not columns:
        return []
    head = next(source.batches(columns), None)
    if head is None:
        return []
    found = []
    for column in columns:
        counts = _counts(head.head(_HEAD), column)
        if 1 < len(counts) <= _WORDS_BY_VALUE:
            rule = judge(Candidate(column, "values"), counts, {}, head.height)
            found += [column] if isinstance(rule, StatusRule) else []
    return found


def look(source: Source, columns: Columns, beside: Beside, filled: tuple[str, ...]) -> Seen:
    """Read the columns beside the money once; nothing is read where there are none."""
    seen = Seen()
    if not (beside.texts or beside.numbers):
        return seen
    order = columns.get("transaction_id")
    money = [c for k in ("amount", "quantity", "unit_price") if (c := columns.get(k))]
    wanted = list(dict.fromkeys([*beside.texts, *beside.numbers, *money, *filled]))
    wanted += [order] if order and order not in wanted else []
    filler = Filler(order, filled) if order else None
    for file, path in enumerate(source.files):
        for block in replace(source, files=(path,)).batches(wanted):
            rows = filler.fill(block, file) if filler else block
            seen.rows += rows.height
            for column in beside.texts:
                _take_words(seen, rows, column, order)
            for column in beside.numbers:
                _take_numbers(seen, rows, column, columns)
    return seen


def _take_words(seen: Seen, rows: pl.DataFrame, column: str, order: str | None) -> None:
    counts = _counts(rows, column)
    seen.blanks[column] += rows.height - sum(counts.values())
    known = seen.values.setdefault(column, Counter())
    if known is not None:
        known.update(counts)
        if len(known) > 10 * MOST_WORDS:
            seen.values[column] = None
    if order and sum(counts.values()) < rows.height:
        there = trimmed(column).fill_null("") != ""
        begins = pl.col(order).ne_missing(pl.col(order).shift()) & (pl.int_range(pl.len()) > 0)
        later = pl.col(order).eq_missing(pl.col(order).shift()) & (pl.int_range(pl.len()) > 0)
        tests = [begins & ~there, later & there, later & ~there]
        found = rows.select(test.sum().alias(str(i)) for i, test in enumerate(tests)).row(0)
        so_far = seen.once.get(column, [0, 0, 0])
        seen.once[column] = [a + int(b) for a, b in zip(so_far, found, strict=True)]


def _counts(rows: pl.DataFrame, column: str) -> dict[str, int]:
    values = rows.select(trimmed(column).alias("value")).filter(pl.col("value").fill_null("") != "")
    counts = values["value"].value_counts(sort=True)
    return dict(counts.head(20 * MOST_WORDS).iter_rows())


def _take_numbers(seen: Seen, rows: pl.DataFrame, column: str, columns: Columns) -> None:
    def number(canonical: str) -> pl.Expr:
        name = columns.get(canonical)
        return as_number(name) if name else pl.lit(None, pl.Float64)

    product = number("quantity") * number("unit_price")
    order = columns.get("transaction_id")
    found = rows.select(
        (pl.col(order).cast(pl.String) if order else pl.lit(None, pl.String)).alias("transaction"),
        as_number(column).alias("value"),
        pl.col(column).cast(pl.String).str.contains("%", literal=True).alias("marked"),
        pl.coalesce(number("amount"), product).alias("money"),
        bad=pl.col(column).is_not_null() & as_number(column).is_null(),
    ).with_columns(pl.col("marked").fill_null(value=False))
    seen.numbers.setdefault(column, []).append(
        found.filter((pl.col("value") != 0).fill_null(value=False) | pl.col("bad"))
    )
