"""The command on runs side by side: compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.command_line.answering import answering
from engine.command_line.asked import home, loaded, overrides_of
from engine.command_line.options import MOST, Json, Quiet, Set, Verify, Where

if TYPE_CHECKING:
    from engine.comparing.comparison import Comparison


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="OLD NEW ...",
            help="Names (shop), runs of one (shop@previous, shop@newest, shop@ID), folders of a "
            "model or report; after a run also data. A name alone: its previous run and that in "
            "use.",
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Where page, JSON and tables go; beside the reports without.",
        ),
    ] = None,
    most: Annotated[
        int,
        typer.Option(min=1, max=MOST, help="Customers that moves.csv lists of each step."),
    ] = 1_000,
    labels: Annotated[
        str | None,
        typer.Option(metavar="A,B,...", help="What to call the periods, such as january,february."),
    ] = None,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Say who moved between segments from one run to the next, what changed and whose move matters.

    Writes a page, JSON, migration.csv and moves.csv; the last holds customers' ids.
    """
    with answering(json_) as answer:
        asked = (out, most, labels)
        found, folder, notices = _compared(runs, asked, config, set_, verify_with, quiet=quiet)
        answer(found.answer() | {"folder": folder, "notices": notices})
        if quiet or json_:
            return
        for sentence in found.sentences:
            typer.echo(sentence)
        typer.echo(f"\nComparison  {folder / 'comparison.html'}")
        more = found.movers - len(found.moves)
        many = f"{more:,} customers"
        if any(step["about"] for step in found.summary["steps"]):
            many = "there are customers"  # how many would tell of few
        beyond = f" ({many} beyond these; --most lists more)" * (more > 0)
        typer.echo(f"Moves       {folder / 'moves.csv'}{beyond}")


def _compared(
    runs: list[str],
    how: tuple[str | None, int, str | None],
    config: str | None,
    set_: list[str] | None,
    verify_with: str | None,
    *,
    quiet: bool,
) -> tuple[Comparison, Path, list[str]]:
    from engine.comparing.comparison import compare as side_by_side
    from engine.utilities.progress import make_progress
    from engine.utilities.stopping import check
    from engine.utilities.targets import refuse_in_run

    check()
    out, most, called = how
    labels = [label.strip() for label in called.split(",")] if called else []
    progress, overrides = make_progress(quiet=quiet), overrides_of(set_, verify_with=verify_with)
    asked = [home(RUN=run)[0] for run in runs]
    (out,) = home(out=out)
    if out is not None:
        refuse_in_run(out)
    settings = loaded(config, {k: v for k, v in overrides.items() if k.startswith("output.")})
    found = side_by_side(
        asked, settings, most=most, labels=labels, overrides=overrides, progress=progress
    )
    folder, notices = found.saved(out)
    notices = [*found.notices, *notices]
    for notice in notices:
        progress.note(notice)
    return found, folder, notices
