"""The command that hands customers out, or a model that scores them elsewhere: export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from engine.command_line.answering import Answer, answering
from engine.command_line.asked import home, loaded, model_named, overrides_of
from engine.command_line.options import Json, Name, Quiet, Set, Verify, Where

_FORMS = ("sql", "onnx")


def export(
    name: Name,
    output: Annotated[
        str | None,
        typer.Argument(
            help="A .xlsx, .csv or .parquet file of customers; with --to the file of the model."
        ),
    ] = None,
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
    to: Annotated[
        str | None,
        typer.Option(metavar="sql|onnx", help="The model instead, to score where customers are."),
    ] = None,
    dialect: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --to sql: duckdb, sqlite, postgres, bigquery, snowflake or spark.",
        ),
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="With --to sql: the customers' table; customers without.")
    ] = None,
    id_: Annotated[
        str | None,
        typer.Option("--id", metavar="COLUMN", help="With --to sql: its ids; the model's without."),
    ] = None,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Write the customers of a run, or of some segments, to a workbook or a table; streamed.

    Columns of the customers' own are read from the run's input, which must be unchanged.
    With --to the model is written instead: one SELECT, printed without OUTPUT, or one ONNX graph.
    """
    from engine.utilities.stopping import check

    with answering(json_, output) as answer:
        check()
        theirs = {"--segment": segment, "--where": where, "--columns": columns, "--set": set_}
        models = {"--dialect": dialect, "--table": table, "--id": id_}
        _check_options(to, output, theirs, models)
        if to is not None:
            _write_model(
                name, output, models, config, verify_with, answer, quiet=quiet, json_=json_
            )
            return
        _write_customers(
            name, str(output), config, overrides_of(set_, verify_with=verify_with),
            {"segment": segment or None, "where": where, "columns": _named(columns)}, answer,
            quiet=quiet,
        )  # fmt: skip


def _check_options(
    to: str | None,
    output: str | None,
    theirs: Mapping[str, object],
    models: Mapping[str, str | None],
) -> None:
    """Refuse options that do not go together.

    Raises
    ------
    ConfigError
    """
    from engine.errors import ConfigError

    problems = []
    if to is None:
        problems += [f"{o} goes with --to sql" for o, v in models.items() if v is not None]
        if output is None:
            problems.append("OUTPUT is missing: a .xlsx, .csv or .parquet file of customers")
    elif to not in _FORMS:
        problems.append(f"--to {to}: is none of {', '.join(_FORMS)}")
    else:
        problems += [
            f"{o} is of customers, and does not go with --to {to}" for o, v in theirs.items() if v
        ]
    if to == "onnx":
        problems += [f"{o} goes with --to sql" for o, v in models.items() if v is not None]
        if output is None:
            problems.append("OUTPUT is missing: a graph is no text; name a file, model.onnx")
    if to == "sql" and models["--dialect"] is None:
        problems.append(
            "--dialect is missing: duckdb, sqlite, postgres, bigquery, snowflake, spark"
        )
    if problems:
        raise ConfigError(problems, "command line")


def _write_model(
    name: str,
    output: str | None,
    models: Mapping[str, str | None],
    config: str | None,
    verify_with: str | None,
    answer: Answer,
    *,
    quiet: bool,
    json_: bool,
) -> None:
    """Write a model as SQL, which is printed where no file is named, or as ONNX."""
    from engine.portable.writing import write_document
    from engine.utilities.stopping import writes

    model, _ = model_named(name, config, verify_with)
    (output,) = home(OUTPUT=output)
    if output is not None:
        writes(output)
    dialect, table = models["--dialect"], models["--table"]
    if dialect is None:
        model.to_onnx(str(output))
    else:
        statement = model.to_sql(dialect, table=table or "customers", id_column=models["--id"])
        if output is None:
            answer({"dialect": dialect, "sql": statement})
            if not json_:  # the object holds it
                typer.echo(statement, nl=False)
            return
        write_document(statement.encode(), output)
    answer({"dialect": dialect, "output": output})
    if not quiet:
        typer.echo(
            f"{model.info.get('name')} as {(dialect and f'{dialect} SQL') or 'ONNX'}: {output}"
        )


def _write_customers(
    name: str,
    output: str,
    config: str | None,
    overrides: dict[str, Any],
    asked: dict[str, Any],
    answer: Answer,
    *,
    quiet: bool,
) -> None:
    from engine.command_line.answers import of_exported
    from engine.customer_lists.export import export as write
    from engine.utilities.progress import make_progress
    from engine.utilities.stopping import writes
    from engine.utilities.targets import is_stdout

    name, output = home(NAME=name, OUTPUT=output)
    progress = make_progress(quiet=quiet)
    writes(output)
    done = write(
        name, output, loaded(config, overrides), overrides=overrides, progress=progress, **asked
    )
    answer(of_exported(done, output))
    for notice in done.notices:
        progress.note(notice)
    if not quiet:
        typer.echo(f"{done.told()}: {output}", err=is_stdout(output))


def _named(columns: str | None) -> list[str]:
    """Give the names of columns; one that holds commas stands in double quotes."""
    from engine.config.shell_values import parted

    return [name for name in parted(columns) if name] if columns else []
