"""The command line: parses, calls, prints; nothing else."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.command_line.asked import home, loaded, overrides_of

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Segment customers: a file in; segments, a report and a model out.",
)

_Config = Annotated[
    str | None,
    typer.Argument(metavar="CONFIG", help="Configuration file; config.yaml where there is one."),
]
_Where = Annotated[str | None, typer.Option(help="Configuration that says where results are.")]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="key.path=value", help="Override a key; may be repeated."),
]
_Verify = Annotated[
    str | None,
    typer.Option("--verify-with", metavar="KEY", help="Refuse what is not signed with this key."),
]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
_MOST = 2**40
"""Customers, neighbours and seeds at most: more fit on no disk."""


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (Typer's form)
    if wanted:
        from engine import __version__

        typer.echo(f"engine {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Keep the traceback of an error.")] = False,  # noqa: FBT002
    version: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show it."),
    ] = False,
) -> None:
    """Segment customers: a file in; segments, a report and a model out."""


@app.command()
def run(
    config: _Config = None,
    set_: _Set = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the results.")] = None,
    quiet: _Quiet = False,  # noqa: FBT002
) -> None:
    """Segment customers: load, prepare, cluster, evaluate, describe, draw, save."""
    from engine.run.pipeline import segment
    from engine.utilities.progress import make_progress

    overrides = overrides_of(set_, name=name)
    settings = loaded(config, overrides)
    result = segment(settings, progress=make_progress(quiet=quiet))
    if not quiet:
        _show(result, settings)


def _show(result: Any, settings: Any) -> None:
    from engine.command_line.console import print_result
    from engine.errors import EngineError

    try:
        print_result(result, settings)
    except OSError as error:
        message = f"the run is done and saved ({result.report_path}), but printing failed: {error}."
        raise EngineError(message) from None


@app.command()
def plan(config: _Config = None, set_: _Set = None) -> None:
    """Show what would run where, the bytes needed and refusals, from file headers alone."""
    from engine.command_line.console import print_plan
    from engine.planning.plan import plan as make

    found = make(loaded(config, overrides_of(set_)))
    print_plan(found)
    if found.refusals:
        raise typer.Exit(1)


@app.command()
def assign(
    model: Annotated[str, typer.Argument(help="Model folder, such as models/customers.")],
    input_: Annotated[str, typer.Argument(metavar="INPUT", help="File, folder or glob.")],
    output: Annotated[str, typer.Argument(help="A .parquet or .csv file to write.")],
    customers: Annotated[
        str | None, typer.Option(help="For transactions: the customers' own table.")
    ] = None,
    set_: _Set = None,
    verify_with: _Verify = None,
    quiet: _Quiet = False,  # noqa: FBT002
) -> None:
    """Give new customers their segments; streams a file of any size, ids kept."""
    from engine.model.model import load_model
    from engine.utilities.progress import make_progress, speed
    from engine.utilities.stopping import check, writes
    from engine.utilities.targets import is_stdout

    progress = make_progress(quiet=quiet)
    model, input_, output = home(MODEL=model, INPUT=input_, OUTPUT=output)
    customers, verify_with = home(customers=customers, verify_with=verify_with)
    writes(output)
    known = load_model(model, verify_with=verify_with)
    check()
    start = time.perf_counter()
    with progress.stage("assign"):
        done = known.assign_file(
            input_,
            output,
            customers=customers,
            overrides=overrides_of(set_),
            progress=progress,
        )
    rate = speed(done.rows / max(time.perf_counter() - start, 1e-9))
    for notice in done.notices:
        progress.note(notice)
    for note in done.notes():
        progress.note(f"warning: {note}")
    if not quiet:
        typer.echo(f"{done.rows:,} customers assigned, {rate}: {output}", err=is_stdout(output))


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="Name of a run's results.")],
    config: _Where = None,
    set_: _Set = None,
    verify_with: _Verify = None,
    quiet: _Quiet = False,  # noqa: FBT002
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
        _show(result, settings)


@app.command()
def similar(
    name: Annotated[str, typer.Argument(help="Name of a run's results.")],
    ids: Annotated[
        str,
        typer.Option(help="Customers, with commas between them, or a .txt, .csv or .parquet file."),
    ],
    output: Annotated[
        str | None, typer.Argument(help="A .parquet or .csv file to write; printed without.")
    ] = None,
    n: Annotated[int, typer.Option("--n", "-n", min=1, max=_MOST, help="Neighbours of each.")] = 10,
    config: _Where = None,
    set_: _Set = None,
    verify_with: _Verify = None,
    quiet: _Quiet = False,  # noqa: FBT002
) -> None:
    """Find customers like these among those of a run; streamed to a file for millions.

    They are compared as they were clustered: by the run's leading components, not every column.
    """
    from engine.command_line.console import print_similar
    from engine.similar_customers.answers import ask
    from engine.utilities.progress import make_progress
    from engine.utilities.stopping import check, writes
    from engine.utilities.targets import is_stdout

    check()
    (output,) = home(OUTPUT=output)
    (ids,) = home(ids=ids) if Path(ids).suffix else (ids,)
    progress, overrides = make_progress(quiet=quiet), overrides_of(set_, verify_with=verify_with)
    if output is not None:
        writes(output)
    settings = loaded(config, overrides)
    answers = ask(name, ids, n, settings, overrides=overrides, progress=progress, output=output)
    for note in answers.notes():
        progress.note(note)
    if output is None:
        print_similar(answers)
        return
    rows = answers.write(output, progress)
    if not quiet:
        said = f"{rows:,} similar customers of {len(answers.which):,}: {output}"
        typer.echo(said, err=is_stdout(output))


@app.command()
def generate(
    output: Annotated[str, typer.Argument(help="A .parquet or .csv file to write.")],
    customers: Annotated[int, typer.Option(min=1, max=_MOST, help="How many customers.")],
    seed: Annotated[
        int, typer.Option(min=0, max=_MOST, help="The same seed gives the same customers.")
    ] = 0,
    transactions: Annotated[  # noqa: FBT002
        bool, typer.Option("--transactions", help="The lines of their invoices instead.")
    ] = False,
) -> None:
    """Write synthetic customers with known segments, streamed, any number."""
    from engine.data_preparation.generators.customers import generate as write
    from engine.data_preparation.generators.shop import generate_transactions
    from engine.data_preparation.reading.apart import check_apart
    from engine.utilities.stopping import writes
    from engine.utilities.targets import is_stdout

    (output,) = home(OUTPUT=output)
    check_apart(output)
    writes(output)
    if transactions:
        lines = generate_transactions(Path(output), customers=customers, seed=seed)
        said = f"{lines:,} lines of {customers:,} customers' invoices written: {output}"
    else:
        rows = write(Path(output), customers=customers, seed=seed)
        said = f"{rows:,} customers written: {output}"
    typer.echo(said, err=is_stdout(output))


@app.command()
def doctor(
    model: Annotated[str | None, typer.Option(help="A model: whose it is, whether signed.")] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="Its workers: local, tcp://host:port, tls://host:port, a file."),
    ] = None,
    verify_with: _Verify = None,
) -> None:
    """Show places and why not, versions, memory and threads; or ask a model, or a cluster."""
    from engine.command_line.console import print_doctor, print_model, print_report
    from engine.command_line.doctor import cluster_report

    model, verify_with = home(model=model, verify_with=verify_with)
    if model is not None:
        print_model(model, verify_with)
    if cluster is not None:
        print_report(*cluster_report(loaded(None, {"compute.cluster": cluster}).compute))
    if model is None and cluster is None:
        print_doctor()


def main(*, for_good: bool = False) -> None:
    """Run the command line; errors a user can mend are one sentence and an exit code.

    Exit codes: 0 done, 1 failed, 2 wrong usage or configuration; 130, 143 and 129 where a signal
    (interrupt, termination, hang-up) ended it. With ``--debug`` as the first word, errors keep
    their traceback. With ``for_good`` the process ends with it, and signals stay ignored.
    """
    from engine.command_line.ending import told
    from engine.command_line.native import libraries_silenced

    debug = sys.argv[1:2] == ["--debug"]
    if debug:
        del sys.argv[1]
        logging.getLogger("engine").setLevel(logging.DEBUG)  # what others log is shown, too
    with nullcontext() if debug else libraries_silenced():
        told(app, debug=debug, for_good=for_good)
