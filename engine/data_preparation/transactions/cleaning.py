"""One block of a file to canonical lines: keys as text, a moment, exact money, a reason to drop."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.date_format import DateFormat
from engine.data_preparation.reading.dates import Unread, as_datetime
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.carried import CARRIED, carried_in
from engine.data_preparation.transactions.columns import Columns
from engine.data_preparation.transactions.guests import without_guests
from engine.data_preparation.transactions.money import check_lines
from engine.data_preparation.transactions.reasons import Fee, Reason
from engine.data_preparation.transactions.standing import NOTHING, Standing
from engine.data_preparation.transactions.status_words import State
from engine.errors import DataError

TEXT = (pl.String, pl.Categorical, pl.Enum)
"""Types of text."""

_CANCELLED = r"^[Cc][0-9]+$"
_DIGITS = r"^[0-9]+$"
_LETTER = r"^[A-Z]$"
_SEED = 20_101_201
_CENT = 0.01
_ZERO = (pl.col("money") == 0) | (pl.col("unit_price") == 0)
_NEGATIVE = pl.col("unit_price") < 0


@dataclass(frozen=True)
class Cleaner:
    """Turns blocks of a file into canonical lines; every row stays, with the reason to drop it.

    Attributes
    ----------
    source : Source
        As :func:`engine.data_preparation.transactions.columns.as_read` gives it.
    columns : Columns
    policies : TransactionsConfig
    dates : DateFormat or None
        How text in the date column reads; None for a column of dates.
    standing : Standing
        What columns beside the money say of it.
    unread : Unread
        Dates that are there and do not read, as blocks are cleaned.
    guests : Counter of str
        Rows by the word for a guest that stands for their customer, as blocks are cleaned.
    """

    source: Source
    columns: Columns
    policies: TransactionsConfig
    dates: DateFormat | None
    standing: Standing = NOTHING
    unread: Unread = field(default_factory=Unread)
    guests: Counter[str] = field(default_factory=Counter)

    def clean(self, block: pl.DataFrame, file: int) -> pl.DataFrame:
        """Give the canonical lines of a block of file number ``file``.

        Returns
        -------
        lines : DataFrame
            id (Int64 or String), transaction (the same), moment (Datetime us), product, name,
            category (String), units (Float64), amount (Int64, ten-thousandths), back (Boolean:
            negative, so a return), number (UInt8: 1 digits, 2 C and digits, 0 other), fee
            (UInt8, a :class:`Fee`), reason and noted (UInt8, a :class:`Reason`: why the row is
            dropped, and what is odd but kept), unlike (Boolean: the amount is not quantity times
            price; null where that is not known), file (UInt16), print (UInt64). Where columns
            beside the money say something: state (UInt8, a :class:`State`), refund and
            order_money (Int64, ten-thousandths). Last, what describes customers, as text.

        Raises
        ------
        DataError
            Text among numbers, or money too large to sum.
        """
        raw = block.select(
            *self._keys(), *self._numbers(), self._moment(), *self._marks(block),
            *self.standing.marks(), *self._carried(),
        )  # fmt: skip
        raw = raw.with_columns(without_guests(raw["id"], self.guests))
        self._check_texts(block, raw)
        if column := self.columns.get("transaction_date"):
            self.unread.look(block[column], raw["moment"])
        lines = self.standing.valued(raw, self._money())
        check_lines(lines, self.source.label)
        lines = lines.with_columns(back=self._is_back(), reason=self._reason(), noted=self._noted())
        return lines.select(
            "id", "transaction", "moment", "product", "name", "category",
            self._units().alias("units"), pl.col("money").cast(pl.Int64).alias("amount"), "back",
            _number("transaction", raw.schema["transaction"]).alias("number"), "fee", "reason",
            "noted", "unlike", pl.lit(file, pl.UInt16).alias("file"), "print", *self.standing.names,
            *carried_in(raw.columns),
        )  # fmt: skip

    def _keys(self) -> list[pl.Expr]:
        names = {
            "id": "customer_id", "transaction": "transaction_id", "product": "product_id",
            "name": "product_name", "category": "category",
        }  # fmt: skip
        return [self._key(canonical).alias(name) for name, canonical in names.items()]

    def _carried(self) -> list[pl.Expr]:
        nulls = [n for n in self.source.read.null_values if n]
        texts = {c: code_text(pl.col(c), self.source.schema[c]) for c in self.columns.carried}
        return [pl.when(~t.is_in(nulls)).then(t).alias(CARRIED + c) for c, t in texts.items()]

    def _key(self, canonical: str) -> pl.Expr:
        column = self.columns.get(canonical)
        if column is None:
            return pl.lit(None, pl.String)
        dtype = self.source.schema[column]
        if canonical == "product_id":
            return without_point(code_text(pl.col(column), dtype), dtype)
        if canonical not in ("customer_id", "transaction_id"):
            return code_text(pl.col(column), dtype)
        if is_integer(dtype):
            return pl.col(column).cast(pl.Int64)
        return key_text(pl.col(column), dtype, self.source.read.null_values)

    def _numbers(self) -> list[pl.Expr]:
        return [self._number(name).alias(name) for name in ("quantity", "unit_price", "total")]

    def _number(self, name: str) -> pl.Expr:
        column = self.columns.get("amount" if name == "total" else name)
        if column is None:
            return pl.lit(None, pl.Float64)
        text = self.source.schema[column] == pl.String
        value = pl.col(column).str.strip_chars() if text else pl.col(column)
        number = value.cast(pl.Float64, strict=False)
        return pl.when(number.is_finite()).then(number)

    def _moment(self) -> pl.Expr:
        if (column := self.columns.get("transaction_date")) is not None:
            found = as_datetime(column, self.source.schema[column], self.dates)
            # A calendar ends at the year 9999, and a snapshot is a day later than any purchase.
            return pl.when(found.dt.year().is_between(1, 9998)).then(found).alias("moment")
        year, month = (
            pl.col(self.columns.named[k])
            .cast(pl.Float64, strict=False)
            .cast(pl.Int32, strict=False)
            for k in ("year", "month")
        )
        known = year.is_between(1, 9998) & month.is_between(1, 12)
        first = pl.date(pl.when(known).then(year), pl.when(known).then(month), 1)
        return first.dt.month_end().cast(pl.Datetime("us")).alias("moment")

    def _marks(self, block: pl.DataFrame) -> list[Any]:
        csv = not self.source.typed
        empty = pl.all_horizontal(pl.all().is_null()) if csv else pl.lit(value=False)
        return [
            empty.alias("blank"), self._fee().alias("fee"), self._unlike().alias("unlike"),
            fingerprints(block).alias("print"),
        ]  # fmt: skip

    def _fee(self) -> pl.Expr:
        codes = [c.strip().upper() for c in self.policies.non_product_codes]
        code = self._key("product_id").str.to_uppercase()
        listed, letter = code.is_in(codes), code.str.contains(_LETTER)
        doubtful = letter & pl.lit(value=self.policies.has_usual_codes)
        kinds = [
            (doubtful & listed, Fee.LETTER_CODE),
            (listed, Fee.CODE),
            (doubtful, Fee.LETTER),
        ]
        found = [pl.when(test).then(pl.lit(int(kind), pl.UInt8)) for test, kind in kinds]
        return pl.coalesce(*found, pl.lit(int(Fee.NO), pl.UInt8))

    def _unlike(self) -> pl.Expr:
        """Tell where a line's amount and its quantity times price are more than a cent apart."""
        if self.columns.price is None:
            return pl.lit(None, pl.Boolean)
        product = self._number("quantity") * pl.col(self.columns.price).cast(pl.Float64)
        return (self._number("total").abs() - product.abs()).abs() > _CENT + product.abs() * 1e-9

    def _money(self) -> pl.Expr:
        if self.columns.get("amount"):
            return pl.col("total")
        return pl.col("quantity") * pl.col("unit_price")

    def _is_back(self) -> pl.Expr:
        negative = (pl.col("money") < 0).fill_null(value=False)
        fewer = (pl.col("quantity") < 0).fill_null(value=False)
        return negative | fewer | self.standing.says(State.REFUND)

    def _units(self) -> pl.Expr:
        one = pl.when(pl.col("back")).then(-1.0).otherwise(1.0)
        return pl.col("quantity").fill_null(one)

    def _reason(self) -> pl.Expr:
        policies = self.policies
        tests = [
            (Reason.BLANK, pl.col("blank"), True),
            (Reason.OTHER_CURRENCY, self.standing.is_elsewhere(), True),
            (Reason.NO_ID, pl.col("id").is_null(), True),
            (Reason.NO_PURCHASE, self.standing.says(State.NONE), True),
            (Reason.UNSETTLED, self.standing.says(State.OPEN), policies.unsettled == "drop"),
            (Reason.NO_DATE, pl.col("moment").is_null(), True),
            (Reason.NO_AMOUNT, pl.col("money").is_null(), True),
            (Reason.ZERO_PRICE, _ZERO, policies.zero_prices == "drop"),
            (Reason.NEGATIVE_PRICE, _NEGATIVE, policies.negative_prices != "keep"),
            (Reason.TOO_LATE, self._too_late(), True),
        ]
        return _first([(reason, test) for reason, test, drops in tests if drops])

    def _noted(self) -> pl.Expr:
        return _first([(Reason.ZERO_PRICE, _ZERO), (Reason.NEGATIVE_PRICE, _NEGATIVE)])

    def _too_late(self) -> pl.Expr:
        if not isinstance(self.policies.snapshot, date):
            return pl.lit(value=False)
        return pl.col("moment") >= pl.lit(self.policies.snapshot).cast(pl.Datetime("us"))

    def _check_texts(self, block: pl.DataFrame, raw: pl.DataFrame) -> None:
        """Refuse words in a Parquet column of numbers written as text; CSV says so itself."""
        for name in ("quantity", "unit_price", "total"):
            column = self.columns.get("amount" if name == "total" else name)
            if column is None or self.source.schema[column] != pl.String:
                continue
            text = block.get_column(column).str.strip_chars()
            lacks = raw[name].is_null() & text.is_not_null()
            words = text.filter(lacks & ~text.is_in([*self.source.read.null_values, ""]))
            words = words.filter(words.cast(pl.Float64, strict=False).is_null())
            if len(words):
                message = (
                    f"{self.source.label}: column {column!r} should hold numbers but also holds "
                    f"the text {words[0]!r}; correct it, or add it to input.read.null_values."
                )
                raise DataError(message)


def _first(tests: list[tuple[Reason, pl.Expr]]) -> pl.Expr:
    """Give the code of the first test that holds, else that of a plain line."""
    codes = [
        pl.when(test.fill_null(value=False)).then(pl.lit(int(reason), pl.UInt8))
        for reason, test in tests
    ]
    return pl.coalesce(*codes, pl.lit(int(Reason.KEPT), pl.UInt8))


def is_integer(dtype: pl.DataType) -> bool:
    """Tell whether every value fits Int64."""
    return dtype.is_integer() and dtype not in (pl.UInt64, pl.Int128)


def key_text(value: pl.Expr, dtype: pl.DataType, nulls: tuple[str, ...]) -> pl.Expr:
    """Write ids the same way from any type: 17850.0, "17850" and 17850 are one customer.

    What stands for a missing value is null; -0 is 0.
    """
    text = without_point(code_text(value, dtype), dtype).str.replace("^-0$", "0")
    return pl.when(~text.is_in([t for t in nulls if t])).then(text)


def without_point(text: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Write whole numbers without a point: 22697.0 is the code 22697."""
    if dtype.is_float():
        return text
    return text.str.replace(r"^(-?(?:0|[1-9][0-9]*))\.0+$", "$1")


def code_text(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Write codes and names as text: whole numbers without a point, no surrounding spaces.

    Non-breaking spaces become plain ones; what is then empty is null.
    """
    if dtype.is_float():
        number = value.cast(pl.Float64)
        whole = (number == number.round(0)) & (number.abs() < 2.0**53)
        small = pl.when(whole).then(number).cast(pl.Int64).cast(pl.String)
        return pl.when(number.is_finite()).then(pl.coalesce(small, number.cast(pl.String)))
    text = value.cast(pl.String).str.replace_all("\u00a0", " ", literal=True).str.strip_chars()
    return pl.when(text != "").then(text)


def fingerprints(block: pl.DataFrame) -> pl.Series:
    """Hash whole rows, all columns: uint64. Two rows count as equal only with equal keys as well.

    The hash repeats within a process, which is all that is asked of it.
    """
    coded = [c for c, t in block.schema.items() if t in (pl.Categorical, pl.Enum)]
    return block.with_columns(pl.col(coded).cast(pl.String)).hash_rows(_SEED)


def _number(column: str, dtype: pl.DataType) -> pl.Expr:
    """Tell how a transaction is numbered: 1 digits, 2 C and digits, 0 otherwise."""
    if dtype.is_integer():
        return pl.lit(1, pl.UInt8)
    text = pl.col(column)
    kind = pl.when(text.str.contains(_DIGITS)).then(1).when(text.str.contains(_CANCELLED)).then(2)
    return kind.otherwise(0).cast(pl.UInt8)
