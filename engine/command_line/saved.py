"""The commands on a run that was saved: report, rename."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from engine.command_line.answering import answering
from engine.command_line.asked import home, loaded, overrides_of
from engine.command_line.console import show
from engine.command_line.options import Json, Name, Quiet, Set, Verify, Where


def report(
    name: Name,
    config: Where = None,
    set_: Set = None,
    use: Annotated[  # noqa: FBT002
        bool, typer.Option("--use", help="Let the new cut be the run in use at once.")
    ] = False,
    to: Annotated[
        str, typer.Option(help="html (the page), pptx (slides), pdf, or a file: deck.pptx.")
    ] = "html",
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Draw a run's report again, or write it as slides or a PDF.

    Another clustering.k cuts the tree of an agglomerative run again. The cut is a run of its own
    beside the one in use; `engine use NAME RUN` takes it.
    """
    from engine.command_line.answers import of_run
    from engine.errors import ConfigError
    from engine.run.recutting import K, cuts, in_place, recut
    from engine.run.report_forms import form_of, report_of
    from engine.storage.naming import named
    from engine.utilities.progress import make_progress

    with answering(json_) as answer:
        overrides = overrides_of(set_, verify_with=verify_with)
        again = cuts(overrides)
        (name,) = home(NAME=name)
        settings = loaded(config, in_place(overrides))
        asked = named(settings.output, name)
        settings = asked.within(settings)
        if use and not again:
            raise ConfigError([f"--use goes with another cut, such as --set {K}=7"], "command line")
        if not again:
            heard = partial(typer.echo, err=True)
            drawn = report_of(settings.output, asked.run, to, heard)
            answer({"name": asked.name, "report": drawn})
            typer.echo(f"Report: {drawn}")
            return
        form, _ = form_of(to)
        result = recut(name, overrides, settings, use=use, progress=make_progress(quiet=quiet))
        run = str(result.summary["run_id"])
        path = None if form == "html" else report_of(settings.output, run, to)
        answer(of_run(result, settings) | {"in_use": use} | ({"report": path} if path else {}))
        if quiet:
            return
        show(result, settings)
        if path is not None:
            typer.echo(f"Report: {path}")
        if not use:
            taken = f"engine use {asked.name} {run}"
            typer.echo(f"The run in use stays as it is; `{taken}` takes this one.")


def rename(
    name: Name,
    segment: Annotated[str, typer.Argument(help="Its number on the page, or its name.")],
    to: Annotated[str, typer.Argument(metavar="NAME", help="What to call it from now on.")],
    config: Where = None,
    set_: Set = None,
    sign_with: Annotated[
        str | None,
        typer.Option("--sign-with", metavar="KEY", help="Key of a run that is signed."),
    ] = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Call a segment otherwise, in model, tables and page; runs that continue it keep the name."""
    from engine.run.renaming import rename as call

    with answering(json_) as answer:
        settings = loaded(config, overrides_of(set_))
        name, key = home(NAME=name, KEY=sign_with)
        done = call(name, segment, to, settings, sign_with=key)
        answer(asdict(done))
        for notice in done.notices:
            typer.echo(notice, err=True)
        if not quiet:
            typer.echo(done.told())
            typer.echo(f"Report: {done.report}")
