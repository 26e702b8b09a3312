"""The commands that run, or say what would run: run, plan."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.command_line.asked import loaded, overrides_of
from engine.command_line.console import show
from engine.command_line.options import Config, Quiet, Set


def run(
    config: Config = None,
    set_: Set = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the results.")] = None,
    quiet: Quiet = False,  # noqa: FBT002
) -> None:
    """Segment customers: load, prepare, cluster, evaluate, describe, draw, save."""
    from engine.run.pipeline import segment
    from engine.utilities.progress import make_progress

    overrides = overrides_of(set_, name=name)
    settings = loaded(config, overrides)
    result = segment(settings, progress=make_progress(quiet=quiet))
    if not quiet:
        show(result, settings)


def plan(config: Config = None, set_: Set = None) -> None:
    """Show what would run where, the bytes needed and refusals, from file headers alone."""
    from engine.command_line.console import print_plan
    from engine.planning.plan import plan as make

    found = make(loaded(config, overrides_of(set_)))
    print_plan(found)
    if found.refusals:
        raise typer.Exit(1)
