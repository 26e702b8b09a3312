"""What people are told about preparation."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.data_preparation.features.weights import RARE

_FEW = 3
"""Columns of one reason that have a sentence each."""


@dataclass
class PlanReport:
    """What people are told about preparation: one sentence a column, warnings for odd ones.

    ``notices`` say what was recognised and needs nobody's attention where it is right.
    """

    columns: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

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
        if 0 < rare < RARE:
            self.notices.append(
                f"column {column!r} has one value but for {rare:.2%} of the customers: too few for "
                f"a segment ({RARE:.0%}), so it weighs less in telling customers apart"
            )
