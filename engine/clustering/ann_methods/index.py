"""A Faiss index for nearest rows: which kind, how it is built, searched, and how well it finds.

Faiss is imported inside functions only, runs on the runtime's threads, and gives them back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.clustering.ann_methods.library import MOST_PROBES, Kind, faiss_threads, library
from engine.clustering.ann_methods.rows import add, search
from engine.errors import EngineError
from engine.places.runtime import CHUNK_ROWS, Runtime
from engine.utilities.sampling import draw, row_priority

FLAT_ROWS = 20_000
"""Rows up to which every distance is looked at: building anything else takes longer."""

_TRIED = 1_000
"""Rows whose neighbours are looked up exactly, to tell the recall."""

_TRAINED = 64
"""Rows a list is trained on."""

_MANY = 10_000
"""Rows from which on they are looked up list by list."""

_LINKS, _EFFORT = 16, 80
"""Links of a row in HNSW, and the candidates looked at while it is built."""


def chosen(n_rows: int, recall: float) -> Kind:
    """Choose the kind of index for a number of rows and the recall asked for.

    Parameters
    ----------
    n_rows : int
    recall : float
        1 asks for exact neighbours.

    Returns
    -------
    kind : {"flat", "ivf"}
        HNSW is built when it is asked for by name: its build repeats bit for bit on one thread
        only, and takes far longer than lists.

    Examples
    --------
    >>> chosen(10_000, 0.95), chosen(1_000_000, 0.95), chosen(1_000_000, 1.0)
    ('flat', 'ivf', 'flat')
    """
    return "flat" if n_rows <= FLAT_ROWS or recall >= 1 else "ivf"


def n_lists(n_rows: int) -> int:
    """Give the lists of an IVF index: 3 sqrt(n).

    At a million rows and 16 columns 4,000 lists take 0.85 of the time of 2,000 for the same recall,
    8,000 more than either; training grows with n.

    Examples
    --------
    >>> n_lists(1_000_000), n_lists(50)
    (3000, 1)
    """
    return max(1, min(int(3 * n_rows**0.5), n_rows // 39))


class Index:
    """Nearest rows of a fixed set.

    Attributes
    ----------
    kind : {"flat", "ivf", "hnsw"}
    recall : float
        Share of the true nearest others that was found, measured on rows of the set; 1 for flat.
    probes : int
        Lists looked through (ivf) or candidates kept (hnsw); 0 for flat.
    xp : module
        Of rows that are not in host memory: CuPy, where the index lies on a GPU.
    """

    def __init__(
        self, faiss_index: Any, kind: Kind, shift: np.ndarray, threads: int, xp: Any = np
    ) -> None:
        self.faiss, self.kind, self.recall, self.probes = faiss_index, kind, 1.0, 0
        self.shift, self.threads, self.xp = shift, threads, xp

    @property
    def on_device(self) -> bool:
        """Whether it lies on a GPU."""
        return type(self.faiss).__name__.startswith("Gpu")

    @property
    def width(self) -> int:
        """Columns of its rows."""
        return int(self.faiss.d)

    def __len__(self) -> int:
        """Count the rows."""
        return int(self.faiss.ntotal)

    def search(self, rows: Any, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the ``k`` nearest rows of the set for each row, nearest first.

        Parameters
        ----------
        rows : float32 array of shape (n_rows, n_columns)
            In host memory; for an index on a GPU also in that of the device.
        k : int
            Capped at the size of the set.

        Returns
        -------
        index : int64 array of shape (n_rows, k)
            -1 where fewer were found.
        squares : float32 array of shape (n_rows, k)
            Squared distances; the largest float32 where fewer were found.

        Raises
        ------
        EngineError
            More than 2,048 neighbours on a GPU.

        Notes
        -----
        Goes over blocks of 65,536 rows: memory beside the result is one block. Many rows are taken
        list by list, whose rows then stay in the cache: 0.65 of the time at a million rows.
        """
        k = min(k, len(self))
        if self.on_device:
            _check_on_gpu(k)
        index, squares = np.empty((len(rows), k), np.int64), np.empty((len(rows), k), np.float32)
        with faiss_threads(self.threads):
            order = self._by_list(rows)
            for start in range(0, len(rows), CHUNK_ROWS):
                part: Any = slice(start, start + CHUNK_ROWS)
                if order is not None:
                    part = order[part]
                moved = self.moved(rows[part])
                squares[part], index[part] = search(self.faiss, moved, k, xp=self.xp)
        return index, squares

    def _by_list(self, rows: np.ndarray) -> np.ndarray | None:
        """Order rows by their nearest list, where there is such a thing and it is worth it."""
        if len(rows) < _MANY or type(self.faiss).__name__ != "IndexIVFFlat":
            return None
        home = np.empty(len(rows), np.int32)
        for start in range(0, len(rows), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            home[part] = self.faiss.quantizer.search(self.moved(rows[part]), 1)[1][:, 0]
        return np.argsort(home, kind="stable")

    def moved(self, rows: Any) -> Any:
        """Rows from the middle of the set: float32 distances by norms are rounded less there."""
        if isinstance(rows, np.ndarray):
            return np.ascontiguousarray(rows - self.shift, dtype=np.float32)
        from engine.clustering.ann_methods.gpu import moved

        return moved(rows, self.shift, xp=self.xp)

    def look_through(self, probes: int) -> None:
        """Set how many lists are looked through, or candidates kept."""
        self.probes = probes
        if self.kind == "ivf":
            self.faiss.nprobe = probes
        else:
            linked = self.faiss
            linked.hnsw.efSearch = probes


def build(
    x: Any,
    *,
    recall: float,
    k: int,
    seed: int,
    runtime: Runtime,
    kind: Kind | None = None,
) -> Index:
    """Build an index over rows, and look through as much of it as the recall asks for.

    Parameters
    ----------
    x : float32 array of shape (n_rows, n_columns)
        May be a ``numpy.memmap``; for a GPU also in the memory of the device.
    recall : float
        Share of the true ``k`` nearest to find at least, in (0, 1].
    k : int
        Neighbours that will be asked for, the row itself included.
    seed : int
        Of what the lists are trained on, and of the rows that tell the recall.
    runtime : Runtime
        On a GPU the index lies there; never on the CPU instead.
    kind : {"flat", "ivf", "hnsw"}, optional
        By :func:`chosen` if not given.

    Returns
    -------
    index : Index

    Raises
    ------
    EngineError
        Faiss is not installed, or sees no GPU where one is asked for; or ``k`` is more than the
        2,048 neighbours that a GPU gives.

    References
    ----------
    Douze et al. (2024), The Faiss library, arXiv:2401.08281. Malkov and Yashunin (2020), IEEE
    TPAMI 42(4), doi:10.1109/TPAMI.2018.2889473, for HNSW.
    """
    kind = kind or chosen(len(x), recall)
    if runtime.device_memory:
        from engine.clustering.ann_methods.gpu import on_gpu as empty

        _check_on_gpu(min(k, len(x)))
    else:
        empty = _on_cpu
    with faiss_threads(runtime.threads):
        made = empty(kind, x.shape[1], n_lists(len(x)), seed)
    index = Index(made, kind, _middle(x, seed, runtime), runtime.threads, runtime.xp)
    # Links depend on the order in which threads come to set them.
    with faiss_threads(1 if kind == "hnsw" else runtime.threads):
        if kind == "ivf":
            few = draw(row_priority(len(x), seed), _TRAINED * n_lists(len(x)))
            made.train(index.moved(runtime.take(x, np.sort(few))))
        for start in range(0, len(x), CHUNK_ROWS):
            add(made, index.moved(x[start : start + CHUNK_ROWS]), xp=index.xp)
    if kind != "flat":
        with faiss_threads(runtime.threads):
            flat = empty("flat", x.shape[1], 0, seed)
        sample = runtime.take(x, np.sort(draw(row_priority(len(x), seed + 1), _TRIED)))
        _reach(index, sample, _exact_farthest(x, index.moved(sample), k, index, flat), recall, k)
    return index


def _check_on_gpu(k: int) -> None:
    if k > MOST_PROBES:
        message = f"A GPU gives at most {MOST_PROBES:,} neighbours of a row, not {k:,}."
        raise EngineError(message)


def _middle(x: Any, seed: int, runtime: Runtime) -> np.ndarray:
    few = runtime.take(x, np.sort(draw(row_priority(len(x), seed), CHUNK_ROWS)))
    middle: np.ndarray = few.mean(axis=0, dtype=np.float64).astype(np.float32)
    return middle


def _on_cpu(kind: Kind, n_columns: int, lists: int, seed: int) -> Any:
    faiss = library()
    if kind == "flat":
        return faiss.IndexFlatL2(n_columns)
    if kind == "hnsw":
        made = faiss.IndexHNSWFlat(n_columns, _LINKS)
        made.hnsw.efConstruction = _EFFORT
        return made
    made = faiss.IndexIVFFlat(faiss.IndexFlatL2(n_columns), n_columns, lists)
    made.cp.seed, made.cp.max_points_per_centroid = seed % 2**31, _TRAINED
    return made


def _reach(index: Index, sample: np.ndarray, farthest: np.ndarray, recall: float, k: int) -> None:
    """Look through more until the recall on a sample is reached: a quarter more each time."""
    rows = len(index)
    most = min(n_lists(rows), MOST_PROBES) if index.kind == "ivf" else rows
    probes = min(4 if index.kind == "ivf" else max(k, 16), most)
    while True:
        index.look_through(probes)
        squares = index.search(sample, k)[1]
        # Equals of the farthest count as found; the exact search rounds in other places.
        found = squares <= farthest[:, None] * (1 + 1e-5) + 1e-30
        # Each row finds itself, which proves nothing.
        index.recall = float(found[:, 1:].mean()) if found.shape[1] > 1 else float(found.mean())
        if index.recall >= recall or probes >= most:
            return
        probes = min(max(probes + 1, probes * 5 // 4), most)


def _exact_farthest(x: Any, sample: np.ndarray, k: int, index: Index, flat: Any) -> np.ndarray:
    """Squared distance of each row of the sample to its k-th nearest, by all distances."""
    k = min(k, len(x))
    best = np.full((len(sample), k), np.inf, np.float32)
    with faiss_threads(index.threads):
        for start in range(0, len(x), CHUNK_ROWS):
            add(flat, index.moved(x[start : start + CHUNK_ROWS]), xp=index.xp)
            near, _ = search(flat, sample, min(k, int(flat.ntotal)), xp=index.xp)
            flat.reset()
            best = np.partition(np.concatenate([best, near], axis=1), k - 1, axis=1)[:, :k]
    farthest: np.ndarray = best.max(axis=1)
    return farthest
