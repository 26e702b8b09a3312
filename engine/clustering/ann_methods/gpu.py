"""Faiss indexes on a GPU, and rows of device memory in and out of them; not yet run on a GPU.

Rows in host memory go through Faiss's own temporary memory block by block. Those on the device it
is given by their addresses, for it knows no arrays of CuPy's. Nor does it know of the pool that the
other libraries share, so its temporary memory is bounded here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from engine.clustering.ann_methods.library import MOST_PROBES, Kind, library
from engine.errors import EngineError

_TEMPORARY = 512 << 20
"""Bytes that Faiss works in; its own choice would be 1.5 GiB."""


def on_gpu(kind: Kind, n_columns: int, lists: int, seed: int) -> Any:
    """Make an empty index on the first GPU.

    Parameters
    ----------
    kind : {"flat", "ivf", "hnsw"}
    n_columns, lists : int
    seed : int
        Of the lists' training.

    Returns
    -------
    index : faiss.GpuIndexFlatL2 or faiss.GpuIndexIVFFlat
        Gives at most 2,048 neighbours, and looks through at most 2,048 lists.

    Raises
    ------
    EngineError
        Faiss sees no GPU (the wheel faiss-cpu never does), or the kind has no GPU version.

    References
    ----------
    Johnson, Douze and Jegou (2021), Billion-scale similarity search with GPUs, IEEE Transactions
    on Big Data 7(3), doi:10.1109/TBDATA.2019.2921572.
    """
    faiss = library()
    # Without this question Faiss answers from the CPU, or fails in an assertion.
    if faiss.get_num_gpus() == 0:
        message = (
            "Faiss sees no GPU here; install faiss-gpu instead of faiss-cpu, or set "
            "compute.device to cpu."
        )
        raise EngineError(message)
    if kind == "hnsw":
        message = "Faiss has no HNSW index on a GPU; ask for flat or ivf."
        raise EngineError(message)
    if kind == "flat":
        config = faiss.GpuIndexFlatConfig()
        return faiss.GpuIndexFlatL2(_resources(), n_columns, config)
    config = faiss.GpuIndexIVFFlatConfig()
    made = faiss.GpuIndexIVFFlat(_resources(), n_columns, lists, faiss.METRIC_L2, config)
    made.cp.seed = seed % 2**31
    made.nprobe = min(lists, MOST_PROBES)
    return made


def moved(rows: Any, shift: np.ndarray, xp: Any) -> Any:
    """Rows of device memory from the middle of the set: C-contiguous float32, there."""
    return xp.ascontiguousarray(rows - xp.asarray(shift), dtype=np.float32)


def add(index: Any, rows: Any, xp: Any) -> None:
    """Add rows of device memory to an index, by their address.

    Parameters
    ----------
    index : faiss.GpuIndex
    rows : float32 array of shape (n_rows, n_columns)
        C-contiguous, on the device.
    xp : module
        CuPy.
    """
    with _in_turn(xp):
        index.add_c(len(rows), _address(rows))


def search(index: Any, rows: Any, k: int, xp: Any) -> tuple[np.ndarray, np.ndarray]:
    """Find the ``k`` nearest for each row of device memory, by the address of the rows.

    Parameters
    ----------
    index : faiss.GpuIndex
    rows : float32 array of shape (n_rows, n_columns)
        C-contiguous, on the device.
    k : int
        At most 2,048.
    xp : module
        CuPy.

    Returns
    -------
    squares : float32 array of shape (n_rows, k)
        In host memory, like the next.
    found : int64 array of shape (n_rows, k)
    """
    squares, found = np.empty((len(rows), k), np.float32), np.empty((len(rows), k), np.int64)
    faiss = library()
    to_squares, to_found = faiss.swig_ptr(squares), faiss.swig_ptr(found)
    with _in_turn(xp):
        index.search_c(len(rows), _address(rows), k, to_squares, to_found)
    return squares, found


def _address(rows: Any) -> Any:
    # An address tells neither type nor order: what is wrong here would be read as numbers.
    if rows.dtype != np.float32 or not rows.flags.c_contiguous:
        message = f"Faiss reads C-contiguous float32 rows, not {rows.dtype} or other orders."
        raise TypeError(message)
    return library().cast_integer_to_float_ptr(rows.data.ptr)


@contextmanager
def _in_turn(xp: Any) -> Iterator[None]:
    """Let Faiss begin on its own stream when CuPy's is through, and CuPy go on when Faiss is.

    Otherwise Faiss could read rows that are not yet written, or that the pool has given to others.
    """
    xp.cuda.get_current_stream().synchronize()
    try:
        yield
    finally:
        _resources().syncDefaultStreamCurrentDevice()


@cache
def _resources() -> Any:
    """Streams and temporary memory, once a process: an index must not outlive them."""
    resources = library().StandardGpuResources()
    resources.setTempMemory(_TEMPORARY)
    return resources
