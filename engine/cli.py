"""The command line: parses, calls, prints; nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Segment customers: a file in; segments, a report and a model out.",
)

_Config = Annotated[str, typer.Argument(metavar="[CONFIG]", help="Configuration file.")]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="key.path=value", help="Override a key; may be repeated."),
]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
_DEFAULT = "config.yaml"
_INTERRUPTED = 130
"""The exit code that Typer gives an interrupt from the keyboard, as shells do."""


@app.command()
def run(
    config: _Config = _DEFAULT,
    set_: _Set = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the results.")] = None,
    quiet: _Quiet = False,  # noqa: FBT002
) -> None:
    """Segment customers: load, prepare, cluster, evaluate, describe, draw, save."""
    from engine.pipeline import segment
    from engine.utilities.progress import make_progress

    overrides = _overrides(set_, name)
    settings = _load(config, overrides)
    result = segment(settings, progress=make_progress(quiet=quiet))
    if not quiet:
        from engine.console import print_result

        print_result(result, settings)


@app.command()
def plan(config: _Config = _DEFAULT, set_: _Set = None) -> None:
    """Show what would run where, the bytes needed and refusals, from file headers alone."""
    from engine.console import print_plan
    from engine.planning import plan as make

    found = make(_load(config, _overrides(set_)))
    print_plan(found)
    if found.refusals:
        raise typer.Exit(1)


@app.command()
def assign(
    model: Annotated[str, typer.Argument(help="Model folder, such as models/customers.")],
    input_: Annotated[str, typer.Argument(metavar="INPUT", help="File, folder or glob.")],
    output: Annotated[str, typer.Argument(help="A .parquet or .csv file to write.")],
    quiet: _Quiet = False,  # noqa: FBT002
) -> None:
    """Give new customers their segments; streams a file of any size, ids kept."""
    from engine.model import load_model
    from engine.utilities.progress import make_progress

    progress = make_progress(quiet=quiet)
    loaded = load_model(model)
    with progress.stage("assign"):
        done = loaded.assign_file(input_, output, progress=progress)
    for note in done.notes():
        progress.note(f"warning: {note}")
    if not quiet:
        typer.echo(f"{done.rows:,} customers assigned: {output}")


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="Name of a run's results.")],
    config: Annotated[str, typer.Option(help="Configuration that says where results are.")] = (
        _DEFAULT
    ),
    set_: _Set = None,
) -> None:
    """Rebuild the figures and the report from what a run saved."""
    from engine.results import rebuild_report

    settings = _load(config, _overrides(set_, name))
    typer.echo(f"Report: {rebuild_report(settings.output)}")


@app.command()
def generate(
    output: Annotated[str, typer.Argument(help="A .parquet or .csv file to write.")],
    customers: Annotated[int, typer.Option(help="How many customers.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same customers.")] = 0,
) -> None:
    """Write synthetic customers with known segments, streamed, any number."""
    from engine.data_preparation.generator import generate as write

    rows = write(Path(output), customers=customers, seed=seed)
    typer.echo(f"{rows:,} customers written: {output}")


@app.command()
def doctor() -> None:
    """Show places and why not, versions, memory and threads."""
    from engine.console import print_doctor

    print_doctor()


def _overrides(pairs: list[str] | None, name: str | None = None) -> dict[str, Any]:
    from engine.config import parse_overrides

    overrides = parse_overrides(pairs or [])
    return overrides | ({"output.name": name} if name is not None else {})


def _load(config: str, overrides: dict[str, Any]) -> Any:
    from engine.config import load_config

    # Without a config.yaml the defaults hold; a file that was named must be there.
    source = None if config == _DEFAULT and not Path(config).exists() else config
    return load_config(source, overrides)


def main() -> None:
    """Run the command line; errors a user can mend are one sentence and an exit code.

    Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. With ``--debug`` as the first
    word, errors keep their traceback.
    """
    from engine.errors import EngineError

    debug = sys.argv[1:2] == ["--debug"]
    if debug:
        del sys.argv[1]
    try:
        app()
    except EngineError as error:
        if debug:
            raise
        typer.echo(f"engine: {error}", err=True)
        sys.exit(error.exit_code)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            typer.echo("engine: interrupted; earlier results are as they were.", err=True)
        raise
    except Exception as error:
        if debug:
            raise
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        typer.echo(
            f"engine: something unforeseen went wrong ({text}); earlier results are as they "
            "were. Run `engine --debug ...` to see where, and please report it.",
            err=True,
        )
        sys.exit(1)
