"""One number as people write it, ``₹ 1,44,679.40``, ``(45.00)``, ``12.5K``: taken apart, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import polars as pl

from engine.data_preparation.reading.numbers import Notation
from engine.data_preparation.reading.other_digits import DIGITS

MISSING = frozenset({
    "#n/a", "#na", "n/a", "na", "n.a.", "n.a", "n/d", "nd", "n.d.", "n.d", "null", "(null)",
    "#null!", "<null>", "none", "nil", "nan", "<na>", "?", "??", "???", "-", "--", "---", ".",
    "..", "...", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "unknown", "unk", "unbekannt",
    "desconocido", "inconnu", "sconosciuto", "desconhecido", "bilinmiyor", "неизвестно",
    "missing", "(missing)", "k.a.", "k.a", "k._a.", "s/d", "s.d.", "undefined", "(blank)",
    "blank", "empty", "not_available", "not_applicable", "keine_angabe", "sin_dato", "sin_datos",
    "no_disponible", "non_disponible",
})  # fmt: skip
"""Words for a value that is not there, small, an underscore for a blank."""

_CHARACTERS = {
    **dict.fromkeys("\u2212\u2012\u2013\u2014\ufe63\uff0d", "-"),
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009", " "),
    **dict.fromkeys("\u200a\u202f\u205f\u3000\t", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u061c\u2066\u2067\u2068\u2069\ufeff", ""),
    **DIGITS,
    "\u066b": ".", "\u066c": ",", "\uff0e": ".", "\uff0c": ",", "\u2019": "'", "\u02bc": "'",
}  # fmt: skip
"""Minus signs, blanks, marks without width and digits, as a keyboard writes them."""

INDIAN = r"^[1-9]\d?(,\d{2})+,\d{3}(\.\d*)?$"
"""Lakhs and crores grouped by two digits, such as 1,44,679.40."""

_PREFIX = r"\p{L}[\p{L}\p{M}.]{0,11}/?\.?|[\p{L}.]{0,4}\p{Sc}\p{L}{0,3}|%"
_BEGUN = r"[0-9](?:[0-9.,' ]*[0-9])?[.,]?(?:[eE][-+]?[0-9]+)?"
_CORE = rf"(?:{_BEGUN}|[.,][0-9]+(?:[eE][-+]?[0-9]+)?)"
_SUFFIX = r"""[\p{L}\p{Sc}%‰°/"][^0-9()+\-]{0,20}"""
_PARTS = (
    rf"^(?P<s1>[-+]?)\s*(?P<prefix>{_PREFIX})?\s*(?P<s2>[-+]?)\s*(?P<core>{_CORE})\s*"
    rf"(?P<suffix>{_SUFFIX})?\s*(?P<s3>-?)$"
)
_IN_BRACKETS = r"^([^0-9()]*)\(([^()]*[0-9][^()]*)\)([^0-9()]*)$"
_HERE = "\x1f"
_NO_CENTS = r"([0-9])[.,]\s?-{1,2}(\s|$|\p{L}|\p{Sc})"
"""A price such as ``49,-``."""

_COMMA_CENTS = r"^([^,]*[0-9]),\s?-{1,2}(\s|$|\p{L}|\p{Sc})"
_POINT_CENTS = r"^([^.]*[,'][0-9]{3})\.\s?-{1,2}(\s|$|\p{L}|\p{Sc})"
"""Prices without cents that tell their decimal mark: ``1.020,-`` and ``1,020.-``."""


def cleaned(text: pl.Expr) -> pl.Expr:
    """Write minus signs, blanks and digits in one way; no blanks around."""
    plain = text.str.replace_many(list(_CHARACTERS), list(_CHARACTERS.values()))
    return plain.str.strip_chars()


def plain(texts: pl.Series) -> pl.Series:
    """Write texts as :func:`cleaned` does, and prices without cents as such."""
    alike = texts.str.len_bytes().sum() == texts.str.len_chars().sum()
    text = pl.col("t").str.strip_chars() if alike else cleaned(pl.col("t"))
    return texts.to_frame("t").select(text.str.replace(_NO_CENTS, "${1}${2}")).to_series()


def is_missing(text: pl.Expr) -> pl.Expr:
    """Tell which texts stand for a value that is not there: empty, or a word for it."""
    word = cleaned(text).str.to_lowercase().str.replace_all(" ", "_", literal=True)
    return word.is_in(["", *sorted(MISSING)])


def small(word: pl.Expr) -> pl.Expr:
    """Write a unit in one way: small, single blanks, no points."""
    bare = word.str.to_lowercase().str.replace_all(".", "", literal=True)
    return bare.str.replace_all(r"\s+", " ").str.strip_chars().fill_null("")


def parts(text: pl.Expr) -> pl.Expr:
    """Take numbers apart.

    Returns
    -------
    parts : struct expression
        negative (Boolean), prefix, core, suffix (String; null where the text is no number), signed
        (Boolean: a plus stands before it).
    """
    bare = cleaned(text).str.replace(_COMMA_CENTS, "${1},00${2}")
    bare = bare.str.replace(_POINT_CENTS, "${1}.00${2}").str.replace(_NO_CENTS, "${1}${2}")
    bracketed = bare.str.contains(_IN_BRACKETS)
    bare = bare.str.replace(_IN_BRACKETS, "${1}${2}${3}").str.strip_chars()
    found = bare.str.extract_groups(_PARTS)
    signs = [found.struct.field(name).fill_null("") for name in ("s1", "s2", "s3")]
    minus = pl.any_horizontal(*(sign == "-" for sign in signs))
    one = pl.sum_horizontal(*(sign.ne("").cast(pl.Int8) for sign in signs)) <= 1
    core = pl.when(one).then(found.struct.field("core"))
    return pl.struct(
        (bracketed | minus).alias("negative"),
        small(found.struct.field("prefix")).alias("prefix"),
        core.alias("core"),
        small(found.struct.field("suffix")).alias("suffix"),
        (signs[0] == "+").alias("signed"),
    )


@dataclass(frozen=True)
class NumberReading:
    """How a column of text is read as numbers.

    Attributes
    ----------
    column : str
        Of the file.
    unit : str
        For people; empty for none.
    prefixes : tuple of str
        What may stand before a number: the unit, small, as :func:`small` writes it.
    suffixes : tuple of (str, float)
        What may follow it, and what the number is then multiplied by: units, and words such as K.
    decimal_comma, thousands, indian
        As of :class:`Notation`; whether groups of two digits occur.

    Examples
    --------
    >>> import polars as pl
    >>> income = NumberReading("income", "$", ("$",), (("k", 1000.0),), thousands=",")
    >>> texts = pl.DataFrame({"income": ["$84,835.00", "($5)", "12.5K", "n/a", "5 km"]})
    >>> texts.select(income.expression(pl.col("income"), pl.String()))["income"].to_list()
    [84835.0, -5.0, 12500.0, None, None]
    """

    kind: ClassVar[str] = "number"
    loss: ClassVar[str] = "do not read as they did in training; they count as missing"

    column: str
    unit: str = ""
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[tuple[str, float], ...] = ()
    decimal_comma: bool = False
    thousands: str = ""
    indian: bool = False

    def reads(self, dtype: pl.DataType) -> bool:
        """Tell whether a column of this type can be read by it; numbers are as they are."""
        return dtype in (pl.String, pl.Categorical, pl.Enum)

    def expression(self, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """Give Float64: null where nothing is there, and where what is there does not read."""
        if not self.reads(dtype):
            return value.cast(pl.Float64)
        read = value.cast(pl.String).map_batches(
            self._read, return_dtype=pl.Float64(), is_elementwise=True
        )
        return read.alias(self.column)

    def _read(self, texts: pl.Series) -> pl.Series:
        """Read a block: what stands around numbers is looked at once, however often it occurs."""
        frame = pl.DataFrame({"text": plain(texts)})
        frame = frame.select(
            core=pl.col("text").str.extract(f"({_BEGUN})", 1),
            around=pl.col("text").str.replace(_BEGUN, _HERE),
        )
        around = self._around(frame["around"].unique().drop_nulls())
        frame = frame.join(around, on="around", how="left", maintain_order="left")
        core = pl.concat_str("lead", "core")
        if self.indian:
            bare = core.str.replace_all(",", "", literal=True)
            core = pl.when(core.str.contains(INDIAN)).then(bare).otherwise(core)
        notation = Notation(self.decimal_comma, self.thousands)
        number = notation.number(core).cast(pl.Float64, strict=False)
        value = pl.when(number.is_finite()).then(number * pl.col("factor"))
        return frame.select(value.alias(texts.name)).to_series()

    def _around(self, around: pl.Series) -> pl.DataFrame:
        """Give by what stands around a number: what it is multiplied by, what it begins with."""
        found = around.to_frame("around").with_columns(
            parts(pl.col("around").str.replace(_HERE, "1", literal=True)).alias("p")
        )
        found = found.unnest("p")
        known = pl.col("prefix").is_in(["", *self.prefixes]) & pl.col("core").is_in(
            ["1", ".1", ",1"]
        )
        factors = {"": 1.0, **dict(self.suffixes)}
        factor = pl.col("suffix").replace_strict(
            list(factors), list(factors.values()), default=None, return_dtype=pl.Float64
        )
        sign = pl.when("negative").then(-1.0).otherwise(1.0)
        lead = pl.col("core").str.strip_chars_end("1")
        return found.select("around", lead=lead, factor=pl.when(known).then(factor * sign))

    def lost(self, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """Tell which values are there and do not read; a word for missing is not there."""
        if not self.reads(dtype):
            return pl.lit(value=False)
        text = value.cast(pl.String)
        unread = self.expression(value, dtype).is_null()
        return (text.is_not_null() & unread & ~is_missing(text)).fill_null(value=False)

    def words(self) -> str:
        """Say how, after ``is read as``."""
        marks = Notation(self.decimal_comma, self.thousands).words()
        groups = ["groups of two digits"] if self.indian else []
        written = f" ({', '.join([*marks, *groups])})" if marks or groups else ""
        return f"numbers{f' in {self.unit}' if self.unit else ''}{written}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"kind": self.kind, **asdict(self), "suffixes": [list(s) for s in self.suffixes]}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> NumberReading:
        """Read what :meth:`to_json` wrote."""
        suffixes = tuple((str(word), float(factor)) for word, factor in tree["suffixes"])
        rest = {k: v for k, v in tree.items() if k not in ("kind", "suffixes", "prefixes")}
        return cls(**rest, prefixes=tuple(tree["prefixes"]), suffixes=suffixes)
