"""How a command ends: what is said of errors and signals, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from engine.command_line.native import check_room, say
from engine.errors import EngineError, in_sentences
from engine.utilities.stopping import deaf, listening

_INTERRUPTED = 130
"""The exit code of an interrupt; Typer gives it for one that code raised without a signal."""


def told(app: Callable[[], object], *, debug: bool, for_good: bool) -> None:
    """Run an application that ends by an exception, and leave with a sentence and an exit code.

    Parameters
    ----------
    app : callable
    debug : bool
        Let errors keep their traceback.
    for_good : bool
        The process ends with it: signals that come afterwards are ignored.

    Raises
    ------
    SystemExit
        Always, but for errors with ``debug``.
    """
    with listening(for_good=for_good) as command:
        try:
            try:
                with in_sentences("the command"):
                    check_room()
                    app()
            finally:
                deaf()  # no signal breaks into what is left: to say how it went
        except BaseException as error:
            # A signal counts whatever became of its exception on the way through code of others.
            code = 128 + command.asked if command.asked else getattr(error, "code", None)
            if command.asked or code == _INTERRUPTED:
                typer.echo(f"engine: interrupted; {command.outcome()}.", err=True)
                sys.exit(code)
            if debug or not isinstance(error, Exception):
                raise
            sys.exit(_sentence(error, command.outcome()))


def _sentence(error: Exception, outcome: str) -> int:
    """Say what went wrong and what is left; give the exit code."""
    if isinstance(error, EngineError):
        say(str(error))
        return error.exit_code
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    say(
        f"something unforeseen went wrong ({text}); {outcome}. "
        "Run `engine --debug ...` to see where, and please report it."
    )
    return 1
