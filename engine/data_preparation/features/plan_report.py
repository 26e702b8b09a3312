"""What people are told about preparation."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.data_preparation.features.weights import RARE

_FEW = 3
"""Columns of one reason that have a sentence each."""

_SHOWN = 5


@dataclass
class PlanReport:
    """What people are told about preparation: one sentence a column, warnings for odd ones.

    ``notices`` say what was recognised and needs nobody's attention where it is right. ``forms``
    says whether the columns form segments, or only describe them.
    """

    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    columns: list[dict[str, str]] = field(default_factory=list)
    forms: bool = True

    _few: dict[str, int] = field(default_factory=dict, repr=False)
    _unusable: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def say(self, column: str, role: str, what: str) -> None:
        """Record what became of a column."""
        self.columns.append({"column": column, "role": role, "what": what})

    def instead(self, column: str, what: str) -> None:
        """Take back what was said of a column: it is left out after all."""
        self.columns = [c for c in self.columns if c["column"] != column]
        self.say(column, "left out", what)

    def unusable(self, column: str, reason: str) -> None:
        """Record a column that was left out for its values, and warn of it; of many at once."""
        self.say(column, "left out", reason)
        told = self._unusable.setdefault(reason, [])
        told.append(column)
        sentence = f"column {column!r} {reason} and was left out"
        if len(told) > _FEW:
            single = {f"column {c!r} {reason} and was left out" for c in told[:_FEW]}
            before = self._of_many(told[:-1], reason)
            kept = [w for w in self.warnings if w not in single]
            place = kept.index(before) if before in kept else len(kept)
            self.warnings[:] = [*kept[:place], self._of_many(told, reason), *kept[place + 1 :]]
        else:
            self.warnings.append(sentence)

    @staticmethod
    def _of_many(columns: list[str], reason: str) -> str:
        return (
            f"{len(columns):,} columns were left out, each because it {reason}: {columns[0]!r}, "
            f"{columns[1]!r} to {columns[-1]!r}"
        )

    def tell_rare(self, column: str, rare: float) -> None:
        """Tell that few customers differ from all others in a column, if they do."""
        if self.forms and 0 < rare < RARE:
            self.notices.append(
                f"column {column!r} has one value but for {rare:.2%} of the customers: too few for "
                f"a segment ({RARE:.0%}), so it weighs less in telling customers apart"
            )

    def too_few(self, column: str, levels: int) -> None:
        """Record how many levels of a column are of too few customers to be named."""
        if levels:
            self._few[column] = levels

    def tell_few(self, least: int) -> None:
        """Tell once which columns have levels of fewer than ``least`` customers: never which."""
        if not self._few:
            return
        shown = [f"{column!r} ({n:,})" for column, n in list(self._few.items())[:_SHOWN]]
        more = ", ..." if len(self._few) > _SHOWN else ""
        many = "columns have" if len(self._few) > 1 else "column has"
        self.notices.append(
            f"{len(self._few):,} {many} levels of fewer than {least:,} customers, which no model, "
            f"page or table names: {', '.join(shown)}{more} (output.smallest_group)"
        )
