"""Faiss indexes on a GPU; not yet run on one.

Rows come from host memory and go through Faiss's own temporary memory block by block. Faiss does
not know of the pool that the other libraries share, so its temporary memory is bounded here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from engine.clustering.ann_methods.index import MOST_PROBES, Kind
from engine.clustering.ann_methods.library import library
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
    if not hasattr(faiss, "get_num_gpus") or faiss.get_num_gpus() == 0:
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


@cache
def _resources() -> Any:
    """Streams and temporary memory, once a process: an index must not outlive them."""
    resources = library().StandardGpuResources()
    resources.setTempMemory(_TEMPORARY)
    return resources
