"""Ids that name nobody: words for guests, and codes such as 0 that may stand for them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

from engine.data_preparation.reading.written_numbers import MISSING

_GUESTS = frozenset({
    "guest", "guests", "guest user", "guest customer", "guest checkout", "gast", "gastkunde",
    "gastbestellung", "invité", "invite", "client invité", "invitado", "convidado", "ospite",
    "gæst", "gäst", "gjest", "vieras", "gość", "гость", "misafir", "vendég", "anonymous",
    "anonymous customer", "anonym", "anonyme", "anonymer kunde", "anonimo", "anónimo", "anônimo",
    "anoniem", "аноним", "walk-in", "walkin", "walk in", "walk-in customer", "cash customer",
    "laufkunde", "laufkundschaft", "barverkauf", "client de passage", "consumidor final",
    "no customer", "kein kunde", "sin cliente", "none", "null", "nan",
})  # fmt: skip
"""What shops write for a customer whom they do not know, small."""

_SHORT = 3
"""Letters alone, up to which a word for missing may be somebody's code: NA, ND."""

WORDS = frozenset(
    _GUESTS | {w.replace("_", " ") for w in MISSING if not (w.isalpha() and len(w) <= _SHORT)}
)

_CODE = r"^(?:0|\p{L}{0,4}[-_ ]?0[0-]+|-1|\p{L}{0,4}[-_ ]?9{3,})$"
"""Ids that systems give to no customer: 0, 0000, -1, 9999, C-000."""

_TIMES = 3
_ENOUGH = 10


@dataclass(frozen=True)
class Crowd:
    """The ids with the most rows.

    Attributes
    ----------
    most, second : int
        Rows of the first and of the second of them.
    code : str
        The first one where systems give such to no customer, else empty.
    """

    most: int = 0
    second: int = 0
    code: str = ""

    @classmethod
    def of(cls, ids: pl.DataFrame) -> Crowd:
        """Find them among ids, each once, with their rows: id, len."""
        first = ids.top_k(2, by="len").sort("len", descending=True)
        counts = [*first["len"].to_list(), 0, 0]
        code = first.head(1)["id"].cast(pl.String)
        code = code.filter(code.str.contains(_CODE))
        return cls(counts[0], counts[1], code[0] if len(code) else "")

    def beside(self, other: Crowd) -> Crowd:
        """Find them among the ids of both."""
        ahead, behind = (self, other) if self.most >= other.most else (other, self)
        return Crowd(ahead.most, max(ahead.second, behind.most), ahead.code)

    @property
    def stands_for_guests(self) -> bool:
        """Whether a code that systems give to no customer has far more rows than any other id."""
        return bool(self.code) and self.most >= max(_ENOUGH, _TIMES * self.second)


def without_guests(ids: pl.Series, seen: Counter[str]) -> pl.Series:
    """Give ids without words for guests, which are counted by how they are written.

    Examples
    --------
    >>> seen = Counter()
    >>> without_guests(pl.Series(["17", "Guest", "C-4", "n/a"]), seen).to_list(), sorted(seen)
    (['17', None, 'C-4', None], ['Guest', 'n/a'])
    """
    if ids.dtype != pl.String:
        return ids
    once = ids.drop_nulls().unique()
    words = once.filter(once.str.to_lowercase().is_in(list(WORDS)))
    if not len(words):
        return ids
    found = ids.is_in(words.implode()).fill_null(value=False)
    seen.update(dict(ids.filter(found).value_counts(name="n").iter_rows()))
    return ids.to_frame().select(pl.when(~found).then(pl.col(ids.name))).to_series()


def guest_words(seen: Counter[str], column: str) -> list[str]:
    """Say which words were taken for no customer, and of how many rows."""
    if not seen:
        return []
    words = " or ".join(repr(w) for w in sorted(seen, key=lambda w: (-seen[w], w))[:3])
    rows = seen.total()
    return [
        f"{rows:,} {'row has' if rows == 1 else 'rows have'} {words} in {column!r}, which names "
        "nobody: they count as rows without a customer (transactions.missing_ids)"
    ]
