"""What is compared: a saved run with its customers, its segments and what these were like."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.comparing.spilled import Customers
from engine.config.sections import Config
from engine.errors import DataError
from engine.model.of_run import load_of_run
from engine.storage.latest import LATEST, of_latest
from engine.storage.naming import named
from engine.storage.saved_runs import saved_profiles, saved_summary
from engine.utilities.permissions import check_readable
from engine.utilities.segment_numbers import Numbers
from engine.utilities.shown import cut

if TYPE_CHECKING:
    from engine.model.model import Model
    from engine.storage.naming import Named

SEGMENTS = "segments.parquet"
_MOST = 1_000
"""Runs that a chain of runs is followed back."""

_LABEL = 28


@dataclass(frozen=True)
class Period:
    """A run, or data that a run's model gave their segments.

    Attributes
    ----------
    run : str
        Run id; of data the name of the file.
    name : str
        Of the results.
    input : str
        What was segmented.
    model : Model
    customers : Customers
    profiles : dict
        What the segments were like, as saved with the report.
    lineage : tuple of str
        The run, the one that it continues, and so on back.
    data : bool
        Whether it is data, and no run.
    label : str
        What it is called beside others.
    """

    run: str
    name: str
    input: str
    model: Model = field(repr=False)
    customers: Customers = field(repr=False)
    profiles: dict[str, Any] = field(repr=False)
    lineage: tuple[str, ...] = ()
    data: bool = False
    label: str = ""

    @property
    def numbers(self) -> Numbers:
        """Numbers of the segments."""
        return self.model.numbers

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the segments, by index."""
        return self.model.names

    @property
    def value(self) -> dict[str, Any]:
        """What customers are worth, where their table holds it: ``column``, ``label``."""
        found = dict(self.profiles.get("value") or {})
        return found if found and self.customers.has(str(found["column"])) else {}

    def of_segment(self, index: int) -> dict[str, Any] | None:
        """Say what a segment was like; None where nothing was saved of it."""
        number = self.numbers.public[index]
        found = (s for s in self.profiles["segments"] if s["segment"] == number)
        return next(found, None)


def of_name(text: str | Path, settings: Config) -> Period:
    """Give the run that is named.

    Parameters
    ----------
    text : str or Path
        As of :func:`engine.storage.naming.named`.
    settings : Config
        Says where results are.

    Raises
    ------
    EngineError
        There is no such run, or it is damaged, or others may not read its customers.
    """
    found = named(settings.output, text)
    here = found.within(settings)
    if found.run != LATEST:
        return _of_run(found.run, found, here)
    period = of_latest(found.model.parent, lambda folder: _of_run(folder.name, found, here))
    if period is None:
        message = f"{found.model.parent} holds no model, so there is nothing to compare."
        raise DataError(message)
    return period


def _of_run(run: str, found: Named, settings: Config) -> Period:
    model = load_of_run(settings.output, run)
    run = str(model.info["run_id"])
    folder = found.reports / found.name / run
    summary = saved_summary(settings, run, "it cannot be compared")
    profiles = saved_profiles(settings, run)
    return _of_parts(model, summary, profiles, folder, found.models / found.name)


def of_result(model: Model, summary: dict[str, Any], report: Path) -> Period:
    """Give the run of a result in memory, whose files are there still.

    Raises
    ------
    DataError
        They are not.
    """
    output = summary["config"]["output"]
    try:
        text = (report.parent / "report_data.json").read_text(encoding="utf-8")
        profiles = json.loads(text)["profiles"]
    except (OSError, ValueError, KeyError):
        message = f"{report.parent} is gone or damaged, so its run cannot be compared."
        raise DataError(message) from None
    models = Path(output["models"]) / str(output["name"])
    return _of_parts(model, summary, profiles, report.parent, models)


def _of_parts(
    model: Model, summary: dict[str, Any], profiles: dict[str, Any], folder: Path, models: Path
) -> Period:
    """Put a period together from what a run left."""
    table = folder / SEGMENTS
    check_readable(table)
    run, name = str(model.info["run_id"]), str(summary["name"])
    given = str((summary.get("input") or {}).get("path") or "")
    called = f"run {run} of {name}"
    customers = Customers(table, model.id_name, model.numbers.public, called)
    chain = tuple(_lineage(models, run, model.info.get("continues")))
    return Period(run, name, given, model, customers, profiles, chain)


def _lineage(models: Path, run: str, continues: Any) -> Iterator[str]:
    """Yield a run and those before it that it continues, as far as they are kept."""
    yield run
    for _ in range(_MOST):
        if not continues:
            return
        yield (run := str(continues))
        try:
            tree = json.loads((models / run / "model.json").read_text(encoding="utf-8"))
            continues = tree["info"].get("continues")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return


def labelled(periods: Sequence[Period], labels: Sequence[str] = ()) -> list[Period]:
    """Call periods by what tells them apart: their data's names, otherwise when they were made.

    Examples
    --------
    >>> labelled([])
    []

    Raises
    ------
    DataError
        Labels are given, but not a different one for each period.
    """
    if labels:
        if len(labels) != len(periods) or len(set(labels)) < len(labels) or not all(labels):
            message = (
                f"{len(periods)} periods are compared, which need as many different labels; "
                f"given are {', '.join(labels)}."
            )
            raise DataError(message)
        return [replace(p, label=said) for p, said in zip(periods, labels, strict=True)]
    stems = [cut(Path(p.input).stem, _LABEL) for p in periods]
    several = len({p.name for p in periods if not p.data}) > 1
    if all(stems) and len(set(stems)) == len(stems):
        called = stems
    else:
        called = [_when(p, several=several) for p in periods]
    if len(set(called)) < len(called):
        called = [f"{label} ({p.run[-6:]})" for label, p in zip(called, periods, strict=True)]
    return [replace(p, label=label) for p, label in zip(periods, called, strict=True)]


def _when(period: Period, *, several: bool) -> str:
    if period.data:
        return cut(Path(period.input).stem or period.input, _LABEL)
    run = period.run
    when = f"{run[:4]}-{run[4:6]}-{run[6:8]} {run[9:11]}:{run[11:13]}"
    return f"{cut(period.name, _LABEL)} {when}" if several else when
