"""The command line: its commands, in the order of its help, and how it ends."""

from __future__ import annotations

import logging
import sys
from contextlib import nullcontext
from io import TextIOWrapper
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from engine.command_line.answering import answering
from engine.command_line.asked import home, loaded
from engine.command_line.comparing import compare
from engine.command_line.customers import assign, similar
from engine.command_line.drifting import drift
from engine.command_line.explaining import explain
from engine.command_line.exporting import export
from engine.command_line.kept import history, list_, runs, use
from engine.command_line.options import MOST, Json, Verify
from engine.command_line.running import init, plan, run
from engine.command_line.saved import rename, report
from engine.command_line.tracking import track
from engine.errors import EXIT_CODES


class _Commands(TyperGroup):
    """The commands; data in the place of one are answered with the command that takes them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is named first."""
        if args and args[0] not in self.commands:
            from engine.data_preparation.given import is_data
            from engine.utilities.remote import masked

            if is_data(args[0]):
                given = masked(args[0])
                ctx.fail(f"No such command {given!r}; to segment it: engine run {quote(given)}")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Segment customers: a file in; segments, a report and a model out.",
    epilog=f"Exit codes: {', '.join(f'{code} {means}' for code, means in EXIT_CODES.items())}; "
    "128 and its number where a signal ended the command.",
)


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


for _command in (
    run, init, plan, assign, report, drift, compare, similar, explain, export, rename, history,
    runs, use, track,
):  # fmt: skip
    app.command()(_command)

app.command("list")(list_)


@app.command()
def generate(
    output: Annotated[str, typer.Argument(help="A .parquet or .csv file to write.")],
    customers: Annotated[int, typer.Option(min=1, max=MOST, help="How many customers.")],
    seed: Annotated[
        int, typer.Option(min=0, max=MOST, help="The same seed gives the same customers.")
    ] = 0,
    transactions: Annotated[  # noqa: FBT002
        bool, typer.Option("--transactions", help="The lines of their invoices instead.")
    ] = False,
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Write synthetic customers with known segments, streamed, any number."""
    from engine.data_preparation.generators.customers import generate as write
    from engine.data_preparation.generators.shop import generate_transactions
    from engine.data_preparation.reading.apart import check_apart
    from engine.utilities.stopping import writes
    from engine.utilities.targets import is_stdout

    with answering(json_, output) as answer:
        (output,) = home(OUTPUT=output)
        check_apart(output)
        writes(output)
        if transactions:
            lines = generate_transactions(Path(output), customers=customers, seed=seed)
            said = f"{lines:,} lines of {customers:,} customers' invoices written: {output}"
        else:
            rows = write(Path(output), customers=customers, seed=seed)
            said = f"{rows:,} customers written: {output}"
        answer({"customers": customers, "seed": seed, "output": output})
        typer.echo(said, err=is_stdout(output))


@app.command()
def doctor(
    model: Annotated[str | None, typer.Option(help="A model: whose it is, whether signed.")] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="Its workers: local, tcp://host:port, tls://host:port, a file."),
    ] = None,
    verify_with: Verify = None,
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Show places and why not, versions, memory and threads; or ask a model, or a cluster.

    Ends with 1 where it finds a problem.
    """
    from engine.command_line.answers import of_doctor
    from engine.command_line.console import print_doctor, print_report
    from engine.command_line.doctor import cluster_report, model_report

    with answering(json_) as answer:
        model, verify_with = home(model=model, verify_with=verify_with)
        problems: list[str] = []
        if model is not None:
            facts = model_report(model, verify_with)
            answer({"model": facts})
            print_report(facts, [])
        if cluster is not None:
            facts, problems = cluster_report(loaded(None, {"compute.cluster": cluster}).compute)
            answer({"cluster": facts})
            print_report(facts, problems)
        if model is None and cluster is None:
            here, problems = of_doctor() if json_ else ({}, print_doctor())
            answer(here)
        answer({"problems": problems})
        if problems:
            answer({"error": " ".join(problems)})
            raise typer.Exit(1)


def main(*, for_good: bool = False) -> None:
    """Run the command line; errors a user can mend are one sentence and an exit code.

    Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 input or target missing or
    unreachable, 4 data refused, 5 drifted, 6 disk full, 7 memory or place
    (:data:`engine.errors.EXIT_CODES`);
    130, 143 and 129 where a signal (interrupt, termination, hang-up) ended it. With ``--debug`` as
    the first word, errors keep their traceback. With ``for_good`` the process ends with it, and
    signals stay ignored.
    """
    from engine.command_line.ending import told
    from engine.command_line.native import libraries_silenced

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a letter that a pipe's encoding lacks ends nothing
            stream.reconfigure(errors="replace" if stream.errors == "strict" else None)
    debug = sys.argv[1:2] == ["--debug"]
    if debug:
        del sys.argv[1]
        logging.getLogger("engine").setLevel(logging.DEBUG)  # what others log is shown, too
    with nullcontext() if debug else libraries_silenced():
        told(app, debug=debug, for_good=for_good)
