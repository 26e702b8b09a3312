"""Segments of a run that was published, sent to ``output.segments``; what was sent is remembered.

``models/<name>/.delivered`` names the run whose segments went to all targets last. Where that is
not the run in use, a run that ``--if-changed`` skips sends them again: a delivery that failed, or
that a killed process never came to, is made up for.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config.sections import Config, OutputConfig
from engine.delivery.sending import DeliveryError, deliver
from engine.run.saved_customers import SEGMENTS
from engine.utilities.atomic import replacing
from engine.utilities.remote import masked

if TYPE_CHECKING:
    from engine.run.job import Job
    from engine.run.results import Result

_MARK = ".delivered"


def hand_over(run: Job, result: Result) -> None:
    """Send the segments of a run that was fitted; those of a cut go nowhere.

    Raises
    ------
    DeliveryError
        With the result: the run is saved.
    """
    output = run.asked.output
    if run.cut is not None:
        if output.segments and not run.cut.aside:
            run.stages.progress.note(unsent(output.name, output.segments))
        return
    try:
        _send(output, str(result.summary["run_id"]), run.stages.progress.note)
    except DeliveryError as error:
        error.result = result
        raise


def make_up(config: Config, run_id: str, note: Callable[[str], None]) -> None:
    """Send the segments of the run in use where they were not sent to all targets yet.

    Raises
    ------
    DeliveryError
        They could not be, again.
    """
    output = config.output
    mark = Path(output.models) / output.name / _MARK
    with suppress(OSError, UnicodeDecodeError):
        if mark.read_text(encoding="utf-8").strip() == run_id:
            return
    _send(output, run_id, note)


def unsent(name: str, targets: Sequence[str]) -> str:
    """Say that segments were not sent, and how they are."""
    where = ", ".join(map(masked, targets))
    return (
        f"its segments were not sent to output.segments ({where}): "
        f"`engine export {shlex.quote(name)} TARGET` sends them"
    )


def targets_of(reports: Path) -> tuple[str, ...]:
    """Give where the segments of a saved run were to go; none where it does not say."""
    try:
        tree = json.loads((reports / "summary.json").read_text(encoding="utf-8"))
        return tuple(map(str, tree["config"]["output"]["segments"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()


def _send(output: OutputConfig, run_id: str, note: Callable[[str], None]) -> None:
    if not output.segments:
        return
    table = Path(output.reports) / output.name / run_id / SEGMENTS
    deliver(table, output.segments, output.permissions, note)
    mark = Path(output.models) / output.name / _MARK
    with suppress(OSError), replacing(mark, output.permissions) as fresh:  # or it is sent again
        fresh.write_text(f"{run_id}\n", encoding="utf-8")
