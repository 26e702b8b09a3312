"""The errors a user can meet: each is one sentence that names the problem and the remedy."""

from __future__ import annotations

_MOST_TOLD = 20
"""Problems of a configuration that a message names."""
_LONGEST = 150
"""Letters of where a configuration came from, in a message."""


class EngineError(Exception):
    """Something the user can mend: a file, a column, a key, a value or a place.

    The message is one sentence without a traceback; the command line prints it and exits
    with :attr:`exit_code`.

    Examples
    --------
    >>> raise EngineError("customers.csv is empty; give a file with a header and rows.")
    Traceback (most recent call last):
    ...
    engine.errors.EngineError: customers.csv is empty; give a file with a header and rows.
    """

    exit_code = 1


class ConfigError(EngineError):
    """Wrong configuration; carries every problem found, not only the first.

    Parameters
    ----------
    problems : list of str
        One sentence a problem, each starting with its dotted path.
    source : str, optional
        Where the configuration came from, named in the message.
    """

    exit_code = 2

    def __init__(self, problems: list[str], source: str = "configuration") -> None:
        self.problems = problems
        told = problems[:_MOST_TOLD]
        if rest := len(problems) - len(told):
            told = [*told, f"and {rest:,} more"]
        lines = "\n".join(f"  {problem}" for problem in told)
        where = source if len(source) <= _LONGEST else f"...{source[-_LONGEST:]}"
        super().__init__(f"{where}: {len(problems)} problem(s) found:\n{lines}")


class DataError(EngineError):
    """The input does not hold what the run needs: named by file, column and value."""


class PlaceError(EngineError):
    """The asked-for place (GPU, cluster) cannot be used here."""


class MemoryLimitError(EngineError):
    """A step would need more memory than the run may take; raised before it starts."""


class ModelError(EngineError):
    """A saved model is missing, damaged, tampered with or too new."""


def first_line(error: Exception) -> str:
    """Give the first line of another library's error, or its name where it says nothing.

    Examples
    --------
    >>> first_line(OSError("no space left")), first_line(MemoryError())
    ('no space left', 'MemoryError')
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0]
