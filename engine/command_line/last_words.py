"""What a command says last where a library ends the process."""

from __future__ import annotations

from dataclasses import dataclass

from engine.command_line.answering import asked_for_json, one_line
from engine.errors import EngineError, MemoryLimitError

_NO_MEMORY = (
    "there is not enough memory for this step; earlier results are as they were. Set "
    "compute.memory_limit to what is free, which keeps large tables on disk, name fewer columns "
    "in features.include, or free memory."
)
_STOPPED = (
    "a library stopped the program; earlier results are as they were. Run `engine --debug ...` to "
    "see what it says, and please report it."
)


@dataclass(frozen=True)
class LastWords:
    """What is said where a library aborts the process; written out before memory runs out.

    Attributes
    ----------
    sentence : bytes
        For standard error.
    answer : bytes
        For standard output; empty without ``--json``.
    code : int
        The exit code.
    """

    sentence: bytes
    answer: bytes
    code: int

    @classmethod
    def no_memory(cls) -> LastWords:
        """Where memory ran out."""
        return cls._of(_NO_MEMORY, MemoryLimitError.exit_code)

    @classmethod
    def stopped(cls) -> LastWords:
        """Where nobody knows why."""
        return cls._of(_STOPPED, EngineError.exit_code)

    @classmethod
    def _of(cls, sentence: str, code: int) -> LastWords:
        told = f"engine: {sentence}\n".encode()
        if not asked_for_json():
            return cls(told, b"", code)
        return cls(told, f"{one_line({'error': sentence, 'exit_code': code})}\n".encode(), code)
