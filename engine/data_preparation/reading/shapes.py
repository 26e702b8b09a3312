"""What forms the values of a text column have, over all rows: few shapes, with counts.

A value's shape is the value with its digits made alike: ``$84,835.00`` and ``$12,001.50`` are one.
How often each occurs says all there is to say of how a column writes numbers; a column of words or
free text is given up on after its first block.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from engine.data_preparation.reading.unread_amounts import unread_amount
from engine.data_preparation.reading.written_numbers import cleaned, is_missing, parts

_MOST = 2_000
"""A column of more shapes than this holds no numbers."""

PROBE = 10_000
"""Values of the first block that tell free text, before all of them are looked at."""

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
    amount : str
        One of the first values where these are hopeless, and most of them look like amounts.
    begun : bool
        Whether the first values were seen.
    """

    found: dict[str, tuple[int, str]] = field(default_factory=dict)
    hopeless: bool = False
    distinct: int = 0
    seen: int = 0
    amount: str = ""
    begun: bool = False

    def look(self, values: pl.Series) -> None:
        """Take in a block of text; nulls are none."""
        if self.hopeless or len(values) == values.null_count():
            return
        if not self.begun and len(values) > PROBE:
            probe = Shapes()
            probe.look(values.head(PROBE))
            self.hopeless, self.amount = probe.hopeless, probe.amount
            if self.hopeless:
                self.begun = True
                return
        text, shape = pl.col("text"), pl.col("shape")
        counts = values.drop_nulls().cast(pl.String).alias("text").value_counts(name="n")
        counts = counts.select(text, pl.col("n").cast(pl.Int64), shape=cleaned(text))
        first, self.begun = not self.begun, True
        if first:
            self.distinct, self.seen = counts.height, int(counts["n"].sum())
            if _share(counts, shape.str.contains("[0-9]")) < _LEAST_SHARE:
                self.hopeless = True
                return
        shape = shape.str.replace(r"^([^0-9]*)[1-9]", "${1}\u0001")
        shape = shape.str.replace_all("[0-9]", "0").str.replace("\u0001", "1", literal=True)
        groups = counts.group_by(shape).agg(pl.col("n").sum(), text.min())
        if first and groups.height <= _MOST:
            core = parts(text).struct.field("core")
            self.hopeless = _share(groups, core.is_not_null()) < _LEAST_SHARE
        for name, n, example in groups.head(_MOST + 1).iter_rows():
            before, least = self.found.get(name, (0, example))
            self.found[name] = (before + n, min(least, example))
        if len(self.found) > _MOST or self.hopeless:
            self._give_up(unread_amount(self.table()))

    def _give_up(self, amount: str) -> None:
        self.hopeless, self.amount = True, amount
        self.found.clear()

    def rest(self) -> Shapes:
        """Give one for values that follow: it knows what the first ones tell, and counts none."""
        return replace(self, found={})

    def merge(self, after: Shapes) -> None:
        """Take in what was seen of the values that follow."""
        if not self.begun:
            vars(self).update(vars(replace(after, found=dict(after.found))))
            return
        if self.hopeless or not after.begun:
            return
        if after.hopeless:
            self._give_up(unread_amount(self.table()) if self.found else after.amount)
            return
        for name, (n, example) in after.found.items():
            before, least = self.found.get(name, (0, example))
            self.found[name] = (before + n, min(least, example))
        if len(self.found) > _MOST:
            self._give_up(unread_amount(self.table()))

    def table(self) -> pl.DataFrame:
        """Give the shapes: n (values), text (one of them)."""
        rows = sorted(self.found.values(), key=lambda x: (-x[0], x[1]))
        return pl.DataFrame(rows, {"n": pl.Int64(), "text": pl.String()}, orient="row")


def _share(counts: pl.DataFrame, digits: pl.Expr) -> float:
    """Give the share of values with digits of those that are there."""
    n = pl.col("n")
    table = counts.select(n, "text", digits=digits.fill_null(value=False))
    known = int(table.filter("digits")["n"].sum())
    others = table.filter(~pl.col("digits"))
    words = int(others.filter(~is_missing(pl.col("text"))).select(n.sum()).item())
    return known / max(1, known + words)
