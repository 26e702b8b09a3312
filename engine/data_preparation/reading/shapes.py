"""What forms the values of a text column have, over all rows: few shapes, with counts.

A value's shape is the value with its digits made alike: ``$84,835.00`` and ``$12,001.50`` are one.
How often each occurs says all there is to say of how a column writes numbers; a column of words or
free text is given up on after its first block.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from engine.data_preparation.reading.written_numbers import cleaned, is_missing

_MOST = 2_000
"""A column of more shapes than this holds no numbers."""

_LEAST_SHARE = 0.5
"""Share of the first values with a digit in them, or that say that nothing is there."""


@dataclass
class Shapes:
    """Counts by shape, block by block.

    Attributes
    ----------
    found : dict of str to (int, str)
        Values, and the least of them, by shape.
    hopeless : bool
        Whether these are no numbers.
    distinct, seen : int
        Different values in the first block, and all that are there.
    """

    found: dict[str, tuple[int, str]] = field(default_factory=dict)
    hopeless: bool = False
    distinct: int = 0
    seen: int = 0

    def look(self, values: pl.Series) -> None:
        """Take in a block of text; nulls are none."""
        if self.hopeless or len(values) == values.null_count():
            return
        text = pl.col("text")
        counts = values.drop_nulls().cast(pl.String).alias("text").value_counts(name="n")
        counts = counts.select(text, pl.col("n").cast(pl.Int64), shape=cleaned(text))
        if not self.found:
            self.distinct, self.seen = counts.height, int(counts["n"].sum())
            if self._are_words(counts):
                self.hopeless = True
                return
        shape = pl.col("shape").str.replace(r"^(\D*)[1-9]", "${1}\u0001")
        shape = shape.str.replace_all(r"\d", "0").str.replace("\u0001", "1", literal=True)
        groups = counts.group_by(shape).agg(pl.col("n").sum(), text.min())
        for name, n, example in groups.iter_rows():
            before, least = self.found.get(name, (0, example))
            self.found[name] = (before + n, min(least, example))
        if len(self.found) > _MOST:
            self.hopeless = True
            self.found.clear()

    def _are_words(self, counts: pl.DataFrame) -> bool:
        n, text = pl.col("n"), pl.col("text")
        digit = text.str.contains(r"\d")
        share = counts.select(
            missing=pl.when(is_missing(text)).then(n).otherwise(0).sum(),
            digit=pl.when(digit).then(n).otherwise(0).sum(),
        ).row(0, named=True)
        there = self.seen - share["missing"]
        return bool(share["digit"] < _LEAST_SHARE * there)

    def table(self) -> pl.DataFrame:
        """Give the shapes: n (values), text (one of them)."""
        rows = sorted(self.found.values(), key=lambda x: (-x[0], x[1]))
        return pl.DataFrame(rows, {"n": pl.Int64(), "text": pl.String()}, orient="row")
