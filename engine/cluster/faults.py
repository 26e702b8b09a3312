"""What goes wrong on a cluster, in a sentence each: what, where, and what helps."""

from __future__ import annotations

from typing import Any

from engine.errors import EngineError, MemoryLimitError, PlaceError, first_line

_GONE = ("scheduler-connection-lost", "scheduler-restart")


def in_words(error: BaseException, address: str, told: Any, memory: int = 0) -> BaseException:
    """Put an error that came out of a wait into words; what nobody foresaw stays as it is.

    Parameters
    ----------
    error : BaseException
    address : str
        Of the scheduler.
    told : callable
        From a task's key to what it was about.
    memory : int
        Bytes that a worker may take; 0 where that is not known.
    """
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError, FuturesCancelledError
    from distributed.comm.core import CommClosedError

    if isinstance(error, EngineError):
        return error
    if isinstance(error, KilledWorker):
        return killed(error, told, memory)
    if isinstance(error, (FutureCancelledError, FuturesCancelledError)):
        return cancelled(error, address)
    if isinstance(error, CommClosedError):
        return scheduler_gone(address, first_line(error))
    if isinstance(error, ModuleNotFoundError):
        message = (
            f"workers of the cluster at {address} cannot run what is sent to them "
            f"({first_line(error)}); install the same version of engine, with what it needs, there."
        )
        return PlaceError(message)
    if isinstance(error, RuntimeError) and "deserialization of the task graph" in str(error):
        message = (
            f"the scheduler at {address} cannot read what is sent to it "
            f"({first_line(error.__cause__ or error)}); install the same versions of dask and "
            "distributed there."
        )
        return PlaceError(message)
    return error


def killed(error: Any, told: Any, memory: int) -> EngineError:
    """Say which piece ended worker after worker."""
    about, worker = told(error.task), getattr(error.last_worker, "address", error.last_worker)
    may = f", of which each may take {memory / 2**30:.1f} GiB" if memory else ""
    message = (
        f"{about} ended {error.allowed_failures + 1} workers one after another, the last at "
        f"{worker}: mostly for want of memory{may}; give workers more memory or fewer threads, or "
        "name fewer columns in features.include. A worker's log says how it ended."
    )
    return MemoryLimitError(message)


def cancelled(error: Any, address: str) -> EngineError:
    """Say why tasks are not there any more."""
    reasons = {g.reason for g in getattr(error, "error_groups", ())} or {error.reason}
    if reasons & set(_GONE):
        return scheduler_gone(address, ", ".join(sorted(reasons & set(_GONE))).replace("-", " "))
    message = (
        f"the cluster at {address} does not have any more what the next step needs "
        f"({', '.join(sorted(map(str, reasons)))}); run again."
    )
    return PlaceError(message)


def scheduler_gone(address: str, why: str) -> EngineError:
    """Say that there is no scheduler any more, and with it nothing that workers held."""
    message = (
        f"the scheduler at {address} went away in mid-run ({why}); start it and its workers again, "
        "and run again: earlier results are as they were."
    )
    return PlaceError(message)


def no_worker(address: str, seconds: float) -> EngineError:
    """Say that nobody is there to work."""
    message = (
        f"the cluster at {address} has had no worker for {seconds:.0f} s; start workers that reach "
        "it, and run again. Where workers ended in mid-run, their logs say why: mostly for want of "
        "memory."
    )
    return PlaceError(message)


def all_paused(address: str, workers: int, memory: int, seconds: float) -> EngineError:
    """Say that no worker takes tasks any more, since their memory is full."""
    each = f" ({memory / 2**30:.1f} GiB each)" if memory else ""
    message = (
        f"all {workers:,} workers of the cluster at {address} have held more than their memory "
        f"allows{each} for {seconds:.0f} s, and take no more tasks; give workers more memory or "
        "room to spill to disk, start more of them, or name fewer columns in features.include."
    )
    return MemoryLimitError(message)
