"""Ids in several writings: what makes two of them one customer, and what is folded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import polars as pl

from engine.utilities.shown import form_of

ALWAYS = ("blanks", "unicode", "points", "emails")
"""What ``auto`` always folds: writings that nobody means to differ."""

FOLDS = (*ALWAYS, "case", "zeros")
"""Every way in which two writings of an id can differ and be one customer."""

PLAIN = r"^(?:0|-?[1-9][0-9]{0,17})$"
"""A whole number in its one writing, which no fold changes."""

_UNUSUAL = r"[^!-~]|^['=]"
_INVISIBLE = "[\u200b-\u200f\u2060\ufeff\u00ad]"
_DASHES = "[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]"
_MARKED = r"""^(?:'|="(.*)"$)"""
_POINT = r"^(-?(?:0|[1-9][0-9]*))\.0+$"
_EMAIL = r"^[^@\s]+@[^@\s]+$"
_ZEROS = r"^([A-Za-z]*[-_ ]?)0+([1-9][0-9]*|0)$"

_FEW_PADDED = 4
"""So many padded ids may be accidents."""

_FEW_LETTERS = 3
"""Shorter ids may be codes in which a and A differ."""


def folded(text: pl.Expr, folds: Collection[str]) -> pl.Expr:
    """Write ids in the one way that all writings of a customer have in common.

    Parameters
    ----------
    text : expression of String
    folds : collection of str
        Of :data:`FOLDS`. ``blanks``: around and repeated blanks, invisible signs, and a
        spreadsheet's marks of text (``'007``, ``="007"``); ``unicode``: forms such as full-width
        digits and dashes (NFKC); ``points``: 1001.0; ``emails``: case of e-mail addresses;
        ``case``; ``zeros``: leading ones, also behind letters (C001).
    """
    if "unicode" in folds:
        text = text.str.normalize("NFKC").str.replace_all(_DASHES, "-")
    if "blanks" in folds:
        text = text.str.replace_all(_INVISIBLE, "").str.replace_all(r"\s+", " ").str.strip_chars()
        text = text.str.replace(_MARKED, "$1")
    if "points" in folds:
        text = text.str.replace(_POINT, "$1")
    if "case" in folds:
        text = text.str.to_lowercase()
    elif "emails" in folds:
        text = pl.when(text.str.contains(_EMAIL)).then(text.str.to_lowercase()).otherwise(text)
    return text.str.replace(_ZEROS, "$1$2") if "zeros" in folds else text


def keys(ids: pl.Series, folds: Collection[str]) -> pl.Series:
    """Fold a column of ids; numbers, and text that is numbers in one writing, stay.

    Parameters
    ----------
    ids : Series of length n
    folds : collection of str

    Returns
    -------
    keys : Series of length n
        The same object where nothing changes. O(n): what no id needs is looked for, not done.
    """
    if ids.dtype != pl.String or not folds or is_plain(ids):
        return ids
    if not ids.str.contains(_UNUSUAL).any():
        here = {"points": ".0", "emails": "@", "zeros": "0"}
        needed = {"case"} | {
            f for f, sign in here.items() if ids.str.contains(sign, literal=True).any()
        }
        if "zeros" in needed and not ids.str.contains(_ZEROS).any():
            needed -= {"zeros"}
        folds = needed & set(folds)
    if not folds:
        return ids
    return ids.to_frame("id").select(folded(pl.col("id"), folds))["id"]


def is_plain(ids: pl.Series) -> bool:
    """Tell whether every id is a whole number in its one writing, or there is no text at all."""
    return ids.dtype != pl.String or bool(ids.str.contains(PLAIN).all())


@dataclass
class Alike:
    """Writings that are one customer under some folds; parts of a file add up.

    Attributes
    ----------
    writings, customers : int
        Ids that stand in more than one writing, and the customers that they are.
    example : tuple of str
        Two of the writings; of no e-mail address. Empty without any.
    """

    writings: int = 0
    customers: int = 0
    example: tuple[str, ...] = ()

    @property
    def too_many(self) -> int:
        """Customers that are counted too often where they are not folded."""
        return self.writings - self.customers

    def add(self, other: Alike) -> None:
        """Take what another part of the file holds."""
        self.writings += other.writings
        self.customers += other.customers
        self.example = self.example or other.example

    def shown(self) -> str:
        """Show how two writings differ, for a sentence, without the id."""
        if not self.example:
            return "e-mail addresses in two writings"
        return " and ".join(repr(form_of(writing, zeros=True)) for writing in self.example[:2])


def alike(ids: pl.Series, folds: Collection[str]) -> Alike:
    """Count the writings of different ids, each given once, that are one customer."""
    key = keys(ids, folds)
    if key is ids or key.n_unique() == len(ids):
        return Alike()
    table = pl.DataFrame({"id": ids, "key": key})
    several = table.filter(pl.col("key").is_duplicated())
    if not several.height:
        return Alike()
    pairs = several.group_by("key", maintain_order=True).agg(pl.col("id").head(2))["id"]
    shown = pairs.filter(~pairs.list.get(0).str.contains("@"))
    example = tuple(shown[0].to_list()) if len(shown) else ()
    return Alike(several.height, len(pairs), example)


@dataclass
class Writings:
    """What different ids look like, from which ``auto`` decides; parts of a file add up.

    Attributes
    ----------
    alike : dict of folds to Alike
        For every choice that is open.
    beyond : dict of folds to Alike
        Customers that these make one beyond what is always folded.
    mixed : int
        Ids that mix capitals and small letters, or are too short to tell.
    padded : tuple of int
        Least and greatest length of numbers with zeros in front; (0, 0) without any.
    n_padded : int
        How many these are.
    longest : int
        Length of the longest number without.
    """

    alike: dict[tuple[str, ...], Alike] = field(default_factory=dict)
    beyond: dict[tuple[str, ...], Alike] = field(default_factory=dict)
    mixed: int = 0
    padded: tuple[int, int] = (0, 0)
    n_padded: int = 0
    longest: int = 0

    def take(self, ids: pl.Series, choices: Sequence[tuple[str, ...]]) -> None:
        """Look at different ids, each once; all writings of a customer are among them."""
        once = first_writings(ids, ALWAYS)
        for folds in choices:
            found = alike(ids, folds)
            self.alike.setdefault(folds, Alike()).add(found)
            beyond = found if once is ids else alike(once, folds)
            self.beyond.setdefault(folds, Alike()).add(beyond)

    @property
    def open(self) -> bool:
        """Whether case or zeros would make customers one: :meth:`weigh` then tells."""
        return any(found.too_many for found in self.beyond.values())

    def weigh(self, ids: pl.Series) -> None:
        """Look at how different ids are written, each given once, for :attr:`plainly`."""
        letters = ids.filter(ids.str.contains(r"\pL") & ~ids.str.contains(_EMAIL))
        small, large = letters.str.to_lowercase(), letters.str.to_uppercase()
        single = (letters.str.slice(1) == small.str.slice(1)) | (letters == large)
        self.mixed += int((~single | (letters.str.len_chars() < _FEW_LETTERS)).sum())
        zeros = _lengths(ids, r"^[A-Za-z]*[-_ ]?(0[0-9]+)$")
        if zeros:
            low, high = self.padded
            self.padded = min(low or zeros[0], zeros[0]), max(high, zeros[-1])
            self.n_padded += len(zeros)
        self.longest = max([self.longest, *_lengths(ids, r"^[A-Za-z]*[-_ ]?([1-9][0-9]*)$")[-1:]])

    @property
    def plainly(self) -> tuple[str, ...]:
        """What nobody means to differ by, as all ids together show.

        Case, where no id mixes capitals and small letters; zeros, where more than a few numbers
        are padded, all to one length, and no other is longer, so that zeros only fill up.
        """
        low, high = self.padded
        case = () if self.mixed else ("case",)
        fills = self.n_padded > _FEW_PADDED and low == high >= self.longest
        return (*case, "zeros") if fills else case


def _lengths(ids: pl.Series, pattern: str) -> list[int]:
    return list(ids.str.extract(pattern).drop_nulls().str.len_chars().sort())


def first_writings(ids: pl.Series, folds: Collection[str]) -> pl.Series:
    """Give each customer's first writing, in their order."""
    key = keys(ids, folds)
    return ids if key is ids else ids.filter(key.is_first_distinct())


Asked = str | tuple[str, ...]
"""``input.fold_ids``: auto, never, or which of case and zeros are folded beyond ``ALWAYS``."""


def choices(asked: Asked) -> tuple[tuple[str, ...], ...]:
    """List the folds between which is to be decided."""
    if asked == "auto":
        more: tuple[tuple[str, ...], ...] = ((), ("case",), ("zeros",), ("case", "zeros"))
        return tuple((*ALWAYS, *m) for m in more)
    return () if asked == "never" else ((*ALWAYS, *asked),)


def decide(writings: Writings, asked: Asked, *, lines: bool) -> tuple[str, ...]:
    """Decide which folds count.

    Parameters
    ----------
    writings : Writings
    asked : str or tuple of str
    lines : bool
        A customer has many rows: ``auto`` then folds case and zeros where it is plain that nobody
        means them. Where each row is a customer, two rows are more likely two.
    """
    if asked != "auto":
        return () if asked == "never" else (*ALWAYS, *asked)
    plainly = writings.plainly if lines else ()
    return (*ALWAYS, *(f for f in plainly if writings.beyond[*ALWAYS, f].too_many))


def told(
    writings: Writings, folds: tuple[str, ...], asked: Asked, column: str
) -> tuple[list[str], list[str]]:
    """Say what was folded (notices), and what could have been (warnings)."""
    notices, warnings = [], []
    if (found := writings.alike.get(folds)) and found.writings:
        usual = "blanks and forms of signs"
        if "e-mail" in found.shown():
            usual = "the case of e-mail addresses, blanks and forms of signs"
        way = ", ".join([f for f in folds if f not in ALWAYS]) or usual
        notices.append(
            f"{found.writings:,} ids in {column!r} are other writings of one another, such as "
            f"{found.shown()}: they are {customers(found.customers)}, called as they are "
            f"written first in the file ({_by(asked, way)} keeps them apart)"
        )
    for fold, words in (("case", "capitals and small letters"), ("zeros", "leading zeros")):
        more = writings.beyond.get((*ALWAYS, fold))
        if asked == "auto" and fold not in folds and more and more.too_many:
            wanted = [f for f in folds if f not in ALWAYS] + [fold]
            warnings.append(
                f"{more.writings:,} ids in {column!r} would be {customers(more.customers)} if "
                f"{words} did not count, such as {more.shown()}; they are taken for different "
                f"customers: if they are not, set input.fold_ids to {setting(tuple(wanted))}"
            )
    return notices, warnings


def _by(asked: Asked, way: str) -> str:
    """Name the setting where it says something: a model folds by what was found, beyond or not."""
    if asked == ():
        return f"by {way}; input.fold_ids: never"
    return f"input.fold_ids: {setting(asked)}, by {way}; never"


def customers(count: int) -> str:
    """Count customers in words."""
    return "1 customer" if count == 1 else f"{count:,} customers"


def setting(asked: Asked) -> str:
    """Write the setting as it stands in a configuration."""
    return asked if isinstance(asked, str) else f"[{', '.join(asked)}]"
