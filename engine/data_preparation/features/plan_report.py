"""What people are told about preparation."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class PlanReport:
    """What people are told about preparation: one sentence a column, warnings for odd ones.

    ``notices`` say what was recognised and needs nobody's attention where it is right.
    """

    columns: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def say(self, column: str, role: str, what: str) -> None:
        """Record what became of a column."""
        self.columns.append({"column": column, "role": role, "what": what})

    def instead(self, column: str, what: str) -> None:
        """Take back what was said of a column: it is left out after all."""
        self.columns = [c for c in self.columns if c["column"] != column]
        self.say(column, "left out", what)

    def unusable(self, column: str, reason: str) -> None:
        """Record a column that was left out for its values, and warn of it."""
        self.say(column, "left out", reason)
        self.warnings.append(f"column {column!r} {reason} and was left out")
