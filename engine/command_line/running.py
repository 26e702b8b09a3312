"""The commands that run, or say what would run: run, plan, init."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from engine.command_line.answering import answering
from engine.command_line.asked import wanted
from engine.command_line.console import show
from engine.command_line.options import Base, Given, Json, Out, Quiet, Set

K = Annotated[
    str | None, typer.Option("--k", metavar="K", help="Number of segments, or auto (clustering.k).")
]
Id = Annotated[
    str | None, typer.Option("--id", metavar="COLUMN", help="Who a row is of (input.id).")
]
Methods = Annotated[
    str | None,
    typer.Option("--methods", metavar="A,B", help="Methods, or all (clustering.methods)."),
]
Transactions = Annotated[
    bool | None,
    typer.Option("--transactions", help="A row is a line of an invoice (input.kind)."),
]
IfChanged = Annotated[
    bool,
    typer.Option("--if-changed", help="Skip a run of the same data, settings and engine."),
]
Name = Annotated[
    str | None, typer.Option("--name", help="Name of the results; that of the data, without.")
]


def run(
    given: Given = None,
    k: K = None,
    id_: Id = None,
    transactions: Transactions = None,
    methods: Methods = None,
    out: Out = None,
    name: Name = None,
    config: Base = None,
    set_: Set = None,
    if_changed: IfChanged = False,  # noqa: FBT002
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Segment customers: load, prepare, cluster, evaluate, describe, draw, save."""
    from engine.command_line.answers import of_run, of_skipped
    from engine.errors import EngineError
    from engine.run.delivered import make_up
    from engine.run.pipeline import execute
    from engine.run.unchanged import looked_over
    from engine.utilities.progress import make_progress

    with answering(json_) as answer:
        words = _words(k, id_, methods, transactions=transactions, out=out, name=name)
        progress = make_progress(quiet=quiet)
        settings = wanted(given, words, set_, config, progress.note)
        same, made_of = looked_over(settings) if if_changed else (None, None)
        if same is not None:
            answer(of_skipped(same, settings))
            make_up(settings, same.run_id, progress.note)
            if not quiet:
                typer.echo(f"Skipped: {same.reason}.")
            return
        try:
            result = execute(settings, progress, made_of=made_of)
        except EngineError as error:
            if (done := getattr(error, "result", None)) is not None:  # it was not delivered
                answer(of_run(done, settings))
                if not quiet:
                    show(done, settings)
            raise
        answer(of_run(result, settings))
        if not quiet:
            show(result, settings)


def plan(
    given: Given = None,
    k: K = None,
    id_: Id = None,
    transactions: Transactions = None,
    methods: Methods = None,
    config: Base = None,
    set_: Set = None,
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Show what would run where, the bytes needed and refusals, from file headers alone."""
    from engine.command_line.answers import of_plan
    from engine.command_line.console import print_plan
    from engine.planning.customers import refusal
    from engine.planning.plan import plan as make

    with answering(json_) as answer:
        words = _words(k, id_, methods, transactions=transactions)
        found = make(wanted(given, words, set_, config))
        answer(of_plan(found))
        if not json_:
            print_plan(found)
        if (error := refusal(found, found.runtime)) is not None:
            answer({"error": str(error)})
            raise typer.Exit(error.exit_code)


def init(
    given: Annotated[str, typer.Argument(metavar="DATA", help="A file, a folder or a glob.")],
    id_: Id = None,
    transactions: Transactions = None,
    name: Name = None,
    to: Annotated[
        str, typer.Option("--to", "-o", metavar="FILE", help="What is written.")
    ] = "config.yaml",
    force: Annotated[bool, typer.Option("--force", help="Write over a file.")] = False,  # noqa: FBT002
    set_: Set = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Write a configuration of what is recognised in data: to be looked over, and run."""
    from engine.command_line.asked import home
    from engine.run.initial import configuration_of, new_file, save
    from engine.utilities.progress import make_progress

    with answering(json_) as answer:
        (to,) = home(to=to)
        words = _words(None, id_, None, transactions=transactions, name=name)
        settings, progress = wanted(given, words, set_, data=True), make_progress(quiet=quiet)
        file = new_file(to, force=force)
        save(configuration_of(settings, progress), file)
        answer({"config": to, "name": settings.output.name})
        if not quiet:
            typer.echo(f"Configuration written: {to}; run it with: engine run {shlex.quote(to)}")


def _words(
    k: str | None, id_: str | None, methods: str | None, **more: str | bool | None
) -> dict[str, Any]:
    from engine.config.loading import parse_overrides
    from engine.config.words import KEYS

    said = {"k": k, "methods": methods}
    read = {w: parse_overrides([f"{KEYS[w]}={v}"])[KEYS[w]] for w, v in said.items() if v}
    return {**read, "id": id_, **more}
