"""Paths that mean the same on every machine of a cluster, and later: what is saved of them."""

from __future__ import annotations

import re
from pathlib import Path

from engine.config.sections import Config

IN_MEMORY = "<a table in memory>"
"""What is saved for the path of customers that were no file."""

AS_FILE = "the table.parquet"
"""What the file is called in which such customers lie as long as a run reads them."""

OF_TABLES = "engine-table"
"""What the name of the folder begins with in which that file's folder lies."""


def is_in_memory(file: str | Path) -> bool:
    """Tell such a file from one of somebody's own that has its name.

    Examples
    --------
    >>> is_in_memory("/tmp/engine-table-0123456789abcdef/files/the table.parquet")
    True
    >>> is_in_memory("shop/the table.parquet")
    False
    """
    name, _, outer = (*reversed(Path(file).parts), "", "", "")[:3]
    return name == AS_FILE and re.fullmatch(rf"{OF_TABLES}-[0-9a-f]{{16}}", outer) is not None


def as_saved(config: Config) -> Config:
    """Give what is saved of a configuration: no path that is gone when the run is over."""
    if not is_in_memory(config.input.path):
        return config
    gone = config.input.model_copy(update={"path": IN_MEMORY})
    return config.model_copy(update={"input": gone})


def everywhere(config: Config) -> Config:
    """Write out relative paths of input and output, where workers elsewhere use them, too.

    Examples
    --------
    >>> asked = Config(input={"path": "a.csv"}, compute={"cluster": "tcp://10.0.0.7:8786"})
    >>> Path(everywhere(asked).input.path).is_absolute(), everywhere(Config()) == Config()
    (True, True)
    """
    if config.compute.cluster == "off":
        return config
    read, written = config.input, config.output
    customers = read.customers and _absolute(_read(read.customers))
    folders = {key: _absolute(getattr(written, key)) for key in ("models", "reports", "processed")}
    return config.model_copy(
        update={
            "input": read.model_copy(
                update={"path": _absolute(_read(read.path)), "customers": customers},
            ),
            "output": written.model_copy(update=folders),
        }
    )


def as_asked(file: Path, config: Config) -> Path:
    """Give the name of a file that is read as it follows from a configuration as it was given.

    Examples
    --------
    >>> as_asked(Path("data/a.csv").absolute(), Config(input={"path": "data"}))
    PosixPath('data/a.csv')
    """
    if config.input.path == IN_MEMORY:
        return Path(IN_MEMORY)
    if Path(_read(config.input.path)).is_absolute() or not file.is_relative_to(Path.cwd()):
        return file
    return file.relative_to(Path.cwd())


def _read(path: str) -> str:
    """Write a home folder out, as whoever reads files does."""
    return str(Path(path).expanduser())


def _absolute(path: str) -> str:
    return str(Path(path).absolute())
