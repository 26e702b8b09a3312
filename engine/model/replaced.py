"""A Parquet table in the place of an older one, be that a file or a folder of parts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.data_preparation.reading.apart import check_apart, check_parts_apart
from engine.errors import failed_write
from engine.utilities.leftovers import held_folder
from engine.utilities.stopping import whole
from engine.utilities.tables import PART

HELD = ".engine-assign-"
"""What the name of a folder begins with in which a table is written that takes another's place."""

_PARTS = PART.format(0).replace("00000", "*")
_MAGIC = b"PAR1"


def is_parts(path: Path) -> bool:
    """Tell a folder that holds parts of a table and nothing else; not by a link."""
    if path.is_symlink() or not path.is_dir():
        return False
    try:
        return all(p.match(_PARTS) and p.is_file() for p in path.iterdir())
    except OSError:
        return False


def is_table(path: Path) -> bool:
    """Tell a Parquet file by how it begins and ends; not by a link."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size < 2 * len(_MAGIC):
        return False
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC))
            file.seek(-len(_MAGIC), os.SEEK_END)
            return begins == file.read() == _MAGIC
    except OSError:
        return False


@contextmanager
def in_place_of_parts(output: str | Path, *inputs: str | Path | None) -> Iterator[str | Path]:
    """Give where to write a file: the output, or aside where that is a folder of parts yet.

    The file takes the folder's place in the end; a folder with anything else in it stays, and who
    writes is told that it is one. An empty folder is nobody's table.

    Parameters
    ----------
    output : str or Path
    *inputs : str, Path or None
        Files, folders and globs that are read, which the output must not be, nor be among.

    Raises
    ------
    EngineError
        As :func:`engine.data_preparation.reading.apart.check_apart`.
    """
    path = Path(output)
    if path.suffix.lower() != ".parquet" or not is_parts(path) or not any(path.iterdir()):
        check_apart(output, *inputs)
        yield output
        return
    check_parts_apart(path, *inputs)
    with held_folder(path.parent, HELD) as held:
        yield held / path.name
        publish(held / path.name, path, held)


def publish(made: Path, output: Path, held: Path) -> None:
    """Give what was made its name; an older table goes when it has it.

    Raises
    ------
    EngineError
        It cannot be written; the older one is then as it was.
    """
    older = held / "older"
    try:
        with whole():
            if output.exists():
                output.rename(older)
            try:
                made.rename(output)
            except OSError:
                with suppress(OSError):
                    older.rename(output)
                raise
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}."
        raise failed_write(message, error) from None
    if older.is_dir():
        shutil.rmtree(older, ignore_errors=True)
