"""A model's folder: ``model.json`` and ``arrays.safetensors``, with digests; nothing is pickled."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ModelError
from engine.storage.latest import LATEST, of_latest

FORMAT_VERSION = 4
"""2 added landmarks and trees: a reader of 1 would assign by landmarks as by nearest points.
3 added the segments' numbers: a reader of 2 would number those of a continued model from 0.
4 added readings: a reader of 3 would refuse columns of text that are numbers to the model."""

_JSON = "model.json"
_ARRAYS = "arrays.safetensors"


def write_model(folder: Path, tree: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write plain data and arrays into an existing folder, with the digest of each."""
    from safetensors.numpy import save

    content = save({n: np.ascontiguousarray(a) for n, a in arrays.items()})
    (folder / _ARRAYS).write_bytes(content)
    whole = {"format_version": FORMAT_VERSION, **tree, "files": {_ARRAYS: _digest(content)}}
    whole["digest"] = _tree_digest(whole)
    text = json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / _JSON).write_text(text + "\n", encoding="utf-8")


def read_model(path: str | Path) -> tuple[Path, dict[str, Any], dict[str, np.ndarray]]:
    """Read what :func:`write_model` wrote.

    Parameters
    ----------
    path : str or Path
        A run's model folder, or ``models/<name>``, whose latest run is then taken.

    Returns
    -------
    folder, tree, arrays

    Raises
    ------
    ModelError
        Missing, damaged, changed since it was written, or written by a newer engine.
    """
    folder = Path(path)
    if folder.name == LATEST and folder.is_symlink():
        folder = folder.parent
    if (folder / _JSON).is_file():
        return _read(folder, path)
    # Both files of one run: the link may come to name another between the two.
    return of_latest(folder, lambda run: _read(run, path)) or _read(folder, path)


def _read(folder: Path, given: str | Path) -> tuple[Path, dict[str, Any], dict[str, np.ndarray]]:
    if not (folder / _JSON).is_file():
        message = (
            f"{given} holds no model; give the folder that a run wrote, such as models/customers."
        )
        raise ModelError(message)
    tree = _read_tree(folder)
    return folder, tree, _read_arrays(folder, tree)


def _read_tree(folder: Path) -> dict[str, Any]:
    try:
        tree = json.loads((folder / _JSON).read_text(encoding="utf-8"))
        version = tree["format_version"]
        if type(version) is not int or version < 1:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        message = f"{folder / _JSON} is damaged and cannot be read; fit the model again."
        raise ModelError(message) from None
    if version > FORMAT_VERSION:
        message = (
            f"{folder} was written by a newer engine (model format {version}; this one reads up "
            f"to {FORMAT_VERSION}); upgrade the engine to use it."
        )
        raise ModelError(message)
    if tree.get("digest") != _tree_digest(tree):
        raise _tampered(folder / _JSON)
    return dict(tree)


def _read_arrays(folder: Path, tree: dict[str, Any]) -> dict[str, np.ndarray]:
    from safetensors.numpy import load

    file = folder / _ARRAYS
    try:
        content = file.read_bytes()
    except OSError:
        message = f"{file} is missing; fit the model again."
        raise ModelError(message) from None
    files = tree.get("files")
    if not isinstance(files, dict) or _digest(content) != files.get(_ARRAYS):
        raise _tampered(file)
    return dict(load(content))


def _tampered(file: Path) -> ModelError:
    message = f"{file} was changed after the model was written; fit the model again."
    return ModelError(message)


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _tree_digest(tree: dict[str, Any]) -> str:
    rest = {k: v for k, v in tree.items() if k != "digest"}
    return _digest(json.dumps(rest, sort_keys=True).encode())
