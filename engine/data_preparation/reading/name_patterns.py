"""Names of columns that dataframes take for patterns: ``*`` for all columns, ``^a.*$`` for many."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.errors import DataError
from engine.utilities.shown import shown


def is_pattern(name: str) -> bool:
    """Tell whether Polars takes a name for a pattern.

    Examples
    --------
    >>> [is_pattern(n) for n in ("*", "^income.*$", "5*", "^", "$x$", "income")]
    [True, True, False, False, False, False]
    """
    return name == "*" or (name.startswith("^") and name.endswith("$"))


def check_names(file: Path, names: Iterable[str]) -> None:
    """Refuse a file that names a column as a pattern is written.

    Raises
    ------
    DataError
    """
    for name in names:
        if is_pattern(name):
            message = (
                f"{file.name} has a column called {shown(name)}, which dataframes take for a "
                "pattern of names; call it otherwise."
            )
            raise DataError(message)
