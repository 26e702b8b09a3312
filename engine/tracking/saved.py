"""A saved run as it is sent to a tracker: what it says of itself, and which of its files go."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.config.sections import OutputConfig
from engine.errors import DataError
from engine.model.model import Model
from engine.model.of_run import load_of_run
from engine.storage.naming import Named

_TABLES = (
    "profiles.csv", "profiles.json", "rfm_by_segment.csv", "segment_worth.csv", "best_sellers.csv",
    "best_categories.csv", "cross_sell.csv", "offers.csv", "migration.csv",
)  # fmt: skip
"""Tables that tell of segments. Those with a row a customer are named nowhere here."""


@dataclass(frozen=True)
class Saved:
    """A run that is saved.

    Attributes
    ----------
    run, name : str
    summary, profiles : dict
        As ``summary.json`` and ``profiles.json`` hold them.
    model : Model
    folder, reports, figures : Path
        Of its model, its report and its figures.
    """

    run: str
    name: str
    summary: dict[str, Any]
    profiles: dict[str, Any]
    model: Model
    folder: Path
    reports: Path
    figures: Path

    @property
    def began(self) -> int | None:
        """When the run began, in milliseconds since 1970 (UTC), by its id."""
        try:
            moment = datetime.strptime(self.run[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None
        return int(moment.timestamp() * 1000)

    def files(self) -> list[tuple[Path, str | None]]:
        """List the files that are sent, each with its folder at the tracker.

        Page, figures, summary, and tables of segments: no file with a row a customer.
        """
        found: list[tuple[Path, str | None]] = [
            (self.reports / "report.html", None), (self.reports / "summary.json", None),
        ]  # fmt: skip
        found += [(self.reports / name, "tables") for name in _TABLES]
        found += [(file, "figures") for file in sorted(self.figures.glob("*.png"))]
        return [(file, where) for file, where in found if file.is_file()]


def saved_run(settings: OutputConfig, asked: Named) -> Saved:
    """Read a run that was named; with ``output.verify_with`` it must be signed.

    Raises
    ------
    EngineError
        There is no such run, or what it saved is damaged or not signed as asked.
    """
    output = asked.output(settings)
    model = load_of_run(output, asked.run)
    run = str(model.info["run_id"])
    reports, folder = (Path(f) / asked.name / run for f in (asked.reports, asked.models))
    figures = asked.reports / "figures" / asked.name / run
    summary = _read(reports / "summary.json", ("best", "config", "methods", "name", "versions"))
    profiles = _read(reports / "profiles.json", ("segments",))
    return Saved(run, asked.name, summary, profiles, model, folder, reports, figures)


def _read(file: Path, needed: tuple[str, ...]) -> dict[str, Any]:
    try:
        tree = dict(json.loads(file.read_text(encoding="utf-8")))
        _ = [tree[key] for key in needed]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        message = f"{file} is missing or damaged, so the run cannot be sent to a tracker."
        raise DataError(message) from None
    return tree
