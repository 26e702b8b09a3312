"""What was found of a drift: measures, the verdict, tables, and what is written of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.config.drift import DriftConfig
from engine.drifting.columns import LEVELS, Part, Shift
from engine.drifting.segments import Segments
from engine.drifting.showing import in_html, in_text
from engine.drifting.words import reasons
from engine.utilities.json_files import write_json
from engine.utilities.targets import refuse_in_run
from engine.visualization.readable import run_date

if TYPE_CHECKING:
    from engine.visualization.page.leaf import Leaf

JSON, PAGE = "drift.json", "drift.html"

VERDICTS = {
    "none": "stable",
    "slight": "stable",
    "moderate": "some drift: look",
    "large": "drifted: fit again",
}
"""What is said of the largest shift."""


@dataclass(frozen=True, repr=False)
class Drift:
    """How customers have shifted since a model was fitted on others; of no single one.

    Attributes
    ----------
    model : mapping
        ``run_id`` and ``name`` of the run, ``method``, ``customers`` of the fit.
    data : str
        Where the customers come from.
    customers : int
    columns : tuple of Shift
        The largest first.
    segments : Segments
    settings : DriftConfig
        Thresholds.
    lacks : tuple of str
        What could not be compared, and why.
    notices, warnings : tuple of str
        What was met while customers were read.
    made : datetime
    """

    model: Mapping[str, Any]
    data: str
    customers: int
    columns: tuple[Shift, ...] = field(repr=False)
    segments: Segments = field(repr=False)
    settings: DriftConfig = field(repr=False)
    lacks: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    made: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def stamp(self) -> str:
        """When it was measured, as folders are called."""
        return f"{self.made:%Y%m%dT%H%M%S}"

    @property
    def level(self) -> str:
        """The largest of all shifts: none, slight, moderate or large."""
        found = [c.level for c in self.columns]
        found += [self.segments.moved_level, self.segments.nowhere_level]
        return max(found, key=LEVELS.index)

    @property
    def verdict(self) -> str:
        """One of ``stable``, ``some drift: look`` and ``drifted: fit again``."""
        return VERDICTS[self.level]

    @property
    def shifted(self) -> list[str]:
        """Columns that have shifted at least slightly, the largest shift first."""
        return [c.column for c in self.columns if c.level != "none"]

    @property
    def reasons(self) -> list[str]:
        """Why the verdict is that, a sentence each."""
        return reasons(self.columns, self.segments, self.settings)

    @property
    def psi(self) -> float:
        """The largest index of a column, less what it seldom exceeds by chance."""
        return max((c.beyond_chance for c in self.columns), default=0.0)

    def exceeds(self, bound: str | float) -> bool:
        """Tell whether the drift is more than is allowed.

        Parameters
        ----------
        bound : {"slight", "moderate", "large"} or float
            A level that the drift has reached, or an index that a column exceeds.
        """
        if isinstance(bound, str):
            return LEVELS.index(self.level) >= LEVELS.index(bound)
        return self.psi > bound

    def __repr__(self) -> str:
        """Say in a few lines what was found."""
        return in_text(self.head, self.reasons, self.lacks)

    def _repr_html_(self) -> str:
        return in_html(self.head, self.reasons, self.lacks, self.columns)

    @property
    def head(self) -> str:
        """One line."""
        return (
            f"{self.model['name']}: {self.verdict} ({self.customers:,} customers now, "
            f"{self.model['customers'] or 0:,} at the fit)"
        )

    @property
    def features(self) -> pl.DataFrame:
        """One row a column, the largest shift first."""
        return pl.DataFrame([_plain(c) for c in self.columns], schema=_COLUMNS)

    @property
    def shares(self) -> pl.DataFrame:
        """One row a segment: its share then and now, and who belongs nowhere."""
        return pl.DataFrame(self._shares(), schema=_SEGMENTS)

    def _shares(self) -> list[dict[str, Any]]:
        return [
            {"segment": s.segment, "segment_name": s.name, **_part("share", s.share),
             **_part("nowhere", s.nowhere)}
            for s in self.segments.each
        ]  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain data; what too few customers have is null."""
        return {
            "verdict": self.verdict,
            "level": self.level,
            "reasons": self.reasons,
            "shifted": self.shifted,
            "psi": self.psi,
            "model": dict(self.model),
            "data": self.data,
            "customers": self.customers,
            "columns": [{**_plain(c), "bins": _bins(c)} for c in self.columns],
            "segments": self._shares(),
            "segments_moved": self.segments.moved,
            **_part("nowhere", self.segments.nowhere),
            "lacks": list(self.lacks),
            "notices": list(self.notices),
            "warnings": list(self.warnings),
            "thresholds": self.settings.model_dump(mode="json"),
            "made": self.made.isoformat(timespec="seconds"),
        }

    def write(self, folder: str | Path) -> Path:
        """Write ``drift.json`` and the page ``drift.html`` into a folder; give the page."""
        from engine.visualization.page.leaf import write_leaf

        refuse_in_run(folder)
        where = Path(folder)
        where.mkdir(parents=True, exist_ok=True)
        write_json(where / JSON, self.to_json())
        return write_leaf(self._leaf(), where / PAGE)

    @property
    def html(self) -> str:
        """The page, which needs no other file."""
        return self._leaf().html()

    def _leaf(self) -> Leaf:
        from engine.drifting.page import Head, leaf_of  # which imports what draws

        kicker = f"Drift since run {self.model['run_id']}, measured {run_date(self.stamp)}"
        title = f"{self.model['name']}: {self.customers:,} customers now"
        head = Head(title, kicker, self.level, self.verdict, self.reasons, self.lacks)
        return leaf_of(head, self.columns, self.segments, self.settings)


_COLUMNS = {
    "column": pl.String, "kind": pl.String, "level": pl.String, "psi": pl.Float64,
    "psi_by_chance": pl.Float64, "effect": pl.Float64, "distance": pl.Float64,
    "mean_then": pl.Float64, "mean_now": pl.Float64, "missing_then": pl.Float64,
    "missing_now": pl.Float64, "strange_then": pl.Float64, "strange_now": pl.Float64,
}  # fmt: skip
_SEGMENTS = {
    "segment": pl.Int32, "segment_name": pl.String, "share_then": pl.Float64,
    "share_now": pl.Float64, "nowhere_then": pl.Float64, "nowhere_now": pl.Float64,
}  # fmt: skip


def _part(name: str, part: Part | None) -> dict[str, float | None]:
    told = part is not None and not part.few
    return {
        f"{name}_then": part.then if part and told else None,
        f"{name}_now": part.now if part and told else None,
    }


def _plain(shift: Shift) -> dict[str, Any]:
    own = ("column", "kind", "level", "psi", "psi_by_chance", "effect", "distance", "mean_then",
           "mean_now")  # fmt: skip
    told = {name: getattr(shift, name) for name in own}
    return told | _part("missing", shift.missing) | _part("strange", shift.strange)


def _bins(shift: Shift) -> dict[str, Any]:
    now = [None if few else share for share, few in zip(shift.now, shift.few, strict=True)]
    where: dict[str, Any] = {"edges": list(shift.edges)}
    if shift.kind == "category":
        where = {"levels": [*shift.labels, None]}
    return where | {"then": list(shift.then), "now": now}
