"""Customers like these: the nearest rows of given rows, from an index that is kept on disk.

It holds rows of customers, so it lies apart from the portable model, and is built when asked for.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from engine.clustering.ann_methods.exact_rows import ExactRows
from engine.clustering.ann_methods.index import Index, build
from engine.clustering.ann_methods.library import Kind, library
from engine.errors import EngineError, ModelError, failed_write, first_line
from engine.places.runtime import CHUNK_ROWS, Runtime
from engine.utilities.atomic import replacing
from engine.utilities.json_files import write_json
from engine.utilities.permissions import Permissions

_INDEX, _ABOUT = "similar.faiss", "similar.json"
_FORMAT = 1


@dataclass(frozen=True)
class NearestCustomers:
    """Answers which rows of a set are nearest to given rows.

    Attributes
    ----------
    index : Index or ExactRows

    Examples
    --------
    >>> x = np.array([[0.0], [1.0], [5.0]], np.float32)
    >>> like = NearestCustomers.of(x, runtime=Runtime())
    >>> like.nearest(np.array([[4.0]], np.float32), 2)[0].tolist()
    [[2, 1]]
    """

    index: Index | ExactRows

    @classmethod
    def exactly(cls, x: Any, *, runtime: Runtime) -> NearestCustomers:
        """Look at every row for each question: needs no Faiss, and nothing is built or kept."""
        return cls(ExactRows(x, runtime))

    @classmethod
    def of(
        cls,
        x: np.ndarray,
        *,
        runtime: Runtime,
        recall: float = 0.95,
        n: int = 10,
        seed: int = 0,
        kind: Kind | None = None,
    ) -> NearestCustomers:
        """Build an index over prepared rows.

        Parameters
        ----------
        x : float32 array of shape (n_rows, n_columns)
            May be a ``numpy.memmap``; read in blocks.
        runtime : Runtime
        recall : float
            Share of the true ``n`` nearest to find at least; 1 for all.
        n : int
            Neighbours that the recall is measured with.
        seed : int
        kind : {"flat", "ivf", "hnsw"}, optional
            By size and recall if not given.

        Warns
        -----
        RuntimeWarning
            On a GPU without Faiss: every row is looked at in place of the index that is asked for.
        """
        if runtime.device_memory and not runtime.parts.has_faiss:
            if kind not in (None, "flat"):
                note = (
                    f"no index of the kind {kind} is built on this GPU, as "
                    f"{runtime.parts.search.why}: every row is looked at in its place"
                )
                warnings.warn(note, RuntimeWarning, stacklevel=2)
            return cls.exactly(x, runtime=runtime)
        return cls(build(x, recall=recall, k=n + 1, seed=seed, runtime=runtime, kind=kind))

    def nearest(self, rows: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the ``n`` nearest rows of the set.

        Parameters
        ----------
        rows : float32 array of shape (n_rows, n_columns)
        n : int

        Returns
        -------
        index : int64 array of shape (n_rows, n)
            Row numbers of the set, nearest first; -1 where fewer were found.
        distances : float32 array of shape (n_rows, n)
        """
        index, squares = self.index.search(rows, n)
        squares[index < 0] = np.inf
        return index, np.sqrt(np.maximum(squares, 0))

    def others(
        self, x: np.ndarray, which: np.ndarray, n: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Find the ``n`` nearest others of rows that are in the set, block by block.

        Parameters
        ----------
        x : float32 array of shape (n_rows, n_columns)
            The rows the index was built over; may be a ``numpy.memmap``.
        which : int array of shape (n_asked,)
            Row numbers.
        n : int

        Yields
        ------
        which : int array of shape (at most 65,536,)
        index : int64 array of shape (the same, n)
            A row is not among its own.
        distances : float32 array of shape (the same, n)
        """
        for start in range(0, len(which), CHUNK_ROWS):
            part = which[start : start + CHUNK_ROWS]
            index, distances = self.nearest(x[part], n + 1)
            own = index == part[:, None]
            own[~own.any(axis=1), -1] = True  # equal rows may have taken its place
            wide = (len(part), index.shape[1] - 1)
            yield part, index[~own].reshape(wide), distances[~own].reshape(wide)

    def save(self, folder: Path, permissions: Permissions = "private") -> None:
        """Write the index and what is known of it; each file is whole or not there.

        Parameters
        ----------
        folder : Path
        permissions : {"private", "group", "shared"}
            Who may read the files: they hold rows of customers.

        Raises
        ------
        EngineError
            Its file cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        index = self.index
        if not isinstance(index, Index):
            message = "an exact search keeps no index; build one where Faiss is (faiss-cpu)."
            raise EngineError(message)
        faiss = library()
        try:
            with replacing(folder / _INDEX, permissions) as file:
                faiss.write_index(_on_host(faiss, index.faiss), str(file))
        except (OSError, RuntimeError) as error:
            message = f"the index cannot be written to {folder} ({first_line(error)}); free space."
            raise failed_write(message, error, aside=True) from None
        about = {
            "format": _FORMAT,
            "kind": index.kind,
            "recall": index.recall,
            "probes": index.probes,
            "shift": [float(v) for v in index.shift],
        }
        write_json(folder / _ABOUT, about, permissions)

    @classmethod
    def load(cls, folder: Path, *, runtime: Runtime) -> NearestCustomers:
        """Read what :meth:`save` wrote; it answers on the CPU.

        Raises
        ------
        ModelError
            There is none, it is damaged, or of a later format.
        """
        faiss = library()
        try:
            about: dict[str, Any] = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            if about["format"] != _FORMAT:
                message = f"{folder / _ABOUT} has format {about['format']}, this engine reads 1."
                raise ModelError(message)
            read = faiss.read_index(str(folder / _INDEX))
            index = _index_of(read, about, runtime)
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError) as error:
            message = (
                f"{folder} holds no readable index of customers; build it again "
                f"({first_line(error)})."
            )
            raise ModelError(message) from None
        return cls(index)


def _index_of(read: Any, about: Mapping[str, Any], runtime: Runtime) -> Index:
    """Put an index together; ValueError where its parts do not fit each other."""
    shift = np.array(about["shift"], np.float32)
    recall, kind = float(about["recall"]), about["kind"]
    whole = kind in get_args(Kind) and (kind != "hnsw" or hasattr(read, "hnsw"))
    if (
        not whole
        or shift.shape != (read.d,)
        or not np.isfinite(shift).all()
        or not 0 <= recall <= 1
    ):
        message = "its parts do not fit each other"
        raise ValueError(message)
    index = Index(read, kind, shift, runtime.threads)
    if kind != "flat":
        index.look_through(int(about["probes"]))
    index.recall = recall
    return index


def _on_host(faiss: Any, index: Any) -> Any:
    """Give the index as it can be written."""
    return faiss.index_gpu_to_cpu(index) if type(index).__name__.startswith("Gpu") else index
