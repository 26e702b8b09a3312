"""A model's folder: ``model.json`` and ``arrays.safetensors``, with digests; nothing is pickled."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputMissingError, ModelError, first_line
from engine.model.signature import verify
from engine.places.machine import available_memory
from engine.storage.latest import LATEST, of_latest
from engine.storage.links import pointed
from engine.utilities.remote import REMOTE, is_remote
from engine.utilities.shown import cut, shown

FORMAT_VERSION = 4
"""2 added landmarks and trees: a reader of 1 would assign by landmarks as by nearest points.
3 added the segments' numbers: a reader of 2 would number those of a continued model from 0.
4 added readings: a reader of 3 would refuse columns of text that are numbers to the model."""

JSON = "model.json"
ARRAYS = "arrays.safetensors"

_JSON_GROWS = 10
"""How much more memory JSON takes as values: measured 4 to 9 times."""


class NoModel(ModelError):
    """There is no model where one was to be read."""

    exit_code = InputMissingError.exit_code


def write_model(folder: Path, tree: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write plain data and arrays into an existing folder, with the digest of each."""
    from safetensors.numpy import save

    content = save({n: np.ascontiguousarray(a) for n, a in arrays.items()})
    (folder / ARRAYS).write_bytes(content)
    whole = {"format_version": FORMAT_VERSION, **tree, "files": {ARRAYS: _digest(content)}}
    whole["digest"] = _tree_digest(whole)
    text = json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / JSON).write_text(text + "\n", encoding="utf-8")


def read_model(
    path: str | Path, verify_with: str | Path | None = None
) -> tuple[Path, dict[str, Any], dict[str, np.ndarray]]:
    """Read what :func:`write_model` wrote.

    Parameters
    ----------
    path : str or Path
        A run's model folder, or ``models/<name>``, whose latest run is then taken.
    verify_with : str or Path, optional
        A key file: the model must be signed with it.

    Returns
    -------
    folder, tree, arrays

    Raises
    ------
    ModelError
        Missing, damaged, changed since it was written, or written by a newer engine; or not signed
        as it should be.
    ConfigError
        The key file cannot be used.
    """
    if is_remote(path):
        message = f"{cut(str(path), 200)} {REMOTE}."
        raise ModelError(message)
    folder = Path(path)

    def read(run: Path) -> tuple[Path, dict[str, Any], dict[str, np.ndarray]]:
        if not (run / JSON).is_file():
            raise nothing
        return _read(run, verify_with)

    nothing = NoModel(
        f"{cut(str(path), 200) or 'an empty path'} holds no model; give the name of a run, or the "
        "folder that it wrote, such as models/customers."
    )
    try:
        if folder.name == LATEST and pointed(folder) is not None:
            folder = folder.parent
        # Both files of one run: the link may come to name another between the two.
        found = None if (folder / JSON).is_file() else of_latest(folder, read)
        return found or read(folder)
    except (OSError, ValueError):  # a path that no file can have
        raise nothing from None


def _read(
    folder: Path, verify_with: str | Path | None
) -> tuple[Path, dict[str, Any], dict[str, np.ndarray]]:
    text, content = _content(folder / JSON, _JSON_GROWS), None
    if verify_with is not None:
        content = _content(folder / ARRAYS)
        digests = {JSON: _digest(text), ARRAYS: _digest(content)}
        verify(folder, digests, verify_with, "verify_with")
    tree = _tree_of(folder, text)
    return folder, tree, _arrays_of(folder, tree, content)


def _content(file: Path, grows: int = 1) -> bytes:
    """Read a file that fits in memory, where it becomes ``grows`` times as large."""
    try:
        if not file.is_file():
            message = f"{file} is missing; fit the model again."
            raise ModelError(message)
        size, free = file.stat().st_size, available_memory()
        if size * grows > free:
            message = (
                f"{file} takes {size * grows / 2**30:,.1f} GiB of memory and {free / 2**30:,.1f} "
                "GiB are free; load the model on a larger machine."
            )
            raise ModelError(message)
        return file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be read ({first_line(error)}); fit the model again."
        raise ModelError(message) from None


def _tree_of(folder: Path, text: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(text.decode("utf-8"), parse_constant=_no_number)
        version = tree["format_version"]
        if type(version) is not int or version < 1:
            raise ValueError
        digest = _tree_digest(tree)
        if b"\\ud" in text.lower():  # halves of letters, which no file or table can hold
            json.dumps(tree, ensure_ascii=False).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        message = f"{folder / JSON} is damaged and cannot be read; fit the model again."
        raise ModelError(message) from None
    if version > FORMAT_VERSION:
        message = (
            f"{folder} was written by a newer engine (model format {shown(version)}; this one "
            f"reads up to {FORMAT_VERSION}); upgrade the engine to use it."
        )
        raise ModelError(message)
    if tree.get("digest") != digest:
        raise _tampered(folder / JSON)
    return dict(tree)


def _no_number(word: str) -> float:
    message = f"{word} is no number of JSON"
    raise ValueError(message)


def _arrays_of(folder: Path, tree: dict[str, Any], content: bytes | None) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    file, files = folder / ARRAYS, tree.get("files")
    content = _content(file) if content is None else content
    if not isinstance(files, dict) or _digest(content) != files.get(ARRAYS):
        raise _tampered(file)
    try:
        return dict(load(content))
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        message = f"{file} is damaged and cannot be read; fit the model again."
        raise ModelError(message) from None


def _tampered(file: Path) -> ModelError:
    message = f"{file} was changed after the model was written; fit the model again."
    return ModelError(message)


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _tree_digest(tree: dict[str, Any]) -> str:
    rest = {k: v for k, v in tree.items() if k != "digest"}
    return _digest(json.dumps(rest, sort_keys=True, allow_nan=False).encode())
