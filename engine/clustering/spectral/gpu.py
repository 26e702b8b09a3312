"""The cut of a large graph on a GPU: our block of filtered vectors over CuPy, in float64.

Not by cuML, which has ``SpectralClustering`` and takes graphs (``affinity="precomputed"``), because
that gives labels, without eigenvalues, of whatever its eigensolver found:

- Lanczos iterations in float32 from one vector. Segments that hang together by little have
  eigenvalues within 1e-6 of each other, where float32 rounds: on six segments and noise in two
  columns, 10,000 rows, SciPy's Lanczos in float32 at cuML's tolerance of 1e-5 misses three of six
  eigenvectors (ARI 0.66 with the cut in float64). When its iterations end, it does not say so.
- A graph in parts has the eigenvalue 1 once a part. We solve part by part and take the largest of
  all, for which their values are needed.
- What a node weighs by itself, as equal rows do, it drops.

It is the other side in ``tests/parity`` and in ``benchmarks/gpu.py``. Small graphs are solved as on
a CPU (see :mod:`engine.clustering.spectral.eigen`): that takes 0.3 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.spectral.filter import filtered
from engine.places.runtime import Runtime

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def leading_on_device(
    normal: csr_array, block: np.ndarray, count: int, runtime: Runtime
) -> tuple[np.ndarray, np.ndarray]:
    """Leading eigenvectors of normalised weights, wherever their eigenvalues lie.

    Parameters
    ----------
    normal : sparse float64 array of shape (n_nodes, n_nodes)
        In host memory.
    block : float64 array of shape (n_nodes, n_vectors)
        First vectors, at least ``count``, in host memory.
    count : int
    runtime : Runtime
        A GPU.

    Returns
    -------
    values : float64 array of shape (count,)
        Largest first.
    vectors : float64 array of shape (n_nodes, count)
        Of unit length, in host memory.

    Notes
    -----
    Some 250 to 450 sparse products by the block at two columns, 60 at 16 (10,000 and 20,000
    rows). Factors, which are quicker on a CPU where columns are few, CuPy makes on the host.
    """
    from cupyx.scipy.sparse import csr_array as csr_on_device

    # cuSPARSE multiplies by 32-bit indices; SciPy may hold wider ones than it needs.
    wide = normal.nnz >= 2**31
    index = np.int64 if wide else np.int32
    on_device = csr_on_device(
        (
            runtime.put(normal.data),
            runtime.put(normal.indices.astype(index)),
            runtime.put(normal.indptr.astype(index)),
        ),
        shape=normal.shape,
    )
    values, vectors, _ = filtered(on_device, runtime.put(block), count, runtime.xp)
    return runtime.get(values), runtime.get(vectors)
