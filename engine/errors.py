"""The errors a user can meet: each is one sentence that names the problem and the remedy."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

try:
    import resource
except ImportError:  # Windows, which bounds no addresses
    resource = None  # type: ignore[assignment]

_MOST_TOLD = 20
"""Problems of a configuration that a message names."""

_LONGEST_SOURCE = 150
"""Letters of where a configuration came from, in a message."""

_MOST_SHOWN = 200
"""Letters of another library's error that are shown."""

EXIT_CODES = {
    0: "done",
    1: "failed",
    2: "wrong usage or configuration",
    3: "input missing or unreachable, or nothing can be written where it was asked for",
    4: "data refused",
    5: "drifted",
    6: "disk full",
    7: "memory or place",
}
"""What the command line ends with, as errors say; after a signal it is 128 and its number."""

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_LONGEST = 2_000
# A quote behind a letter ends a value: what stands between two values is no value.
_LONG_VALUE = re.compile(r"(?<!\w)(['\"])((?:(?!\1).){40})(?:(?!\1).){120,}\1", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_NO_MEMORY = (
    "cannot allocate memory", "out of memory", "bad_alloc", "can't start new thread",
    "memory allocation of", "failed to allocate", "unable to allocate", "kind: wouldblock",
)  # fmt: skip
"""Words by which libraries that have no error of their own for it say that memory ran out."""


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
    """What the command ends with: see :data:`EXIT_CODES`."""

    def __reduce__(self) -> Any:
        """Travel between processes with its message and what it carries, whatever made it."""
        return _as_it_was, (type(self), self.args, self.__dict__.copy())


def _as_it_was(kind: type[EngineError], args: tuple[Any, ...], held: dict[str, Any]) -> EngineError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(held)
    return error


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
        where = source if len(source) <= _LONGEST_SOURCE else f"...{source[-_LONGEST_SOURCE:]}"
        super().__init__(f"{where}: {len(problems)} problem(s) found:\n{lines}")


class DataError(EngineError):
    r"""The input does not hold what the run needs: named by file, column and value.

    What of it is too long to read, such as a value of a megabyte, is cut, and what no terminal
    shows is written out.

    Examples
    --------
    >>> print(DataError(f"column 'a\nb' holds {'x' * 1000!r}, which is no date."))
    column 'a\nb' holds 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...', which is no date.
    """

    exit_code = 4

    def __init__(self, message: str) -> None:
        cut = _LONG_VALUE.sub(r"\1\2...\1", message)
        if len(cut) > _LONGEST:
            cut = f"{cut[: _LONGEST // 2]} ... {cut[-_LONGEST // 2 :]}"
        super().__init__(_CONTROL.sub(lambda c: repr(c[0])[1:-1], cut))


class InputMissingError(DataError):
    """What is to be read is not there, or cannot be reached: a file, folder, run or source."""

    exit_code = 3


class TargetError(EngineError):
    """Where something is to be written is not there, cannot be reached, or does not take it."""

    exit_code = 3


class DriftError(EngineError):
    """Data have drifted further from those of the fit than was allowed."""

    exit_code = 5


class DiskFullError(EngineError):
    """There is no room left on disk, or none that this user may take."""

    exit_code = 6


class PlaceError(EngineError):
    """The asked-for place (GPU, cluster) cannot be used here."""

    exit_code = 7


class MemoryLimitError(EngineError):
    """A step would need more memory than the run may take; raised before it starts."""

    exit_code = 7


class ModelError(EngineError):
    """A saved model is missing, damaged, tampered with or too new."""


def first_line(error: BaseException) -> str:
    """Give the first line of another library's error, or its name where it says nothing.

    Examples
    --------
    >>> first_line(OSError("no space left")), first_line(MemoryError())
    ('no space left', 'MemoryError')
    """
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}..."


def is_panic(error: BaseException) -> bool:
    """Tell the panic of a library written in Rust, which is no ``Exception``."""
    return type(error).__name__ == "PanicException" and not isinstance(error, Exception)


def memory_is_bounded() -> bool:
    """Tell whether ``ulimit -v`` bounds what this process may ask for."""
    return addresses() is not None


def addresses() -> int | None:
    """Give the bytes of addresses that ``ulimit -v`` allows; None where it says nothing."""
    if resource is None:
        return None
    bound = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if bound == resource.RLIM_INFINITY else bound


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether memory, or room for another thread, ran out, whoever says so.

    Examples
    --------
    >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("can't start new thread"))
    (True, True)
    >>> is_out_of_memory(ValueError("no such thing"))
    False
    """
    if is_panic(error) and memory_is_bounded():
        return True  # It may say anything, such as that a lock is broken by an earlier one.
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    said = str(error).lower()
    foreign = not isinstance(error, EngineError)
    return foreign and any(words in said for words in _NO_MEMORY)


_NO_ROOM = ("no space left", "disk is full", "disk quota exceeded", "os error 28)", "os error 122)")
"""Words by which libraries that hand on no number say that a disk is full."""


def is_disk_full(error: BaseException) -> bool:
    """Tell whether a disk is full, or what a user may take of it, whoever says so.

    Examples
    --------
    >>> is_disk_full(OSError("No space left on device")), is_disk_full(OSError("no such folder"))
    (True, False)
    """
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    said = str(error).lower()
    return not isinstance(error, EngineError) and any(words in said for words in _NO_ROOM)


def failed_write(message: str, error: BaseException, *, aside: bool = False) -> EngineError:
    """Make the error of a failed write from its sentence; ``aside`` is what nobody asked for.

    Examples
    --------
    >>> failed_write("a.csv could not be written.", OSError(errno.ENOSPC, "full")).exit_code
    6
    """
    if is_disk_full(error):
        return DiskFullError(message)
    return EngineError(message) if aside else TargetError(message)


def no_memory(doing: str, error: BaseException) -> MemoryLimitError:
    """Say what needed more memory than there is, and what helps."""
    message = (
        f"{doing} needs more memory than there is ({first_line(error).rstrip('.')}); set "
        "compute.memory_limit to what is free, which keeps large tables on disk, name fewer "
        "columns in features.include, or free memory."
    )
    return MemoryLimitError(message)


def in_a_sentence(error: BaseException, doing: str) -> EngineError | None:
    """Put an error that is none of the engine's into words; None for what nobody foresaw.

    Parameters
    ----------
    error : BaseException
    doing : str
        What was under way, at the beginning of a sentence, such as ``reading a.csv``.
    """
    if isinstance(error, EngineError):
        return error
    if is_out_of_memory(error):
        return no_memory(doing, error)
    if isinstance(error, OSError) and error.errno in _FULL:
        where = f" for {error.filename}" if error.filename else ""
        message = (
            f"{doing} needs more room on disk than there is{where} ({first_line(error)}); free "
            "space, set TMPDIR to another folder, or name other folders under output."
        )
        return DiskFullError(message)
    if is_panic(error):
        message = (
            f"{doing} failed inside a library ({first_line(error).rstrip('.')}); where a file is "
            "damaged, write it again; otherwise please report it."
        )
        return EngineError(message)
    return None


@contextmanager
def in_sentences(doing: str) -> Iterator[None]:
    """Make what people call end in a sentence where memory, disk or a library fails.

    What stops a program on purpose passes as it is. Also a decorator.

    Parameters
    ----------
    doing : str
        As of :func:`in_a_sentence`.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        known = in_a_sentence(error, doing)
        if known is None or known is error:
            raise
        raise known from error
