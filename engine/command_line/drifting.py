"""The command that says how customers have shifted since a fit: drift."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.command_line.answering import answering
from engine.command_line.asked import home, loaded, model_named, overrides_of
from engine.command_line.options import MODEL, Json, Quiet, Set, Verify, Where

if TYPE_CHECKING:
    from engine.drifting.found import Drift


def drift(
    model: Annotated[str, typer.Argument(help=MODEL)],
    data: Annotated[str, typer.Argument(metavar="DATA", help="File, folder or glob.")],
    customers: Annotated[
        str | None, typer.Option(help="For transactions: the customers' own table.")
    ] = None,
    fail_above: Annotated[
        str | None,
        typer.Option(
            metavar="slight|moderate|large|NUMBER",
            help="End with code 5 from that level on, or where the index of a column exceeds it.",
        ),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FOLDER", help="Where page and JSON go.")
    ] = None,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Say how customers have shifted since a model was fitted; streams a file of any size.

    Columns, the segments' shares, who belongs nowhere, and a verdict: stable, look, or fit again.
    """
    from engine.utilities.stopping import check
    from engine.utilities.targets import refuse_in_run

    with answering(json_) as answer:
        bound = _bound(fail_above)
        data, customers, out = home(DATA=data, customers=customers, out=out)
        if out is not None:
            refuse_in_run(out)
        check()
        found, page = _measured(
            model, data, customers, out, config, overrides_of(set_, verify_with=verify_with),
            quiet=quiet,
        )  # fmt: skip
        answer({**found.to_json(), "report": str(page), "file": str(page.with_suffix(".json"))})
        if not quiet:
            typer.echo(f"{found}\nReport: {page}")
        _judge(found, bound, page)


def _measured(
    model: str, data: str, customers: str | None, out: str | None, config: str | None,
    overrides: Mapping[str, Any], *, quiet: bool,
) -> tuple[Drift, Path]:  # fmt: skip
    """Measure, and write what was found; give it with its page."""
    from engine.drifting.asked import drift as measure
    from engine.drifting.asked import folder_for
    from engine.utilities.ahead import PAGES, importing
    from engine.utilities.progress import make_progress

    progress, of_data = make_progress(quiet=quiet), ("input.", "transactions.")
    theirs = {k: v for k, v in overrides.items() if k.startswith(of_data)}
    settings = loaded(config, {k: v for k, v in overrides.items() if k not in theirs})
    known, _ = model_named(model, config, settings.output.verify_with)
    with importing(*PAGES):
        found = measure(
            known, data, settings, customers=customers, overrides=theirs, progress=progress
        )
    for notice in (*found.notices, *(f"warning: {w}" for w in found.warnings)):
        progress.note(notice)
    return found, found.write(out or folder_for(found, model, settings))


def _judge(found: Drift, bound: str | float | None, page: Path) -> None:
    """End with the code of a drift that is more than is allowed.

    Raises
    ------
    DriftError
    """
    from engine.errors import DriftError

    if bound is not None and found.exceeds(bound):
        message = f"{found.head}: more than --fail-above {bound} allows; see {page}."
        raise DriftError(message)


def _bound(said: str | None) -> str | float | None:
    """Read ``--fail-above``.

    Raises
    ------
    ConfigError
        It is none of what may stand there.
    """
    from engine.errors import ConfigError

    if said in (None, "slight", "moderate", "large"):
        return said
    try:
        bound = float(str(said))
    except ValueError:
        bound = -1.0
    if not 0 <= bound < float("inf"):
        problem = (
            f"--fail-above must be slight, moderate, large or a number from 0 on; got {said!r}"
        )
        raise ConfigError([problem], "command line")
    return bound
