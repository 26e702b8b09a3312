"""The command that says why customers are in their segments: explain."""

from __future__ import annotations

import typer

from engine.command_line.answering import answering
from engine.command_line.asked import about
from engine.command_line.options import Answer, Ids, Json, Name, Quiet, Set, Verify, Where


def explain(
    name: Name,
    ids: Ids,
    output: Answer = None,
    config: Where = None,
    set_: Set = None,
    verify_with: Verify = None,
    quiet: Quiet = False,  # noqa: FBT002
    json_: Json = False,  # noqa: FBT002
) -> None:
    """Say why customers are in their segments: what holds them there, and what would change it.

    Their values are read from the run's input, which must be unchanged.
    """
    from engine.explaining.answers import explain as find
    from engine.utilities.targets import is_stdout
    from engine.visualization.readable import counted

    with answering(json_, output) as answer:
        name, ids, output, settings, overrides, progress = about(
            name, ids, output, config, set_, verify_with, quiet=quiet
        )
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
        if not quiet:
            typer.echo(f"{counted(rows, 'customer')} explained: {output}", err=is_stdout(output))
