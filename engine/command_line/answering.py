"""What a command answers with ``--json``: one object on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from threading import Lock
from typing import Any

import typer

from engine.errors import ConfigError, EngineError, in_a_sentence

_OPTION = "--json"

Answer = Callable[[Mapping[str, Any]], None]
"""What takes the answer of a command; called again, it takes more keys."""

_ANSWERED = Lock()
"""Taken by whoever prints the object: there is one."""


@contextmanager
def answering(
    json_: bool,  # noqa: FBT001 (as commands take it)
    output: str | None = None,
) -> Iterator[Answer]:
    """Give what takes the answer of a command; with ``--json`` it is printed in the end.

    Without ``--json`` answers are dropped and commands print as they do. With it, what is printed
    meanwhile goes to standard error. An error that ends the block is printed beside what was
    answered until then, as ``error`` and ``exit_code``.

    Parameters
    ----------
    json_ : bool
        Whether the command was asked for JSON.
    output : str, optional
        A file that the command writes: it may not be stdout then.

    Yields
    ------
    answer : callable
        Takes a mapping; one that is called again adds keys.

    Raises
    ------
    ConfigError
        The output is stdout as well.
    """
    from engine.utilities.targets import is_stdout

    if not json_:
        yield lambda _: None
        return
    if output is not None and is_stdout(output):
        raise ConfigError([f"{_OPTION} and {output} both print to stdout: give a file"], "OUTPUT")
    unanswered()
    held: dict[str, Any] = {}
    stdout = sys.stdout
    try:
        with redirect_stdout(sys.stderr):
            yield held.update
    except typer.Exit as error:
        _print({**held, "exit_code": error.exit_code}, stdout)
        raise
    except Exception as error:
        known = in_a_sentence(error, "the command")
        if known is not None:
            _print({**held, "error": str(known), "exit_code": known.exit_code}, stdout)
        raise
    _print({**held, "exit_code": 0}, stdout)


def unanswered() -> None:
    """Forget what an earlier command of this process answered."""
    if _ANSWERED.locked():
        _ANSWERED.release()


def answer_error(sentence: str, code: int) -> None:
    """Print an error as the object, where the command was asked for JSON and said none yet."""
    if code and asked_for_json():
        _print({"error": sentence, "exit_code": code}, sys.stdout)


def asked_for_json() -> bool:
    """Tell whether the words of the command ask for JSON, even where they are wrong otherwise."""
    words = sys.argv[1:]
    return _OPTION in (words[: words.index("--")] if "--" in words else words)


def one_line(answer: Mapping[str, Any]) -> str:
    r"""Write an answer as strict JSON, in one line and in ASCII: for any log and pipe.

    Examples
    --------
    >>> one_line({"customers": 3, "silhouette": float("nan"), "names": ["Zoë"]})
    '{"customers": 3, "silhouette": null, "names": ["Zo\\u00eb"]}'
    """
    from engine.utilities.json_files import plain

    return json.dumps(plain(answer), allow_nan=False)


def _print(answer: Mapping[str, Any], stdout: Any) -> None:
    if stdout is None or not _ANSWERED.acquire(blocking=False):  # None: closed by who started us
        return
    try:
        print(one_line(answer), file=stdout, flush=True)
    except OSError as error:
        message = f"the answer could not be printed ({error}); what it tells of was done."
        raise EngineError(message) from None
