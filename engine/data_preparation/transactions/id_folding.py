"""Ids of transactions in several writings: seen in every row, decided once, folded by partition."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from engine.data_preparation.features.id_digits import (
    cut_off,
    cut_words,
    inexact,
    shortened,
    shortened_words,
)
from engine.data_preparation.features.id_forms import (
    ALWAYS,
    FOLDS,
    Asked,
    Writings,
    alike,
    choices,
    decide,
    is_plain,
    keys,
    told,
)
from engine.data_preparation.transactions.partitions import Partitions
from engine.errors import DataError
from engine.utilities.shown import form_of

_MANY = 0.01
"""Share of rows with a shortened id from which on a file is refused."""

_POINT = r"^\s*-?(?:0|[1-9][0-9]*)\.0+\s*$"
_DIGITS = 15
_LONG = 10**_DIGITS

_WORDS = {"zeros": "leading zeros", "case": "capitals"}


@dataclass
class IdFolding:
    """Makes writings of one customer's id the first of them.

    Attributes
    ----------
    column : str
        Of ids, in the file.
    asked : str or tuple of str
        ``input.fold_ids``.
    label : str
        Of the files.
    folds : tuple of str
        What is folded; known once :meth:`decide` was called.
    notices, warnings : list of str
    """

    column: str
    asked: Asked
    label: str
    folds: tuple[str, ...] = ()
    notices: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _plain: bool = True
    _long: bool = False
    _several: bool = False
    _rows: int = 0
    _short: int = 0
    _example: str = ""
    _inexact: int = 0
    _float: str = ""
    _points: int = 0
    _pointed: str = ""

    def look(self, written: pl.Series) -> None:
        """Look at the ids of a block as the file has them: floats, and numbers with a point."""
        if written.dtype.is_float():
            large = inexact(written)
            self._inexact += len(large)
            self._float = self._float or (f"{large[0]:.0f}" if len(large) else "")
        elif written.dtype == pl.String and written.str.contains(".0", literal=True).any():
            pointed = written.filter(written.str.contains(_POINT))
            self._points += len(pointed)
            self._pointed = self._pointed or (pointed[0].strip() if len(pointed) else "")

    def take(self, ids: pl.Series) -> None:
        """Look at the ids of a block's rows, as lines carry them."""
        known = ids.drop_nulls()
        self._rows += len(known)
        if known.dtype != pl.String:
            self._long |= int(known.max() or 0) >= _LONG  # type: ignore[arg-type]
            return
        self._long |= int(known.str.len_bytes().max() or 0) > _DIGITS  # type: ignore[arg-type]
        if is_plain(known):
            return
        once = known.unique()
        self._plain = False
        short = shortened(once)
        if len(short):
            self._short += int(known.is_in(short.implode()).sum())
            self._example = self._example or str(short.min())

    def merge(self, after: IdFolding) -> None:
        """Take in what was looked at in rows that follow these."""
        self._plain &= after._plain
        self._long |= after._long
        self._rows += after._rows
        self._short += after._short
        self._inexact += after._inexact
        self._points += after._points
        self._example = self._example or after._example
        self._float = self._float or after._float
        self._pointed = self._pointed or after._pointed

    def decide(self, partitions: Partitions) -> None:
        """Decide what is folded, from all ids.

        Raises
        ------
        DataError
            A spreadsheet shortened more than a few of them.
        """
        if self._short:
            words = shortened_words(self._short, self._rows, self._example, self.column)
            if self._short > _MANY * self._rows:
                message = f"{self.label}: {words}."
                raise DataError(message)
            self.warnings.append(words)
        open_ = () if self._plain else choices(self.asked)
        writings, long, cut = Writings(), 0, 0
        if open_ or self._long:
            for part in range(partitions.count):
                ids = _different(partitions, part)
                if open_:
                    writings.take(ids, open_)
                more = cut_off(ids) if self._long else (0, 0)
                long, cut = long + more[0], cut + more[1]
        if writings.open:
            for part in range(partitions.count):
                writings.weigh(_different(partitions, part))
        self.warnings += cut_words(long, cut, self.column)
        self.folds = decide(writings, self.asked, lines=True) if open_ else self._unread()
        found = writings.alike.get(self.folds)
        self._several = bool(found and found.writings)
        notices, warnings = told(writings, self.folds, self.asked, self.column)
        self.notices, self.warnings = notices, self.warnings + warnings
        self._tell_writing()

    def _tell_writing(self) -> None:
        """Tell of floats that are not told apart, and of points that were left out."""
        if self._inexact:
            self.warnings.append(
                f"{self._inexact:,} rows have an id in {self.column!r} that is a float of more "
                f"than 15 digits, such as {form_of(self._float)}: floats do not tell "
                "such ids apart, so that different customers may be one; write the column as "
                "text or integers"
            )
        if 0 < self._points < self._rows:
            self.notices.append(
                f"{self._points:,} of {self._rows:,} rows write the id in {self.column!r} with a "
                f"point, such as {form_of(self._pointed, zeros=True)!r}: it is the customer "
                "without one, as the other rows write ids"
            )

    def _unread(self) -> tuple[str, ...]:
        """Give what is folded where there is nothing to fold."""
        if self.asked == "never":
            return ()
        return ALWAYS if self.asked == "auto" else (*ALWAYS, *self.asked)

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give every row of a partition its customer's first writing."""
        if not self._several:
            return rows
        once = rows["id"].drop_nulls().unique(maintain_order=True)
        return rows.with_columns(_replaced(pl.col("id"), once, keys(once, self.folds)))


def _different(partitions: Partitions, part: int) -> pl.Series:
    return partitions.column(part, "id").drop_nulls().unique(maintain_order=True)


def _replaced(column: pl.Expr, ids: pl.Series, key: pl.Series) -> pl.Expr:
    table = pl.DataFrame({"id": ids, "key": key}).with_columns(
        first=pl.col("id").first().over("key")
    )
    changed = table.filter(pl.col("id") != pl.col("first"))
    return column.replace(changed["id"], changed["first"])


def like_those(
    listed: pl.Series, bought: pl.Series, folds: tuple[str, ...], asked: Asked
) -> tuple[pl.Series, tuple[str, ...], list[str]]:
    """Write the ids of a customers' table as the transactions write them.

    Parameters
    ----------
    listed : Series of Int64 or String
        Ids of the table, each once.
    bought : Series of Int64 or String
        Ids of the transactions, each once.
    folds : tuple of str
        As decided of the transactions.
    asked : str or tuple of str

    Returns
    -------
    ids : Series
        Those of the table; String where the two are not both numbers.
    folds : tuple of str
        With what ``auto`` adds where no id of the two is the same otherwise.
    notices : list of str
    """
    if listed.dtype != pl.String and bought.dtype != pl.String:
        return listed, folds, []
    listed, bought = listed.cast(pl.String), bought.cast(pl.String)
    found = _as_bought(listed, bought, folds)
    if asked != "auto" or found.is_in(bought.implode()).any():
        return found, folds, []
    for more in (("zeros",), ("case",), ("case", "zeros")):
        wider = tuple(f for f in FOLDS if f in (*folds, *more))
        again = _as_bought(listed, bought, wider)
        same = int(again.is_in(bought.implode()).sum())
        if same and not alike(listed, wider).writings and not alike(bought, wider).writings:
            here = again.is_in(bought.implode())
            but = " and ".join(_WORDS[m] for m in more)
            words = (
                f"no id of the table of input.customers is written as in the transactions; "
                f"{same:,} are the same customers but for {but}, as "
                f"{listed.filter(here)[0]!r} is {again.filter(here)[0]!r} (input.fold_ids: auto)"
            )
            return again, wider, [words]
    return found, folds, []


def _as_bought(listed: pl.Series, bought: pl.Series, folds: tuple[str, ...]) -> pl.Series:
    if not folds:
        return listed
    known = pl.DataFrame({"key": keys(bought, folds), "known": bought}).unique("key", keep="first")
    asked = pl.DataFrame({"id": listed, "key": keys(listed, folds)})
    joined = asked.join(known, on="key", how="left", maintain_order="left")
    return joined.select(pl.coalesce("known", "id").alias("id"))["id"]
