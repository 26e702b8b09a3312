"""What the command line prints: a run's summary, a plan, the doctor's findings."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from polars import DataFrame

    from engine.config.sections import Config
    from engine.planning.steps import Plan
    from engine.run.results import Result
    from engine.similar_customers.answers import Answers

_PRINTED = 50
"""Rows of an answer that are printed at most."""


def terminal() -> Console:
    """Give where tables are printed: in a file or a pipe lines are not cut at 80 columns."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def size(n_bytes: float) -> str:
    """Write bytes for people.

    Examples
    --------
    >>> size(512), size(3 * 2**30)
    ('512 B', '3.0 GiB')
    """
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n_bytes < 1024:
            return f"{n_bytes:.0f} {unit}" if unit == "B" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:.1f} TiB"


def show(result: Result, config: Config) -> None:
    """Print what a run found; where that fails the run is done and saved, and that is said."""
    from engine.errors import EngineError

    try:
        print_result(result, config)
    except OSError as error:
        message = f"the run is done and saved ({result.report_path}), but printing failed: {error}."
        raise EngineError(message) from None


def print_result(result: Result, config: Config) -> None:
    """Print the segments, how far to trust them and where everything is."""
    if sys.stdout is None:  # closed by whoever started the run
        return
    from engine.storage.latest import LATEST, latest_id

    console, summary = terminal(), result.summary
    scores = summary["methods"][summary["best"]]
    console.print(f"\n{summary['n_customers']:,} customers in {scores['k']} segments\n")
    console.print(_segments(result, config))
    console.print(f"\n{_trust(scores)}{_comes_back(scores)}")
    if summary["best_rule"]:
        console.print(summary["best_rule"], markup=False, soft_wrap=True)
    if summary["k_rule"]:
        console.print(summary["k_rule"], markup=False, soft_wrap=True)
    if others := [v for v in summary["what_if"] or () if not v["described"]]:
        told = ", ".join(f"{v['k']} segments ({v['structure']['word']})" for v in others)
        console.print(f"Beside them on the page: {told}.", markup=False, soft_wrap=True)
    output = config.output
    models, run = Path(output.models) / output.name, summary["run_id"]
    aside = latest_id(models) != run  # kept beside the one in use
    reports = Path(output.reports) / output.name
    linked = not aside and (reports / LATEST).is_dir()
    folder = reports / (LATEST if linked else run)
    console.print(f"\nReport    {folder / 'report.html'}", markup=False)
    console.print(f"Segments  {folder / 'segments.parquet'}", markup=False)
    console.print(f"Model     {models / run if aside else models}", markup=False)


def _segments(result: Result, config: Config) -> Table:
    """Lay out the segments, counted from 1, with their shares of customers and of worth."""
    from engine.utilities.segment_numbers import on_page
    from engine.visualization.readable import held, part_of

    worth = ("value",) if "value_share" in result.profiles.columns else ()
    named = ("segment", "name", "customers", "share", *worth)
    table = Table(*named, box=None, header_style="bold")
    for row in result.profiles.iter_rows(named=True):
        # Names hold words of the data, which may look like markup.
        name = Text(row["segment_name"])
        few = row["customers"] < config.output.smallest_group
        share = part_of(row["share"], row, config.output.smallest_group)
        table.add_row(
            str(on_page(row["segment"])),
            name,
            held(row, config.output.smallest_group),
            share if few else f"{row['share']:.1%}",
            *(_worth(row["value_share"]) for _ in worth),
        )
    return table


def _worth(share: float | None) -> str:
    """Write a segment's share of what customers are worth, where that is told."""
    return "" if share is None else f"{share:.1%}"


def _comes_back(scores: dict[str, Any]) -> str:
    from engine.visualization.page.compared import stability

    if not scores.get("stability"):
        return ""
    return f"; drawn anew, segments agree by {stability(scores['stability'])}"


def _trust(scores: dict[str, Any]) -> str:
    from engine.visualization.verdict import verdict_of

    silhouette = scores["silhouette"]
    if silhouette["value"] is None:
        return "silhouette: undefined"
    word = verdict_of(scores).word
    text = f"silhouette {silhouette['value']:.3f}"
    if not silhouette.get("exact"):
        text += f" ({silhouette['low']:.3f} to {silhouette['high']:.3f})"
    if silhouette.get("chance") is not None:
        text += f" against {silhouette['chance']:.3f} without groups"
    return f"{text}: {_SAID.get(word, word + ' structure')}"


_SAID = {
    "none": "no clear structure",
    "division": "a division, not groups",
    "not measured": "structure not measured",
}


def print_plan(plan: Plan) -> None:
    """Print the steps with their bytes, and the refusals."""
    from engine.native.library import told
    from engine.planning.told import cluster_words

    console = terminal()
    there = ("a worker",) if plan.pieces else ()
    named = ("step", "place", "method", "bytes", *there, "note")
    table = Table(*named, box=None, header_style="bold")
    for step in plan.steps:
        known = (size(step.worker_bytes),) if there else ()
        place = str(plan.runtime.place)
        table.add_row(step.name, place, step.method, size(step.bytes), *known, Text(step.note))
    console.print(table)
    limit = plan.runtime.memory_limit
    console.print(f"\nplace: {plan.runtime.place} ({plan.runtime.reason})", markup=False)
    console.print(f"kernels: {told()}", markup=False, soft_wrap=True)
    console.print(f"peak {size(plan.peak)} of {size(limit)} allowed (compute.memory_limit)")
    for line in cluster_words(plan):
        console.print(line, markup=False, soft_wrap=True)
    if plan.device_peak:
        pool = size(plan.runtime.device_memory)
        console.print(f"peak {size(plan.device_peak)} of {pool} of the GPU's memory")
    for line in plan.runtime.parts.lines() if plan.runtime.device_memory else ():
        console.print(line, markup=False, soft_wrap=True)
    for name, reason in plan.left_out.items():
        console.print(f"left out: {name}: {reason}", markup=False, soft_wrap=True)
    for looked in plan.targets:
        said = f"cannot be sent: {looked.error}" if looked.error else f"to {looked.target}: reached"
        console.print(f"segments {said}", markup=False, soft_wrap=True)
    for refusal in plan.refusals:
        console.print(f"refused: {refusal}", markup=False, soft_wrap=True)


def print_doctor() -> list[str]:
    """Print places, driver, GPUs, versions, memory and threads; give what does not go together."""
    from engine.command_line.doctor import gpu_report
    from engine.native.library import told
    from engine.places import extras
    from engine.places.choice import probe
    from engine.places.machine import available_memory, available_threads
    from engine.run.summaries import versions

    console = terminal()
    table = Table("place", "usable", "why", box=None, header_style="bold")
    for status in probe():
        table.add_row(str(status.place), "yes" if status.available else "no", Text(status.reason))
    console.print(table)
    console.print(f"\nthreads {available_threads()}, memory free {size(available_memory())}")
    console.print(f"system  {platform.platform()}", markup=False)
    console.print(f"kernels {told()}", markup=False, soft_wrap=True)
    for name, found in versions().items():
        console.print(f"{name:<14}{found}", markup=False)
    console.print()
    for line in extras.told():
        console.print(line, markup=False, soft_wrap=True)
    console.print()
    facts, problems = gpu_report()
    print_report(facts, problems)
    return problems


def print_report(facts: list[str], problems: list[str]) -> None:
    """Print what the doctor found."""
    console = terminal()
    for fact in facts:
        console.print(fact, markup=False, soft_wrap=True)
    for problem in problems:
        console.print(f"problem: {problem}", markup=False, soft_wrap=True)


def print_runs(found: list[tuple[str, DataFrame]], *, alone: bool) -> None:
    """Print the runs that are kept, of one name or of all."""
    first = () if alone else ("name",)
    named = ("run", "date (UTC)", "method", "segments", "customers", "")
    table = Table(*first, *named, box=None, header_style="bold")
    for name, runs in found:
        for row in runs.iter_rows(named=True):
            date = f"{row['date']:%Y-%m-%d %H:%M}" if row["date"] else "?"
            told = ("in use" if row["in_use"] else "", f"a cut of {row['cut_of']}")
            counts = (f"{row[key]:,}" if row[key] else "?" for key in ("segments", "customers"))
            said = ", ".join(t for t in told[: 1 + bool(row["cut_of"])] if t)
            shown = (name,) * (not alone)
            table.add_row(*shown, row["run"], date, Text(row["method"] or "?"), *counts, said)
    terminal().print(table)


def print_similar(answers: Answers) -> None:
    """Print the first of the customers that are like those asked about."""
    if sys.stdout is None:  # closed by whoever started the command
        return
    # Columns and values are words of the data, which may look like markup.
    table = Table(*map(escape, answers.schema), box=None, header_style="bold")
    for row in answers.table(_PRINTED).iter_rows():
        table.add_row(*(Text(f"{v:.4g}" if isinstance(v, float) else str(v)) for v in row))
    terminal().print(table)
    if (rest := len(answers.which) * answers.n - _PRINTED) > 0:
        print(f"and {rest:,} more; name a file to write them all.")
