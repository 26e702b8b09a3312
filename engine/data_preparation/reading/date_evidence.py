"""What the values of a column say about how it writes dates, gathered block by block."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields

import polars as pl

from engine.data_preparation.reading import date_shapes as shapes
from engine.data_preparation.reading.clock_times import BEHIND
from engine.data_preparation.reading.date_numbers import DIGITS, UNITS, in_range
from engine.data_preparation.reading.other_digits import with_usual_digits

_HEAD = 14
"""Characters that hold any date in numbers; times are left behind."""

_YEAR_FIRST = r"^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))"
_YEAR_FIRST += r"(?:\D|$)"
_NAMED = r"^(\d{1,2}[-/ ][A-Za-z]{3}[-/ ]\d{4})(?:\D|$)"
_PARTS = r"^(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})(?:\D|$)"
_WITHIN = r"\s(del?|of)\s"
_DAYS_OF_MONTH = 31
_SHORT_MONTHS = (4, 6, 9, 11)
_MONTHS = 12
_ZONED = (
    r"(?i)(?::\d\d(?:[.,]\d+)?|t\d{4,6})(?:\s?[ap]\.?m\.?)?\s?"
    r"(?:z|utc|gmt|(?:utc|gmt)?[-+]\d\d:?\d\d)$"
)


@dataclass
class Evidence:
    """What the different dates of a column allow, with an example of each.

    Attributes
    ----------
    rows, unknown : int
        Values that are there, and those in no shape of a date.
    stranger : str
        One of the unknown.
    year_first, day_first, month_first, either, dotted, named, period, same, short_first : str
        An example of dates that can be read so only; empty where there is none.
    stray : str
        A date in numbers that no calendar has, such as 32.01.2024.
    firsts, lasts : Counter of int
        What dates in numbers with a year of two digits begin and end with, with their rows.
    years : Counter of int
        Years of two digits beside the name of a month.
    short_examples : dict of (str, int) to str
        A date for what it ends or begins with, or its year beside a month's name.
    short, zoned : bool
        Whether years of two digits, and offsets from UTC, occur.
    months : Counter of str
        What stands where a month's name would, with its rows.
    beside : Counter of str
        Days of the week and articles before, within or behind dates, with their rows.
    numbers : Counter of str
        Plain numbers: all of them, and those within the range of each unit.
    number : str
        One of them.
    """

    rows: int = 0
    unknown: int = 0
    stranger: str = ""
    year_first: str = ""
    day_first: str = ""
    month_first: str = ""
    either: str = ""
    dotted: str = ""
    named: str = ""
    period: str = ""
    same: str = ""
    short_first: str = ""
    stray: str = ""
    firsts: Counter[int] = field(default_factory=Counter)
    lasts: Counter[int] = field(default_factory=Counter)
    years: Counter[int] = field(default_factory=Counter)
    short_examples: dict[tuple[str, int], str] = field(default_factory=dict)
    short: bool = False
    zoned: bool = False
    months: Counter[str] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    number: str = ""
    examples: dict[str, str] = field(default_factory=dict)

    def look(self, values: pl.Series) -> None:
        """Take in a block of text."""
        texts = values.drop_nulls().cast(pl.String).str.strip_chars().rename("text")
        texts = with_usual_digits(texts.filter(texts != ""))
        self.rows += len(texts)
        self.zoned = self.zoned or bool(texts.str.contains(_ZONED).any())
        heads = texts.str.head(_HEAD)
        counts = heads.value_counts(name="n").rename({"text": "head"})
        parts = pl.col("head").str.extract_groups(_PARTS).struct.rename_fields(["a", "s", "b", "y"])
        known = counts.with_columns(
            parts.alias("p"), pl.col("head").str.contains(_YEAR_FIRST).alias("first")
        ).unnest("p")
        odd = known.filter(~pl.col("first") & pl.col("a").is_null())
        self._note_ordered(known.filter(pl.col("a").is_not_null() | pl.col("first")))
        if odd.height:
            named = odd.select(pl.col("head").str.extract(_NAMED).alias("text"), "n")
            odd = odd.filter(named["text"].is_null())
            self._look_closely(named.drop_nulls().group_by("text").agg(pl.col("n").sum()))
        if odd.height:
            rest = texts.filter(heads.is_in(odd["head"].implode()))
            dates = rest.str.replace(BEHIND, "${1}")
            self._look_closely(dates.value_counts(name="n"))

    def merge(self, after: Evidence) -> None:
        """Take in what the values that follow say; of two examples the first counts."""
        for part in fields(self):
            mine, theirs = getattr(self, part.name), getattr(after, part.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, dict):
                setattr(self, part.name, theirs | mine)
            elif isinstance(mine, bool | str):
                setattr(self, part.name, mine or theirs)
            else:
                setattr(self, part.name, mine + theirs)

    def against(self, order: str) -> str:
        """Give a date that cannot be written in an order."""
        if order == "ymd":
            if self.short and not self.long:
                return ""
            parts = (self.day_first, self.month_first, self.either, self.dotted, self.same)
            return next(filter(None, parts), "")
        return self.month_first if order == "dmy" else self.day_first

    long: bool = False
    """Whether years of four digits stand last."""

    def _note_ordered(self, known: pl.DataFrame) -> None:
        """Take in dates in numbers: head, n, first, and where not first a, s, b and y."""
        a, b = pl.col("a").cast(pl.Int32), pl.col("b").cast(pl.Int32)
        short = pl.col("y").str.len_bytes() == 2
        kind = (
            pl.when("first").then(pl.lit("year_first"))
            .when(short & (a > _DAYS_OF_MONTH) & (b <= _MONTHS)).then(pl.lit("short_first"))
            .when((a > _MONTHS) & (b > _MONTHS)).then(pl.lit("unknown"))
            .when(~_in_calendar(a, b) & ~_in_calendar(b, a)).then(pl.lit("stray"))
            .when(a > _MONTHS).then(pl.lit("day_first"))
            .when(b > _MONTHS).then(pl.lit("month_first"))
            .when(a == b).then(pl.lit("same"))
            .when(pl.col("s") == ".").then(pl.lit("dotted"))
            .otherwise(pl.lit("either"))
        )  # fmt: skip
        table = known.group_by(kind.alias("kind")).agg(
            pl.col("head").min(), pl.col("n").sum(), short.any().alias("short"),
            (pl.col("y").str.len_bytes() == 4).any().alias("long"),
        )  # fmt: skip
        for row in table.iter_rows(named=True):
            self._note(row["kind"], row["head"].split(" ")[0], row["n"])
            self.short |= row["short"] or False
            self.long |= row["long"] or False
        self._note_short(known.filter(short))

    def _note_short(self, known: pl.DataFrame) -> None:
        """Take in dates in numbers with years of two digits: head, n, a and y."""
        for name, found, part in (("first", self.firsts, "a"), ("last", self.lasts, "y")):
            number = pl.col(part).cast(pl.Int32)
            table = known.group_by(number).agg(pl.col("n").sum(), pl.col("head").min())
            for value, n, example in table.iter_rows():
                found[value] += n
                self.short_examples.setdefault((name, value), example.split(" ")[0])

    def _look_closely(self, odd: pl.DataFrame) -> None:
        """Take in what is no date in the plainest shapes: text, n."""
        plain = odd.select(shapes.plain_dates(pl.col("text"))).to_series()
        frame = odd.with_columns(shapes.without_weekday(plain).alias("plain"))
        self._note_beside(frame, plain)
        text = pl.col("plain")
        names = ["a", "s", "g", "b", "y", "rest"]
        for pattern in (shapes.YEAR_FIRST, shapes.COMPACT):
            hit = frame.filter(text.str.contains(pattern))
            self._take("year_first", hit)
            frame = frame.join(hit, on="text", how="anti")
        for pattern in (shapes.ORDERED, shapes.COMPACT_ORDERED):
            parts = text.str.extract_groups(pattern).struct.rename_fields(names)
            taken = frame.with_columns(parts.alias("p")).unnest("p")
            hit = taken.filter(pl.col("a").is_not_null()).rename({"text": "head"})
            self._note_ordered(hit.with_columns(first=pl.lit(value=False)))
            frame = taken.filter(pl.col("a").is_null()).drop(names)
        for pattern in shapes.WORDED:
            frame = self._take_words(frame, pattern)
        is_number = text.str.contains(DIGITS)
        period = pl.any_horizontal(text.str.contains(p) for p in shapes.PERIODS)
        self._take("period", frame.filter(period))
        self._take_numbers(frame.filter(is_number & ~period))
        self._take("unknown", frame.filter(~is_number & ~period))

    def _note_beside(self, frame: pl.DataFrame, whole: pl.Series) -> None:
        """Count the words around dates: what was dropped of the whole, and those within."""
        whole, date = whole.alias("whole"), pl.col("plain")
        around = pl.col("whole").str.strip_suffix(date).str.strip_prefix(date)
        around = pl.when(pl.col("whole") != date).then(around).otherwise(pl.lit(""))
        within = date.str.extract(_WITHIN).fill_null("")
        said = frame.with_columns(whole).select("n", w=pl.concat_str(around, within, separator=" "))
        said = said.filter(pl.col("w") != " ").with_columns(pl.col("w").str.extract_all(r"\p{L}+"))
        for word, n in said.explode("w").group_by("w").agg(pl.col("n").sum()).iter_rows():
            if word is not None:
                self.beside[word] += n

    def _take(self, kind: str, rows: pl.DataFrame) -> None:
        if rows.height:
            self._note(kind, rows["text"].min() or "", int(rows["n"].sum()))  # type: ignore[arg-type]

    def _take_words(self, frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
        place = shapes.word_place(pattern)
        word = pl.col("plain").str.extract(pattern, place).alias("word")
        found = frame.with_columns(word)
        hit = found.filter(pl.col("word").is_not_null())
        if hit.height:
            by_word = hit.group_by("word").agg(pl.col("n").sum(), pl.col("text").min())
            for name, n, example in by_word.iter_rows():
                self.months[name] += n
                self.examples.setdefault(name, example)
            short = hit.filter(~pl.col("plain").str.contains(r"\d{4}"))
            self.short |= short.height > 0
            year = pl.col("plain").str.extract(r"(\d{2})(?:\s.*:.*)?$").cast(pl.Int32)
            years = short.group_by(year).agg(pl.col("n").sum(), pl.col("text").min())
            for value, n, example in years.drop_nulls().iter_rows():
                self.years[value] += n
                self.short_examples.setdefault(("word", value), example)
            if pattern in shapes.PERIODS:
                self.period = self.period or str(hit["text"].min())
        return found.filter(pl.col("word").is_null()).drop("word")

    def _take_numbers(self, rows: pl.DataFrame) -> None:
        if not rows.height:
            return
        counted = rows.select(
            pl.col("n").sum().alias("all"),
            *(
                pl.col("n").filter(in_range(pl.col("plain"), unit)).sum().alias(unit)
                for unit in UNITS
            ),
        )
        for name, n in counted.row(0, named=True).items():
            self.numbers[name] += n or 0
        self.number = self.number or str(rows["text"].min())

    def _note(self, kind: str, example: str, n: int) -> None:
        if kind == "unknown":
            self.unknown += n
            self.stranger = self.stranger or example
        else:
            setattr(self, kind, getattr(self, kind) or example)


def _in_calendar(day: pl.Expr, month: pl.Expr) -> pl.Expr:
    """Tell whether some year has a day of a month."""
    longest = (
        pl.when(month == 2).then(29)
        .when(month.is_in(_SHORT_MONTHS)).then(30)
        .otherwise(_DAYS_OF_MONTH)
    )  # fmt: skip
    return month.is_between(1, _MONTHS) & day.is_between(1, longest)
