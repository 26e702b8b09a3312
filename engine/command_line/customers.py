"""The commands on customers: assign, similar."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from engine.command_line.answering import answering
from engine.command_line.asked import about, home, model_named, overrides_of
from engine.command_line.options import (
    MODEL,
    MOST,
    Answer,
    Ids,
    Json,
    Name,
    Quiet,
    Set,
    Verify,
    Where,
)


def assign(
    model: Annotated[str, typer.Argument(help=MODEL)],
    input_: Annotated[str, typer.Argument(metavar="INPUT", help="File, folder or glob.")],
    output: Annotated[str, typer.Argument(help="A .parquet or .csv file to write.")],
    customers: Annotated[
        str | None, typer.Option(help="For transactions: the customers' own table.")
    ] = None,
    margin: Annotated[  # noqa: FBT002
        bool, typer.Option("--margin", help="With the next best segment and how clear it is.")
    ] = False,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Give new customers their segments; streams a file of any size, ids kept."""
    from engine.command_line.answers import of_assigned
    from engine.utilities.progress import make_progress, speed
    from engine.utilities.stopping import check, writes
    from engine.utilities.targets import is_stdout

    with answering(json_, output) as answer:
        progress = make_progress(quiet=quiet)
        input_, output = home(INPUT=input_, OUTPUT=output)
        customers, verify_with = home(customers=customers, verify_with=verify_with)
        writes(output)
        known, _ = model_named(model, config, verify_with)
        check()
        start = time.perf_counter()
        with progress.stage("assign"):
            done = known.assign_file(
                input_,
                output,
                customers=customers,
                overrides=overrides_of(set_) | ({"output.margin": True} if margin else {}),
                progress=progress,
            )
        seconds = time.perf_counter() - start
        rate = speed(done.rows / max(seconds, 1e-9))
        answer(of_assigned(done, output, seconds))
        for notice in done.notices:
            progress.note(notice)
        for note in done.notes():
            progress.note(f"warning: {note}")
        if not quiet:
            typer.echo(f"{done.rows:,} customers assigned, {rate}: {output}", err=is_stdout(output))


def similar(
    name: Name,
    ids: Ids,
    output: Answer = None,
    n: Annotated[int, typer.Option("--n", "-n", min=1, max=MOST, help="Neighbours of each.")] = 10,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Find customers like these among those of a run; streamed to a file for millions.

    They are compared as they were clustered: by the run's leading components, not every column.
    """
    from engine.command_line.console import print_similar
    from engine.similar_customers.answers import ask
    from engine.utilities.targets import is_stdout

    with answering(json_, output) as answer:
        name, ids, output, settings, overrides, progress = about(
            name, ids, output, config, set_, verify_with, quiet=quiet
        )
        answers = ask(name, ids, n, settings, overrides=overrides, progress=progress, output=output)
        for note in answers.notes():
            progress.note(note)
        if output is None:
            if json_:
                rows = answers.table().to_dicts()
                answer({"customers": len(answers.which), "similar": len(rows), "rows": rows})
            else:
                print_similar(answers)
            return
        written = answers.write(output, progress)
        answer({"customers": len(answers.which), "similar": written, "output": output})
        if not quiet:
            said = f"{written:,} similar customers of {len(answers.which):,}: {output}"
            typer.echo(said, err=is_stdout(output))
