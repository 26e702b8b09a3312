"""A statement or a graph to a file, whole or not at all; and the packages that write them."""

from __future__ import annotations

from pathlib import Path

from engine.errors import EngineError, failed_write
from engine.places.extras import how, missing
from engine.utilities.atomic import replacing
from engine.utilities.targets import document

WRITERS = {
    "sql": "a model is written as SQL by sqlglot",
    "onnx": "a model is written as ONNX by onnx",
}
"""What is said of the extra that writes a form."""


def check_extra(form: str) -> None:
    """Refuse a form whose package is not installed.

    Raises
    ------
    EngineError
    """
    if missing(form):
        message = f"{WRITERS[form]}, which is not installed; install it with {how(form)}."
        raise EngineError(message)


def write_document(content: bytes, path: str | Path) -> Path:
    """Write a file.

    Returns
    -------
    file : Path
        Links followed.

    Raises
    ------
    EngineError
        It cannot be written there.
    """
    file = document(path)
    try:
        with replacing(file, "private") as fresh:
            fresh.write_bytes(content)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}."
        raise failed_write(message, error) from None
    return file
