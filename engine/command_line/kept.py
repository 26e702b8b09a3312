"""The commands on the runs that are kept: list, history, runs, use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.command_line.answering import answering
from engine.command_line.asked import home, loaded, overrides_of
from engine.command_line.options import Json, Name, Quiet, Set, Verify, Where

if TYPE_CHECKING:
    from engine.config.sections import Config


def list_(
    config: Where = None,
    set_: Set = None,
    json_: Json = False,  # noqa: FBT002
) -> None:
    """List all names of results, each with its run in use."""
    from engine.command_line.histories import print_names
    from engine.run.histories import overview

    with answering(json_) as answer:
        table = overview(loaded(config, overrides_of(set_)))
        answer({"names": table.to_dicts()})
        if not json_:
            print_names(table)


def history(
    name: Name,
    config: Where = None,
    set_: Set = None,
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Show the runs of a name in their order: scores, sizes, what continued what, who moved."""
    from engine.command_line.histories import print_history
    from engine.run.histories import history as told

    with answering(json_) as answer:
        (name,) = home(NAME=name)
        table = told(name, loaded(config, overrides_of(set_)))
        answer({"name": name, "runs": table.to_dicts()})
        if not json_:
            print_history(table)


def runs(
    name: Annotated[
        str | None, typer.Argument(help="Name of a run's results; all names without one.")
    ] = None,
    config: Where = None,
    set_: Set = None,
    json_: Json = False,  # noqa: FBT002
) -> None:
    """List the runs kept of a name: when, by which method, how many segments, which is in use."""
    from engine.command_line.answers import of_runs
    from engine.command_line.console import print_runs
    from engine.run.kept import runs as kept
    from engine.storage.names import names

    with answering(json_) as answer:
        settings = loaded(config, overrides_of(set_))
        (name,) = home(NAME=name)
        found = [name] if name is not None else names(settings.output)
        listed = [(each, kept(each, settings)) for each in found]
        answer(of_runs(listed))
        if not json_:
            print_runs(listed, alone=name is not None)


def use(
    name: Name,
    run: Annotated[
        str | None,
        typer.Argument(help="Run id, its beginning or end, previous or newest."),
    ] = None,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Let another run that is kept be the one in use: what assign assigns with, what latest is."""
    from engine.run.kept import use as take

    with answering(json_) as answer:
        settings: Config = loaded(config, overrides_of(set_, verify_with=verify_with))
        (name,) = home(NAME=name)
        done = take(name, run, settings)
        answer(done._asdict())
        for notice in done.notices:
            typer.echo(notice, err=True)
        if quiet:
            return
        if done.before == done.run:
            typer.echo(f"Run {done.run} of {done.name} is in use already.")
            return
        before = f"; run {done.before} was (engine use {done.name} {done.before})" * bool(
            done.before
        )
        typer.echo(f"Run {done.run} of {done.name} is in use now{before}.")
