"""What people are told about preparation."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class PlanReport:
    """What people are told about preparation: one sentence a column, warnings for odd ones."""

    columns: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def say(self, column: str, role: str, what: str) -> None:
        """Record what became of a column."""
        self.columns.append({"column": column, "role": role, "what": what})

    def unusable(self, column: str, reason: str) -> None:
        """Record a column that was left out for its values, and warn of it."""
        self.say(column, "left out", reason)
        self.warnings.append(f"column {column!r} {reason} and was left out")
