"""The commands on a run that was saved: report."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.command_line.asked import loaded, overrides_of
from engine.command_line.console import show
from engine.command_line.options import Quiet, Set, Verify, Where


def report(
    name: Annotated[str, typer.Argument(help="Name of a run's results.")],
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
) -> None:
    """Draw a run's report again; clustering.k=7 cuts the tree of an agglomerative run again."""
    from engine.run.recutting import cuts, in_place, recut
    from engine.run.reporting import rebuild_report
    from engine.utilities.progress import make_progress

    overrides = overrides_of(set_, verify_with=verify_with)
    again = cuts(overrides)
    settings = loaded(config, in_place(overrides) | {"output.name": name})
    if not again:
        typer.echo(f"Report: {rebuild_report(settings.output)}")
        return
    result = recut(name, overrides, settings, progress=make_progress(quiet=quiet))
    if not quiet:
        show(result, settings)
