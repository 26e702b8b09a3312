"""How a file writes its numbers: decimal point or comma, thousands; found by evidence, converted.

A number that is written in another way than the file's does not convert, so that it is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from engine.config.input import ReadConfig
from engine.errors import DataError
from engine.utilities.shown import figures_like

SHARE_OF_NUMBERS = 0.8
"""A column of which this much reads as numbers is one of numbers."""

_SPACES = " \u00a0\u2009\u202f"
_APOSTROPHES = "'\u2019"
_MARKS = {",": ",", ".": r"\.", " ": f"[{_SPACES}]", "'": f"[{_APOSTROPHES}]"}
_WORDS = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}

_BEGIN = r"^[-+]?[1-9]\d{0,2}"

NUMBER = (
    rf"^[-+]?(\d+([.,]\d*)?|[.,]\d+|[1-9]\d{{0,2}}([.,{_SPACES}{_APOSTROPHES}]\d{{3}})+"
    r"([.,]\d+)?)([eE][-+]?\d+)?$"
)
"""What may be a number in one notation or another."""


def _forms(mark: str, other: str) -> dict[str, str]:
    """Patterns of numbers in which a mark can only be the decimal one, only group, or be either."""
    grouped = rf"[1-9]\d{{0,2}}((\{other}|[{_SPACES}{_APOSTROPHES}])\d{{3}})+"
    return {
        f"decimal {mark}": rf"^[-+]?(\d*\{mark}(\d{{1,2}}|\d{{4,}})|(0\d*|\d{{4,}})\{mark}\d{{3}}|"
        rf"{grouped}\{mark}\d+|\d+\{mark}\d+[eE][-+]?\d+)$",
        f"groups {mark}": rf"{_BEGIN}(\{mark}\d{{3}}){{2,}}$|{_BEGIN}(\{mark}\d{{3}})+\{other}\d+$",
        f"either {mark}": rf"{_BEGIN}\{mark}\d{{3}}$",
    }


_FORMS = {
    **_forms(",", "."),
    **_forms(".", ","),
    "groups  ": rf"{_BEGIN}([{_SPACES}]\d{{3}})+([.,]\d+)?$",
    "groups '": rf"{_BEGIN}([{_APOSTROPHES}]\d{{3}})+([.,]\d+)?$",
}

MAY_GROUP = _FORMS["either ."]
"""A number whose point may be the decimal mark or group thousands."""

_POINTS = ("decimal .", "either .")


@dataclass(frozen=True)
class Notation:
    """How numbers are written.

    Attributes
    ----------
    decimal_comma : bool
    thousands : str
        One of ``,``, ``.``, a space (which stands for any kind of space), ``'``; empty for none.

    Examples
    --------
    >>> import polars as pl
    >>> german = Notation(decimal_comma=True, thousands=".")
    >>> texts = pl.DataFrame({"x": ["1.234,5", "-7", "1.5"]})
    >>> texts.select(german.number(pl.col("x")).cast(pl.Float64, strict=False))["x"].to_list()
    [1234.5, -7.0, None]
    """

    decimal_comma: bool = False
    thousands: str = ""

    @property
    def plain(self) -> bool:
        """Whether a CSV parser reads it by itself."""
        return self == PLAIN

    def words(self) -> list[str]:
        """Say what is not the plain default."""
        words = ["decimal comma"] if self.decimal_comma else []
        return words + ([f"{_WORDS[self.thousands]} for thousands"] if self.thousands else [])

    def number(self, text: pl.Expr) -> pl.Expr:
        """Write numbers in plain notation; what is none in this notation stays none."""
        if self.plain:
            return text
        decimal, written = ("," if self.decimal_comma else "."), text
        if self.thousands:
            mark = _MARKS[self.thousands]
            grouped = rf"{_BEGIN}({mark}\d{{3}})+(\{decimal}\d*)?$"
            joined = text.str.replace_all(mark, "")
            written = pl.when(text.str.contains(grouped)).then(joined).otherwise(text)
        if self.decimal_comma:
            # A point that is left over must not become the decimal mark.
            written = written.str.replace_all(".", "?", literal=True)
            written = written.str.replace(",", ".", literal=True)
        return written

    def read(self, text: pl.Expr) -> pl.Expr:
        """Give the numbers of a column of text, as a parser of CSV reads plain ones."""
        bare = text.str.strip_chars_start().replace("", None)
        return self.number(bare if self.plain else text).cast(pl.Float64, strict=True)

    def is_not_number(self, text: pl.Expr) -> pl.Expr:
        """Tell which texts do not read as numbers; nulls do."""
        return text.is_not_null() & self.number(text).cast(pl.Float64, strict=False).is_null()

    def not_numbers(self, values: pl.Series) -> pl.Series:
        """Keep the texts that do not read as numbers."""
        return values.to_frame("v").filter(self.is_not_number(pl.col("v"))).to_series()


PLAIN = Notation()


@dataclass
class Seen:
    """Forms of numbers met in some columns, each with a column and a value that shows it."""

    forms: dict[str, tuple[str, str]] = field(default_factory=dict)

    def look(self, texts: pl.DataFrame) -> None:
        """Take in columns of text; those that are mostly numbers count."""
        present = texts.select(pl.all().count()).row(0)
        like = texts.select(pl.all().str.contains(NUMBER).sum()).row(0)
        for column, n, numbers in zip(texts.columns, present, like, strict=True):
            if n and numbers >= SHARE_OF_NUMBERS * n:
                self._look(texts.get_column(column))

    def look_at_points(self, texts: pl.DataFrame) -> None:
        """Take in columns of numbers as text, looking at their points alone."""
        for values in texts:
            self._look(values, _POINTS)

    @property
    def decimal_points(self) -> bool:
        """Whether a point was met that can only be the decimal mark."""
        return "decimal ." in self.forms

    def _look(self, values: pl.Series, forms: Sequence[str] = tuple(_FORMS)) -> None:
        for form in forms:
            if form not in self.forms:
                pattern = _FORMS[form]
                found = values.filter(values.str.contains(pattern).fill_null(value=False)).head(1)
                if len(found):
                    self.forms[form] = (values.name, str(found[0]))

    def notation(self, read: ReadConfig, file: str, *, commas_separate: bool) -> Notation:
        """Decide how numbers are written: as told, otherwise as the forms prove.

        Raises
        ------
        DataError
            Commas or points may be decimal marks as well as group thousands, and nothing tells.
        """
        comma = self._decimal_comma(read, file, commas_separate=commas_separate)
        if read.thousands != "auto":
            return Notation(comma, "" if read.thousands == "off" else read.thousands)
        mark, forms = ("." if comma else ","), self.forms
        # Decimal marks that are certain leave no other meaning to the same mark.
        groups = f"groups {mark}" in forms or f"either {mark}" in forms
        if groups and f"decimal {mark}" not in forms:
            return Notation(comma, mark)
        other = next((m for m in (" ", "'") if f"groups {m}" in forms), "")
        return Notation(comma, other)

    def _decimal_comma(self, read: ReadConfig, file: str, *, commas_separate: bool) -> bool:
        if read.decimal_comma != "auto":
            return read.decimal_comma
        if read.thousands in (".", ","):
            return read.thousands == "."
        forms = self.forms
        points, commas = "decimal ." in forms, "decimal ," in forms
        if points or "groups ," in forms:
            return False
        if commas or "groups ." in forms:
            return True
        # Who separates by commas has no decimal ones; a point is then taken for the decimal mark.
        mark = next((m for m in ",." if f"either {m}" in forms and not commas_separate), None)
        if mark is None or read.thousands == "off":
            return mark == ","
        raise self._may_be_both(mark, file)

    def _may_be_both(self, mark: str, file: str) -> DataError:
        column, value = self.forms[f"either {mark}"]
        truth = "true" if mark == "," else "false"
        message = (
            f"{file}: column {column!r} holds numbers such as {value!r}, which may be thousands or "
            f"have three decimals; set input.read.decimal_comma to {truth}, or "
            f"input.read.thousands to {mark!r}."
        )
        return DataError(message)

    def doubt(self, notation: Notation, read: ReadConfig) -> str | None:
        """Say which numbers were read in one way but may be meant in another, where none tells."""
        if read.thousands != "auto" or read.decimal_comma != "auto":
            return None
        forms = self.forms
        if notation.plain and "either ." in forms and "decimal ." not in forms:
            column, value = forms["either ."]
            return (
                f"values of column {column!r} such as {figures_like(value)} were read with a "
                "decimal point; set input.read.thousands to '.' if they are thousands"
            )
        certain = {"groups ,", "decimal .", "decimal ,"} & set(forms)
        if notation.thousands == "," and not certain:
            column, value = forms["either ,"]
            return (
                f"values of column {column!r} such as {figures_like(value)!r} were read as "
                "thousands; set input.read.decimal_comma to true if they have decimals"
            )
        return None


def typed(texts: pl.DataFrame, notation: Notation) -> dict[str, pl.DataType]:
    """Give each column of text its type: Float64 where every value is a number."""
    bad = texts.select(notation.is_not_number(pl.all()).any()).row(0)
    present = texts.select(pl.all().count()).row(0)
    return {
        column: pl.Float64() if n and not b else pl.String()
        for column, n, b in zip(texts.columns, present, bad, strict=True)
    }
