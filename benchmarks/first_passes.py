"""One Lloyd pass from given centres: ours, a plain one, and those of other libraries.

Each is made with rows and centres in the place, does a pass when called, and tells the centres and
labels that it found. Nothing that a fit does once counts: squared norms that flash-kmeans keeps
are made before.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
from first_bench import First
from first_clocks import stopwatch
from gpu_bench import library, their_passes

from engine.clustering.kmeans.passes import lloyd_step
from engine.clustering.nearest import Nearest
from engine.clustering.representatives import Representatives
from engine.cuda import geometry, tiles

CELLS = 1 << 28
"""Distances that the plain pass holds at a time."""
STEPS = 10
"""Passes over which the time of one is averaged, where a library does whole fits only."""


Found = tuple[np.ndarray, Any, np.ndarray | None]


class UnsupportedHereError(Exception):
    """A contender does not run in the place; the message is a clause."""


class Pass(Protocol):
    """A Lloyd pass over rows, again and again from the same centres.

    ``near`` and ``sums`` are the precisions of its distances and sums, which it is judged by.
    """

    name: str
    precision: str
    near: str
    sums: str

    def __call__(self) -> None:
        """Do one pass."""

    def clock(self) -> Callable[[], float]:
        """Give what times one pass, warmed up."""

    def found(self) -> Found:
        """Give centres after the pass, float64 (k, n_columns), labels and counts before it."""


class Ours:
    """The engine's pass, as its fits call it; the result comes back to the host."""

    name = "engine"
    precision = "float32 distances, near-ties and sums in float64"
    near, sums = "float32", "float64"

    def __init__(self, bench: First, x: Any, start: np.ndarray) -> None:
        self._bench, self._x, self._start = bench, x, start

    def __call__(self) -> None:
        """Do one pass."""
        self._counts, self._sums = lloyd_step(self._x, self._start, self._bench.runtime)

    def clock(self) -> Callable[[], float]:
        """Give what times one pass."""
        return stopwatch(self._bench, self)

    def found(self) -> Found:
        """Centres and labels: those of what a model would assign, decided in float64."""
        self()
        centres = means(self._counts, self._sums, self._start)
        numbers = np.arange(len(self._start), dtype=np.int32)
        points = Representatives(self._start, numbers, self._start)
        return centres, points.assign(self._x, runtime=self._bench.runtime), self._counts


class Kernel:
    """The engine's kernel by itself: one launch over all rows, what it finds left on the device."""

    name = "engine kernel"
    precision, near, sums = Ours.precision, Ours.near, Ours.sums

    def __init__(self, bench: First, x: Any, start: np.ndarray) -> None:
        if not bench.runtime.device_memory:
            message = "kernels in CUDA C++ are for GPUs"
            raise UnsupportedHereError(message)
        self._bench, self._x, self._start = bench, x, start
        on_device = Nearest(start, bench.runtime).on_device
        if on_device is None or not on_device.takes(x):
            message = "no kernel takes these rows here; a warning in the log says why"
            raise UnsupportedHereError(message)
        self._points = on_device

    def __call__(self) -> None:
        """Do one pass."""
        self._counts, self._sums = self._points.sums(self._x)

    def clock(self) -> Callable[[], float]:
        """Give what times one pass."""
        return stopwatch(self._bench, self)

    def label(self) -> None:
        """Label the rows, as predict does, the labels left on the device."""
        self._points.labels(self._x)

    def launch(self) -> dict[str, Any]:
        """Tell by which kernel the pass is done and how that is launched."""
        k, columns = self._start.shape
        n, limit = len(self._x), self._points.limit
        if how := geometry.fused_pass(columns, k, limit):
            blocks = geometry.pass_blocks(n, how.rows, 8 * k * (columns + 1))
            return {"kernel": "lloyd_pass", **asdict(how), "blocks": blocks.count}
        if tiled := tiles.tiled_pass(columns, k, limit):
            blocks = tiles.tiled_blocks(n, columns, k)
            return {"kernel": "lloyd_tiled", **asdict(tiled), "blocks": blocks.count}
        return {"kernel": "labels, then segment_sums"}

    def found(self) -> Found:
        """Centres, and labels by the kernel that only labels."""
        self()
        get = self._bench.runtime.get
        counts = get(self._counts)
        centres = means(counts, get(self._sums), self._start)
        return centres, self._points.labels(self._x), counts


class Plain:
    """What one writes first: the smallest of a matrix product, a one-hot product for the sums."""

    name = "plain"
    precision = "float32 throughout"
    near, sums = "float32", "float32"

    def __init__(self, bench: First, x: Any, start: np.ndarray) -> None:
        xp = bench.runtime.xp
        self._bench, self._x, self._start = bench, x, start
        self._factor = xp.ascontiguousarray(bench.runtime.put((-2 * start.T).astype(np.float32)))
        self._squares = bench.runtime.put((start**2).sum(axis=1).astype(np.float32))

    def __call__(self) -> None:
        """Do one pass, in blocks whose distances and one-hot fit."""
        xp, k = self._bench.runtime.xp, len(self._start)
        step, numbers = max(1, CELLS // k), xp.arange(k)
        self._labels, sums, counts = [], 0, 0
        for begin in range(0, len(self._x), step):
            rows = self._x[begin : begin + step]
            labels = (rows @ self._factor + self._squares).argmin(axis=1)
            one_hot = (labels[:, None] == numbers).astype(xp.float32)
            sums = one_hot.T @ rows + sums
            counts = xp.bincount(labels, minlength=k) + counts
            self._labels.append(labels)
        self._sums, self._counts = sums, counts

    def clock(self) -> Callable[[], float]:
        """Give what times one pass."""
        return stopwatch(self._bench, self)

    def found(self) -> Found:
        """Centres and labels."""
        self()
        get = self._bench.runtime.get
        counts = get(self._counts)
        centres = means(counts, get(self._sums), self._start)
        return centres, self._bench.runtime.xp.concatenate(self._labels), counts


class Flash:
    """flash-kmeans 0.3: its Triton kernels for labels and, of sorted labels, for the means.

    They are what an iteration of its ``batch_kmeans_Euclid`` calls. Its products are Triton's
    default for float32, tf32, as nothing else can be asked of them.
    """

    name = "flash-kmeans"
    precision = "tf32 products, float32 sums by atomics"
    near, sums = "tf32", "float32"

    def __init__(self, bench: First, x: Any, start: np.ndarray) -> None:
        if bench.place != "gpu":
            message = "flash-kmeans runs on a GPU only"
            raise UnsupportedHereError(message)
        import torch

        # Not from the package itself, which puts other functions in their place where Triton fails.
        from flash_kmeans.assign_euclid_triton import euclid_assign_triton
        from flash_kmeans.centroid_update_triton import triton_centroid_update_sorted_euclid

        self._bench, self._assign = bench, euclid_assign_triton
        self._update = triton_centroid_update_sorted_euclid
        self._x = torch.from_dlpack(x)[None]
        self._start = torch.from_dlpack(bench.runtime.put(start.astype(np.float32)))[None]
        self._squares = torch.empty(self._x.shape[:2], device=self._x.device)
        for rows, out in zip(
            self._x.split(1 << 20, dim=1), self._squares.split(1 << 20, dim=1), strict=True
        ):
            out[:] = (rows**2).sum(dim=-1)

    def __call__(self) -> None:
        """Do one pass."""
        self._labels = self._assign(self._x, self._start, self._squares)
        self._centres = self._update(self._x, self._labels, self._start)

    def clock(self) -> Callable[[], float]:
        """Give what times one pass."""
        return stopwatch(self._bench, self)

    def found(self) -> Found:
        """Centres and labels."""
        self()
        centres = self._centres[0].cpu().numpy().astype(np.float64)
        return centres, self._bench.runtime.xp.from_dlpack(self._labels[0]), None


class Theirs:
    """The library's: cuML's on a GPU, scikit-learn's on a CPU.

    A pass is what more iterations add to a fit.
    """

    precision = "float32"
    near, sums = "float32", "float32"

    def __init__(self, bench: First, x: Any, start: np.ndarray) -> None:
        if bench.place == "simulator":
            message = "there is no library that runs on a stand-in"
            raise UnsupportedHereError(message)
        self.name = library(bench.runtime)
        self._bench, self._x, self._start = bench, x, start
        self._model = their_passes(bench.runtime, start, 1)

    def __call__(self) -> None:
        """Fit with one pass."""
        self._model = their_passes(self._bench.runtime, self._start, 1).fit(self._x)

    def clock(self) -> Callable[[], float]:
        """Give what times 1 + STEPS passes and one, and divides what they are apart by."""
        runtime = self._bench.runtime

        def fitted(passes: int) -> tuple[int, float]:
            fit = their_passes(runtime, self._start, passes).fit
            model, seconds = self._bench.once(lambda: fit(self._x))
            return int(model.n_iter_), seconds

        def apart() -> float:
            (few, short), (many, long) = fitted(1), fitted(1 + STEPS)
            return (long - short) / max(1, many - few)

        fitted(1 + STEPS)
        return apart

    def found(self) -> Found:
        """Centres after one pass; labels of the rows by those, not by the centres before."""
        self()
        runtime = self._bench.runtime
        return runtime.get(self._model.cluster_centers_).astype(np.float64), None, None


def means(counts: np.ndarray, sums: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Mean of each centre's rows; where it has none, as it was."""
    held = counts > 0
    divided = np.asarray(sums, np.float64) / np.where(held, counts, 1)[:, None]
    return np.where(held[:, None], divided, before)


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Median over pairs of how many times ours the other takes."""
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


PASSES: tuple[type[Any], ...] = (Ours, Kernel, Plain, Flash, Theirs)
"""In the order in which they are tried: what ours is held against comes first."""
