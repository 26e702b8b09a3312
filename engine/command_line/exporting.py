"""The command that hands customers out: export."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.command_line.asked import home, loaded, overrides_of
from engine.command_line.options import Name, Quiet, Set, Verify, Where


def export(
    name: Name,
    output: Annotated[str, typer.Argument(help="A .xlsx, .csv or .parquet file to write.")],
    segment: Annotated[
        list[str] | None,
        typer.Option(help="Whose customers: a number on the page, or a name; may be repeated."),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(metavar="CONDITION", help="Such as \"country = 'Spain' AND spend > 100\"."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="The customers' own columns beside, with commas between them, or all."),
    ] = None,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
) -> None:
    """Write the customers of a run, or of some segments, to a workbook or a table; streamed.

    Columns of the customers' own are read from the run's input, which must be unchanged.
    """
    from engine.customer_lists.export import export as write
    from engine.utilities.progress import make_progress
    from engine.utilities.stopping import check, writes
    from engine.utilities.targets import is_stdout

    check()
    name, output = home(NAME=name, OUTPUT=output)
    progress, overrides = make_progress(quiet=quiet), overrides_of(set_, verify_with=verify_with)
    writes(output)
    done = write(
        name, output, loaded(config, overrides), segment=segment or None, where=where,
        columns=_named(columns), overrides=overrides, progress=progress,
    )  # fmt: skip
    for notice in done.notices:
        progress.note(notice)
    if not quiet:
        typer.echo(f"{done.told()}: {output}", err=is_stdout(output))


def _named(columns: str | None) -> list[str]:
    """Give the names of columns; one that holds commas stands in double quotes."""
    from engine.config.shell_values import parted

    return [name for name in parted(columns) if name] if columns else []
