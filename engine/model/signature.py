"""A model's signature: who holds the key wrote all of its files, and the report's that are read.

``signature.json`` lies beside ``model.json``. It holds the digest of every other file of the
model's folder and of what later commands read of the run's report, and a seal over the digests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.storage.latest import latest_run
from engine.utilities.sealing import ALGORITHM, digest_of, is_sealed, read_key, seal

SIGNATURE = "signature.json"
REPORT = "report/"
"""What the names of the report's files begin with."""

READ_BACK = ("summary.json", "segments.parquet", "report_data.json", "report_data.safetensors")
"""Files of a report that ``report`` and ``similar`` read."""

_FORMAT = 1
_LARGEST = 1 << 20


def sign(folder: Path, key_file: str | Path, report: Path | None = None) -> None:
    """Sign all that a model's folder holds.

    Parameters
    ----------
    folder : Path
        Of the model; ``signature.json`` is written into it.
    key_file : str or Path
    report : Path, optional
        Folder of the run's report, whose files that are read back are signed, too.

    Raises
    ------
    ConfigError
        The key cannot be used.
    """
    key = read_key(key_file, "output.sign_with")
    digests = {p.name: digest_of(p) for p in sorted(folder.iterdir()) if p.name != SIGNATURE}
    if report is not None:
        digests |= {f"{REPORT}{n}": digest_of(report / n) for n in _there(report)}
    tree = {
        "format": _FORMAT,
        "algorithm": ALGORITHM,
        "files": digests,
        "signature": seal(key, digests),
    }
    text = json.dumps(tree, indent=1, ensure_ascii=False)
    (folder / SIGNATURE).write_text(text + "\n", encoding="utf-8")


def _there(report: Path) -> Iterable[str]:
    """Name the files that are read back; of a table that workers wrote, each of its parts."""
    for name in READ_BACK:
        if (report / name).is_dir():
            yield from (f"{name}/{part.name}" for part in sorted((report / name).iterdir()))
        elif (report / name).is_file():
            yield name


def signature_of(path: str | Path, *, verified: bool) -> str:
    """Say whether a model is signed, for people."""
    folder = Path(path)
    places = (folder, latest_run(folder) or folder)
    files = [f / SIGNATURE for f in places if (f / SIGNATURE).is_file()]
    if files and _read(files[0]) is None:
        return f"holds a {SIGNATURE} that is none; sign the model again (output.sign_with)"
    if verified:
        return f"signed ({ALGORITHM}), by the holder of the key"
    if files:
        return f"signed ({ALGORITHM}); whether by whom you think, only --verify-with KEY can tell"
    return "not signed (output.sign_with)"


def verify(folder: Path, digests: Mapping[str, str], key_file: str | Path, asked: str) -> None:
    """Refuse a model that is not as the holder of a key signed it.

    Parameters
    ----------
    folder : Path
    digests : mapping of file name to digest
        Of the bytes that were read of it.
    key_file : str or Path
    asked : str
        The setting that names the key, for messages.

    Raises
    ------
    ModelError
        Not signed, signed with another key, changed, or with files that were not signed.
    ConfigError
        The key cannot be used.
    """
    signed = {n: d for n, d in _signed(folder, key_file, asked).items() if not n.startswith(REPORT)}
    there = {p.name for p in folder.iterdir()} - {SIGNATURE}
    for name in sorted(there | set(signed)):
        found = digests.get(name) or (digest_of(folder / name) if name in there else None)
        if found != signed.get(name):
            raise _changed(folder / name, name in signed)


def verify_report(folder: Path, report: Path, key_file: str | Path | None) -> None:
    """Refuse files of a run's report that are not as the holder of a key signed them.

    Parameters
    ----------
    folder : Path
        Of the run's model, which has the signature.
    report : Path
    key_file : str, Path or None
        Without one nothing is asked.

    Raises
    ------
    ModelError, ConfigError
        As :func:`verify`.
    """
    if key_file is None:
        return
    signed = _signed(folder, key_file, "output.verify_with")
    there = set(_there(report))
    parts = {n.removeprefix(REPORT) for n in signed if n.count("/") > 1}
    for name in sorted(there | parts):
        found = digest_of(report / name) if name in there else None
        if found != signed.get(f"{REPORT}{name}"):
            raise _changed(report / name, f"{REPORT}{name}" in signed)


def _signed(folder: Path, key_file: str | Path, asked: str) -> dict[str, str]:
    """Give the digests that a signature holds, once it is known to be that of the key."""
    key, file = read_key(key_file, asked), folder / SIGNATURE
    if not file.is_file():
        message = (
            f"{folder} is not signed, and {asked} asks for a signature; sign models with "
            "output.sign_with, or load it without."
        )
        raise ModelError(message)
    read = _read(file)
    if read is None:
        message = f"{file} is no signature that this engine knows; sign the model again."
        raise ModelError(message)
    digests, found = read
    if not is_sealed(key, digests, found):
        message = (
            f"{folder} was signed with another key than that of {asked}, or its signature was "
            "changed; load only models whose origin you know."
        )
        raise ModelError(message)
    return digests


def _read(file: Path) -> tuple[dict[str, str], str] | None:
    """Give the digests of a signature and its seal; None for what is no signature."""
    try:
        tree: Any = json.loads(file.read_text("utf-8")) if file.stat().st_size < _LARGEST else None
        digests, found = dict(tree["files"]), tree["signature"]
        known = tree["format"] == _FORMAT and tree["algorithm"] == ALGORITHM
        texts = all(isinstance(v, str) for v in (found, *digests.values()))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return (digests, found) if known and texts else None


def _changed(file: Path, was_signed: bool) -> ModelError:  # noqa: FBT001
    what = "is not as it was signed" if was_signed else "lies there unsigned"
    message = f"{file} {what}; load only models whose origin you know."
    return ModelError(message)
