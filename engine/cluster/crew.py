"""The workers of a cluster as they are, or as they would be started: threads and memory of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Worker:
    """What one worker has.

    Attributes
    ----------
    threads : int
        Tasks that it runs at once.
    memory : int
        Bytes that it may hold; 0 where nothing limits it.
    device_memory : int
        Bytes of its GPU's memory pool; 0 on a CPU.
    """

    threads: int
    memory: int = 0
    device_memory: int = 0


def workers_here(n: int, threads: int, memory: int) -> tuple[Worker, ...]:
    """Give the workers that a machine starts, which share its threads and memory.

    Examples
    --------
    >>> [(w.threads, w.memory >> 30) for w in workers_here(2, 5, 8 << 30)]
    [(2, 4), (2, 4)]
    """
    return (Worker(max(1, threads // n), memory // n),) * n


def workers_told(info: Mapping[str, Any]) -> tuple[Worker, ...]:
    """Give the workers that a scheduler tells of: ``Client.scheduler_info(n_workers=-1)``."""
    told = info["workers"].values()
    return tuple(Worker(int(w["nthreads"]), int(w["memory_limit"] or 0)) for w in told)
