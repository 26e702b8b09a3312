"""What each step of a run would hold in a GPU's memory, and why it would not start there."""

from __future__ import annotations

from collections.abc import Mapping

from engine.clustering.algorithm import algorithm
from engine.clustering.kmeans.gpu import asks_for_cuml, cuml_bytes
from engine.config.sections import Config
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.reading.blocks import BATCH_ROWS
from engine.data_preparation.reading.device_blocks import largest_block
from engine.places.device_sizes import LEAST_ROWS, MOST_CELLS, cells, chunk_bytes, rows_as_wide
from engine.places.runtime import Runtime
from engine.visualization.readable import memory

_TEXT = 48
"""Bytes of a text in memory; headers do not tell its length."""

_READING = ("prepare", "describe")
"""Steps whose bytes grow with the largest block of rows in the files."""


def device_bytes(
    config: Config, loaded: Loaded, runtime: Runtime, n: int, wide: int, *, k: int
) -> dict[str, int]:
    """Bytes of the GPU's memory by step: what stays there, and a block or a chunk beside it.

    Parameters
    ----------
    config, loaded, runtime
    n, wide, k : int
        Customers, prepared columns and segments, at most.
    """
    pool, scores = runtime.device_memory, config.evaluation
    matrix = n * wide * 4 if runtime.fits(n * wide * 4) else 0
    held = matrix if config.pca.components == "off" else 2 * matrix
    numbers, texts = len(loaded.roles.numeric), len(loaded.roles.categorical)
    columns = (*loaded.roles.numeric, *loaded.roles.categorical)
    # Blocks that Polars reads are made rows of in host memory, and only their numbers go further.
    block, reading, prepared = BATCH_ROWS, 0, 0
    if runtime.parts.reads_there:
        block, reading = largest_block(loaded.source, columns, pool)
        prepared = min(block, n) * wide * 20
    block = min(block, n)
    # As read, with numbers once more as float64 and levels as text; then as float64 and float32.
    read = max(reading, block * (numbers * 24 + (texts * 2 * _TEXT if prepared else 0)))
    methods = config.clustering.names
    # Where it finds no room for what it holds of each row, passes of ours go on without it.
    by_cuml = "kmeans" in methods and asks_for_cuml(config.clustering.params("kmeans"))
    cuml = cuml_bytes(n, wide, k) if matrix and by_cuml else 0
    cuml = cuml if held + cuml <= pool else 0

    # Scores of a piece of rows by the points that stand for customers, and their order.
    pieces = 20 * cells(pool) if set(methods) - {"kmeans"} else 0
    points = max(algorithm(m).compared(n, k, config.clustering.params(m)) for m in methods)

    def passing(rows: int, beside: int, points: int = k) -> int:
        """Bytes of a pass: chunks are made smaller, down to the least, where memory ends."""
        least, most = (_pass_bytes(min(rows, r), wide, pool, points) for r in (LEAST_ROWS, rows))
        # Rows in host memory pass through two slots beside the chunk.
        least, most = (size if matrix else size + size // 8 for size in (least, most))
        return min(most, max(least, pool - beside))

    sampled = scores.reference_rows * wide * 16 + cells(pool) * 8
    return {
        "prepare": matrix + (read + prepared if prepared else 0),
        "reduce": held + passing(n, held),
        "cluster": held + max(cuml, passing(n, held, points) + pieces),
        "evaluate": held + max(passing(n, held), sampled),
        "describe": held + read + passing(block, held + read),
        "save": held,
        "draw": held,
    }


def _pass_bytes(n_rows: int, wide: int, pool: int, k: int) -> int:
    """Bytes of one chunk: its copies, or its rows in order and a segment's in float64."""
    rows = min(n_rows, rows_as_wide(wide + 1, pool))
    scored = min(rows * (k + wide), MOST_CELLS) * 16 + rows * (wide * 4 + 24)
    return max(chunk_bytes(2 * wide, n_rows, pool, k=k), scored)


def device_refusals(held: Mapping[str, int], loaded: Loaded, runtime: Runtime) -> list[str]:
    """Say why a run would not start: which step needs more than the pool, and what to do."""
    pool = runtime.device_memory
    step = max(held, key=lambda name: held[name])
    if held[step] <= pool:
        return []
    if step in _READING:
        what = f"one block of rows of {loaded.source.label} needs"
        typed = loaded.source.typed
        smaller = "write the files with smaller row groups, " if typed else ""
    else:
        what = f"the step {step} needs"
        smaller = "ask for fewer segments (clustering.k), "
    return [
        f"{what} about {memory(held[step])} of the GPU's memory, more than its pool "
        f"({memory(pool)}); {smaller}leave out columns (features.exclude), or set "
        "compute.device to cpu."
    ]
