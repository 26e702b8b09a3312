"""Cells that hold lists, ``[ERKEK, COCUK]`` or ``a;b;c``: what is in them, one flag a member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import polars as pl

from engine.data_preparation.reading.written_numbers import is_missing

BRACKETS = r"^\s*[\[{(]([^\[\]{}()]*)[\]})]\s*$"
SEPARATORS = (";", "|", ",")
_MARK = "\x1f"


def members(cell: pl.Expr, separator: str) -> pl.Expr:
    r"""Give a cell's members, parted and framed by one mark; null where nothing is there.

    Examples
    --------
    >>> import polars as pl
    >>> cells = pl.DataFrame({"c": ["[ERKEK, COCUK]", '["x","y"]', "a;b"]})
    >>> found = cells.select(c=members(pl.col("c"), ",").str.replace_all("\x1f", "/"))
    >>> found["c"].to_list()
    ['/ERKEK/COCUK/', '/x/y/', '/a;b/']
    """
    inner = cell.str.replace(BRACKETS, "${1}").str.strip_chars(" \t\u00a0\"'" + separator)
    mark = "\\" + separator if separator == "|" else separator
    parted = inner.str.replace_all(rf"\s*[\"']?\s*(?:{mark}\s*)+[\"']?\s*", _MARK)
    framed = pl.concat_str(pl.lit(_MARK), parted, pl.lit(_MARK))
    return pl.when(~is_missing(cell)).then(framed)


def parted(cell: pl.Expr, separator: str) -> pl.Expr:
    """Give a cell's members as a list; an empty list has none."""
    inner = members(cell, separator).str.strip_chars(_MARK)
    return (
        pl.when(inner != "").then(inner.str.split(_MARK)).otherwise(pl.lit([], pl.List(pl.String)))
    )


def is_text(dtype: pl.DataType) -> bool:
    """Tell text, of which cells may be lists, from lists."""
    return dtype in (pl.String, pl.Categorical, pl.Enum)


def is_list(dtype: pl.DataType) -> bool:
    """Tell lists whose members may be flags: texts, numbers, yes or no, days; not lists of lists.

    Examples
    --------
    >>> is_list(pl.List(pl.String())), is_list(pl.List(pl.List(pl.Int64()))), is_list(pl.String())
    (True, False, False)
    """
    if not isinstance(dtype, pl.List):
        return False
    inner: Any = dtype.inner
    return is_text(inner) or inner.is_numeric() or inner in (pl.Boolean, pl.Date, pl.Null)


@dataclass(frozen=True)
class MemberReading:
    """Whether a cell's list has a member: 1 or 0, one of several columns made from one.

    Attributes
    ----------
    column : str
        Of the file.
    member : str
    known : tuple of str
        Members of enough rows to be named, with a flag of their own or not.
    separator : str
        Between members in text.
    share : float
        Of the cells with a list, those that have the member.

    Examples
    --------
    >>> import polars as pl
    >>> sport = MemberReading("likes", "sport", ("film", "sport"), ";", 0.5)
    >>> texts = pl.DataFrame({"likes": ["film;sport", "film", None]})
    >>> texts.select(sport.expression(pl.col("likes"), pl.String()))["likes"].to_list()
    [1.0, 0.0, None]
    """

    kind: ClassVar[str] = "member"
    loss: ClassVar[str] = (
        "hold members that nobody had in training, or too few; these carry no information"
    )

    column: str
    member: str
    known: tuple[str, ...]
    separator: str
    share: float

    def reads(self, dtype: pl.DataType) -> bool:
        """Tell whether cells of this type can be lists."""
        return is_text(dtype) or is_list(dtype)

    def expression(self, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """Give Float64: 1 where the list has the member, null where there is no list."""
        if isinstance(dtype, pl.List):
            has = value.cast(pl.List(pl.String)).list.contains(pl.lit(self.member))
        else:
            framed = members(value.cast(pl.String), self.separator)
            has = framed.str.contains(f"{_MARK}{self.member}{_MARK}", literal=True)
        return has.cast(pl.Float64).alias(self.column)

    def lost(self, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """Tell which lists have a member that was not known."""
        if isinstance(dtype, pl.List):
            found = value.cast(pl.List(pl.String))
        else:
            found = parted(value.cast(pl.String), self.separator)
        strangers = found.list.set_difference(pl.lit([*self.known, ""], pl.List(pl.String)))
        return (strangers.list.drop_nulls().list.len() > 0).fill_null(value=False)

    def words(self) -> str:
        """Say how, after ``is read as``."""
        return f"a flag for {self.member!r} in {self.column!r}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"kind": self.kind, **asdict(self), "known": list(self.known)}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> MemberReading:
        """Read what :meth:`to_json` wrote."""
        rest = {k: v for k, v in tree.items() if k != "kind"}
        return cls(**{**rest, "known": tuple(tree["known"])})
