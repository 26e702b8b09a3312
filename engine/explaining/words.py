"""Why a customer is in a segment, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from engine.clustering.margins import BORDERLINE
from engine.descriptive_stats.kinds import FLAG, MANY
from engine.explaining.customers import Asked
from engine.explaining.reason import Reason
from engine.model.reasons import NEAREST
from engine.similar_customers.asked_run import Run
from engine.utilities.segment_numbers import on_page
from engine.visualization.labels import label
from engine.visualization.labels import value as written
from engine.visualization.readable import percent, short

FEW = 5
"""Customers that are told of in words."""

_ROWS = 5
"""Columns that are told of on each side."""

_WIDE = 34


class Explained(Protocol):
    """What is told of: customers with their reasons."""

    @property
    def run(self) -> Run:
        """Of which they are."""

    @property
    def asked(self) -> Asked:
        """Who is asked about."""

    @property
    def tree(self) -> Mapping[str, Any]:
        """Profiles of the segments."""

    @property
    def by_centres(self) -> bool:
        """Whether centres decide."""

    def __len__(self) -> int:
        """Count them."""

    def customers(self, most: int | None = None) -> Iterator[Reason]:
        """Yield the reasons of the first ones."""


def in_words(explained: Explained) -> str:
    """Say why the first customers are in their segments."""
    parts = [_Told(explained, reason).text() for reason in explained.customers(FEW)]
    parts += [f"{note}." for note in explained.asked.notes]
    if (rest := len(explained) - FEW) > 0:
        parts.append(f"And {rest:,} more; name a file to write them all.")
    return "\n\n".join(parts)


class _Told:
    """One customer in words."""

    def __init__(self, explained: Explained, reason: Reason) -> None:
        self._reason, self._tree = reason, explained.tree
        model = explained.run.model
        self._numbers, self._names = model.numbers.public, model.names
        self._by_centres = explained.by_centres

    def text(self) -> str:
        """Give all of it."""
        return "\n".join([*self._head(), *self._sides(), *self._changes()])

    def _segment(self, index: int, *, named: bool = False) -> str:
        number = f"segment {on_page(self._numbers[index])}"
        return f"{number} ({self._names[index]})" if named else number

    def _head(self) -> Iterator[str]:
        reason = self._reason
        yield f"Customer {reason.id} is in {self._segment(reason.segment, named=True)}."
        if reason.second < 0:
            yield "There is no other segment."
            return
        second = self._segment(reason.second, named=True)
        yield (
            f"Next best: {second}. Margin {reason.margin:.2f}, of 0 (halfway between the two) to 1 "
            "(in the middle of its own)" + ("." if reason.margin >= BORDERLINE else ": borderline.")
        )
        if not self._by_centres:
            near = [
                f"{n} of {self._segment(s)}" for s, n in enumerate(reason.around) if n
            ]  # fmt: skip
            yield f"Nearest {NEAREST} representatives: {', '.join(near)}."

    def _sides(self) -> Iterator[str]:
        reason = self._reason
        if reason.second < 0:
            return
        whole = sum(abs(v) for v in reason.shares.values()) or 1.0
        order = sorted(reason.shares, key=lambda c: -abs(reason.shares[c]))
        holds = [c for c in order if reason.shares[c] > 0]
        pulls = [c for c in order if reason.shares[c] < 0]
        own, second = self._segment(reason.segment), self._segment(reason.second)
        head = ("", "weight", "this customer", own, second)
        rows: list[tuple[str, ...]] = [head]
        for title, columns in ((f"Holds it in {own}:", holds), (f"Pulls to {second}:", pulls)):
            rows.append((title, "", "", "", ""))
            rows += [self._row(c, abs(reason.shares[c]) / whole) for c in columns[:_ROWS]]
            if rest := columns[_ROWS:]:
                more = sum(abs(reason.shares[c]) for c in rest) / whole
                rows.append((f"  {len(rest)} more", percent(more), "", "", ""))
            if not columns:
                rows.append(("  nothing", "", "", "", ""))
        yield ""
        yield from _aligned(rows)

    def _row(self, column: str, weight: float) -> tuple[str, ...]:
        reason = self._reason
        typical = [self._typical(s, column) for s in (reason.segment, reason.second)]
        value = self._value(column, reason.values[column])
        return (f"  {short(self._label(column), _WIDE)}", percent(weight), value, *typical)

    def _typical(self, segment: int, column: str) -> str:
        """Give what is usual in a segment: a share of flags, a mean of small numbers, a median."""
        figures = self._tree["segments"][segment].get("features", {}).get(column)
        kind = self._kind(column)
        if figures is None:
            return ""
        if kind == FLAG:
            return percent(figures["mean"])
        return written(
            dict(self._tree), column, figures["median"] if kind == MANY else figures["mean"]
        )

    def _label(self, column: str) -> str:
        return label(dict(self._tree), column)

    def _kind(self, column: str) -> str:
        return str(self._tree.get("overall", {}).get(column, {}).get("kind", MANY))

    def _value(self, column: str, value: Any) -> str:
        if value is None or value != value:
            return "missing"
        if self._kind(column) == FLAG and value in (0, 1):
            return "yes" if value else "no"
        if isinstance(value, int | float):
            return written(dict(self._tree), column, float(value))
        return short(str(value), _WIDE)

    def _changes(self) -> Iterator[str]:
        reason = self._reason
        if reason.second < 0:
            return
        yield ""
        if reason.changes is None:
            yield (
                "What would change its segment cannot be told: here distances alone do not decide."
            )
            return
        if not reason.changes:
            yield (
                "No value of one of these columns, nor of two together, that customers have would "
                "change its segment, all else as it is."
            )
            return
        yield "All else as it is, it would come to another segment with"
        for change in reason.changes:
            values = " and ".join(self._wanted(c, v) for c, v in change.values.items())
            yield f"  {values}: {self._segment(change.segment, named=True)}"

    def _wanted(self, column: str, value: float | str) -> str:
        now = self._reason.values[column]
        if isinstance(value, str):
            return f"{self._label(column)} {value!r} in place of {self._value(column, now)}"
        if self._kind(column) == FLAG:
            return f"{self._label(column)} {'yes' if value else 'no'}"
        known = now is not None and now == now
        ways = "up" if known and value > now else "down"
        way = f"{ways} from {self._value(column, now)}" if known else "missing"
        return f"{self._label(column)} of about {self._value(column, value)} ({way})"


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Give rows as lines of columns: the first to the left, the others to the right."""
    titles = {row[0] for row in rows if not any(row[1:])}
    widths = [
        max(len(row[i]) for row in rows if row[0] not in titles or i) for i in range(len(rows[0]))
    ]
    for row in rows:
        if row[0] in titles and row[0] != "":
            yield row[0]
            continue
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join(cells).rstrip()
