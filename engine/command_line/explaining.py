"""The command that says why customers are in their segments: explain."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.command_line.answering import Answer as Answered
from engine.command_line.answering import answering
from engine.command_line.asked import Wanted, about, home, model_named
from engine.command_line.options import Answer, Ids, Json, Name, Quiet, Set, Verify, Where


def explain(
    name: Name,
    ids: Ids,
    output: Answer = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="Whose customers they are; the run's without."),
    ] = None,
    customers: Annotated[
        str | None, typer.Option(help="With --data, for transactions: the customers' own table.")
    ] = None,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Say why customers are in their segments: what holds them there, and what would change it.

    Their values are read from the run's input, which must be unchanged; or from other data, whose
    customers the run's model puts into segments.
    """
    from engine.errors import ConfigError

    with answering(json_, output) as answer:
        if customers is not None and data is None:
            raise ConfigError(["--customers goes with --data"], "command line")
        asked = about(name, ids, output, config, set_, verify_with, quiet=quiet)
        if data is None:
            _of_the_run(asked, answer, quiet=quiet, json_=json_)
        else:
            data, customers = home(DATA=data, customers=customers)
            where = (data, customers, config, verify_with)
            _of_others(asked, where, answer, quiet=quiet, json_=json_)


def _of_the_run(asked: Wanted, answer: Answered, *, quiet: bool, json_: bool) -> None:
    from engine.explaining.answers import explain as find

    name, ids, output, settings, overrides, progress = asked
    found = find(name, ids, settings, overrides=overrides, output=output, progress=progress)
    if output is None:
        if json_:
            answer({"customers": len(found), "rows": found.table().to_dicts()})
        else:
            typer.echo(str(found))
        return
    rows = found.write(output, progress)
    answer({"customers": rows, "output": output})
    for note in found.asked.notes:
        progress.note(note)
    _said(rows, output, quiet=quiet)


def _of_others(
    asked: Wanted,
    where: tuple[str, str | None, str | None, str | None],
    answer: Answered,
    *,
    quiet: bool,
    json_: bool,
) -> None:
    from engine.explaining.others import explain_others, told_of, write_others
    from engine.utilities.formulas import told

    (data, customers, config, verify_with), output = where, asked.output
    model, _ = model_named(asked.name, config, verify_with)
    of_data = {k: v for k, v in asked.overrides.items() if not k.startswith("output.")}
    table, notes = explain_others(
        model, data, asked.ids, customers=customers, overrides=of_data, output=output
    )
    for note in notes:
        asked.progress.note(f"warning: {note}")
    n = table[model.id_name].n_unique()
    if output is None:
        if json_:
            answer({"customers": n, "rows": table.to_dicts()})
        else:
            typer.echo("\n".join(told_of(table, model.id_name)))
        return
    written = write_others(table, output, asked.settings.output.permissions)
    answer({"customers": n, "output": output})
    for notice in told(written.marked, output):
        asked.progress.note(notice)
    _said(n, output, quiet=quiet)


def _said(rows: int, output: str, *, quiet: bool) -> None:
    from engine.utilities.targets import is_stdout
    from engine.visualization.readable import counted

    if not quiet:
        typer.echo(f"{counted(rows, 'customer')} explained: {output}", err=is_stdout(output))
