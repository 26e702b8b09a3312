"""The commands on a run that was saved: report."""

from __future__ import annotations

import typer

from engine.command_line.asked import home, loaded, overrides_of
from engine.command_line.console import show
from engine.command_line.options import Name, Quiet, Set, Verify, Where


def report(
    name: Name,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
) -> None:
    """Draw a run's report again; clustering.k=7 cuts the tree of an agglomerative run again."""
    from engine.run.recutting import cuts, in_place, recut
    from engine.run.reporting import rebuild_report
    from engine.storage.naming import named
    from engine.utilities.progress import make_progress

    overrides = overrides_of(set_, verify_with=verify_with)
    again = cuts(overrides)
    (name,) = home(NAME=name)
    settings = loaded(config, in_place(overrides))
    asked = named(settings.output, name)
    settings = asked.within(settings)
    if not again:
        typer.echo(f"Report: {rebuild_report(settings.output, asked.run)}")
        return
    result = recut(name, overrides, settings, progress=make_progress(quiet=quiet))
    if not quiet:
        show(result, settings)
