"""The command that records runs with a tracker: track."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.command_line.answering import answering
from engine.command_line.asked import home, loaded, overrides_of
from engine.command_line.options import Json, Name, Quiet, Set, Verify, Where


def track(
    name: Name,
    again: Annotated[  # noqa: FBT002
        bool, typer.Option("--again", help="Once more, where the tracker knows the run.")
    ] = False,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    json_: Json = False,  # noqa: FBT002
    quiet: Quiet = False,  # noqa: FBT002
) -> None:
    """Record a saved run with MLflow, once; and register its model where tracking.register asks.

    The tracker is tracking.uri, or MLFLOW_TRACKING_URI. No customer's row is sent.
    """
    from engine.tracking.track import track as record

    with answering(json_) as answer:
        (name,) = home(NAME=name)
        settings = loaded(config, overrides_of(set_, verify_with=verify_with))
        done = record(name, source=settings, again=again)
        answer(done.to_json())
        if not quiet:
            for line in done.told():
                typer.echo(line)
