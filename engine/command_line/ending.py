"""How a command ends: what is said of errors and signals, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from engine.command_line.answering import answer_error, unanswered
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
    unanswered()
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
                sentence = f"interrupted; {command.outcome()}."
                typer.echo(f"engine: {sentence}", err=True)
                answer_error(sentence, int(code or _INTERRUPTED))
                sys.exit(code)
            sentence, ends = _sentence(error, command.outcome())
            answer_error(sentence, ends)
            if debug or not isinstance(error, Exception):
                raise
            say(sentence)
            sys.exit(ends)


def _sentence(error: BaseException, outcome: str) -> tuple[str, int]:
    """Put into words what went wrong and what is left; and give the exit code."""
    if isinstance(error, EngineError):
        return str(error), error.exit_code
    if isinstance(error, SystemExit):  # Typer has said it in its own way
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        wrong = getattr(error.__context__, "format_message", lambda: f"ended with {code}")
        return str(wrong()), code
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    sentence = (
        f"something unforeseen went wrong ({text}); {outcome}. "
        "Run `engine --debug ...` to see where, and please report it."
    )
    return sentence, 1
