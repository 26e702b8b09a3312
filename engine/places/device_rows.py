"""Rows that lie on a GPU already: told, checked in host memory, and put back for the work."""

from __future__ import annotations

from typing import Any

from engine.places.machine import available_threads
from engine.places.parts import found
from engine.places.place import Place
from engine.places.runtime import Runtime, local_runtime


def on_device(rows: Any) -> bool:
    """Whether rows lie on a GPU: an array of CuPy's or of another that shares it, or a cuDF frame.

    Examples
    --------
    >>> on_device([[1.0, 2.0]])
    False
    """
    shared = hasattr(type(rows), "__cuda_array_interface__")
    return shared or type(rows).__module__.partition(".")[0] == "cudf"


def on_host(rows: Any) -> Any:
    """Give rows in host memory: a copy, with its names, of those that lie on a GPU."""
    if not on_device(rows):
        return rows
    if hasattr(rows, "to_pandas"):
        return _as_pandas(rows)
    import cupy

    return cupy.asnumpy(cupy.asarray(rows))


def _as_pandas(frame: Any) -> Any:
    return frame.to_pandas()


def placed(rows: Any, given: Any) -> Any:
    """Put rows where others lie that they were made from.

    Parameters
    ----------
    rows : float32 array of shape (n_rows, n_columns)
        In host memory.
    given : array or table
        As the caller gave it.

    Returns
    -------
    rows : array of shape (n_rows, n_columns)
        On the GPU where ``given`` is.
    """
    if not on_device(given):
        return rows
    import cupy

    return cupy.asarray(rows)


def runtime_of(rows: Any) -> Runtime:
    """Give the place of rows: this machine's CPU, or the GPU on which they lie.

    Nothing is changed on that GPU: its memory is shared with whoever holds the rows.
    """
    if not on_device(rows):
        return local_runtime()
    import cupy

    free, _ = cupy.cuda.runtime.memGetInfo()
    threads = available_threads()
    return Runtime(
        Place.GPU,
        "the rows lie there",
        threads=threads,
        device_memory=int(free),
        xp=cupy,
        parts=found(),
    )
