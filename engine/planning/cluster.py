"""What a run would do on a cluster: pieces, bytes a worker, bytes here, and why it would not start.

Pieces that stay are spread over the workers' memory, and lie on their disks where that is short;
what a task works on must fit. Here are samples, sums and what is known of each piece: nothing of a
customer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.cluster.runtime import ClusterRuntime
from engine.clustering.algorithm import algorithm
from engine.config.sections import Config
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.reading.blocks import row_bytes
from engine.data_preparation.reading.cuts import PIECE_ROWS, cut_about
from engine.data_preparation.reading.most_rows import most_rows
from engine.descriptive_stats.gathering import MEDIAN_ROWS
from engine.places.runtime import CHUNK_ROWS, Runtime
from engine.planning import held
from engine.planning.device import device_bytes, device_refusals
from engine.planning.refusals import counted_or_placed_out
from engine.planning.seconds import seconds_on_cluster
from engine.planning.steps import (
    FIGURES,
    Plan,
    Step,
    most_columns,
    most_segments,
    pca_words,
    with_others,
)
from engine.visualization.readable import memory

CLIENT_BYTES_A_CUSTOMER = 0
"""What this process holds of each customer."""

PIECE_BYTES = 40 * 1024
"""What it holds of each piece, and its share of what messages leave."""

_BASE = 64 * held.MIB
"""What the connection, messages and few rows here take."""

WORKER_BASE = 320 * held.MIB
"""What a worker's process has once its libraries are imported."""

_PAUSED = 0.8
"""Share of its memory at which Dask gives a worker no more tasks; pieces leave it before that."""

_ASSIGNING = 64 * held.MIB


@dataclass(frozen=True)
class _Size:
    """Rows and columns of a run, and what a step holds of them.

    Attributes
    ----------
    n, wide, raw, k : int
        Customers, prepared columns, numbers in the files, segments: at most.
    pieces, rows, share : int
        Pieces, rows of the largest one, and rows that lie with the fullest worker.
    size : float
        Bytes of an id.
    """

    n: int
    wide: int
    raw: int
    k: int
    pieces: int
    rows: int
    share: int
    size: float


def plan_on_cluster(
    config: Config,
    loaded: Loaded,
    runtime: ClusterRuntime,
    *,
    n_rows: int = 0,
    n_columns: int = 0,
    leaves: int = 0,
) -> Plan:
    """Plan for the workers of a cluster and the methods that are named."""
    n = n_rows or loaded.source.estimate_rows()
    exact = bool(n_rows) or loaded.source.typed
    most = n if exact else most_rows(loaded.source, n)
    size = _sized(config, loaded, runtime, most, n_columns or most_columns(loaded, config))
    steps = _steps(config, loaded, runtime, size, leaves=leaves)
    task = max(_tasks(config, loaded, size).values())
    refusals = counted_or_placed_out(config, runtime, n, exact=exact)
    refusals += _too_small(runtime, size, task) + _too_much_here(runtime, steps)
    if pool := getattr(runtime, "least_pool", 0):
        device = Runtime(runtime.place, runtime.reason, device_memory=pool)
        on_device = device_bytes(config, loaded, device, size.rows, size.wide, k=size.k)
        steps = [replace(s, device_bytes=on_device.get(s.name, 0)) for s in steps]
        refusals += device_refusals(on_device, loaded, device)
    known = seconds_on_cluster(config, most, size.raw, size.wide, runtime, size.pieces)
    return Plan(
        runtime, n, tuple(steps), in_file=False, refusals=tuple(refusals), pieces=size.pieces,
        on_disk=_on_disk(runtime, steps), seconds=known,
    )  # fmt: skip


def _sized(config: Config, loaded: Loaded, runtime: ClusterRuntime, n: int, wide: int) -> _Size:
    cuts = cut_about(loaded.source)
    pieces, threads = max(1, len(cuts)), [w.threads for w in runtime.workers]
    known = [c.rows for c in cuts if c.rows is not None]
    rows = min(n, max(known) if len(known) == pieces else max(PIECE_ROWS, -(-n // pieces)))
    # One more than is due by threads: tasks go where one is free.
    due = -(-pieces * max(threads) // max(sum(threads), 1))
    share = min(n, (due + (len(threads) > 1)) * rows)
    column = loaded.id_column
    size = 8.0 if column is None else row_bytes(loaded.source, [column])
    raw = len(loaded.roles.numeric) + len(config.features.describe)
    k = most_segments(config, n)
    return _Size(n, wide, raw, k, pieces, rows, share, size)


def _tasks(config: Config, loaded: Loaded, size: _Size) -> dict[str, int]:
    """Bytes of one task of each step: what it reads, what it works with and what it gives."""
    rows, wide = size.rows, size.wide
    columns = [*loaded.roles.numeric, *loaded.roles.categorical, *loaded.roles.lists]
    blocks = held.reading(loaded, columns, rows)
    ids = held.reading(loaded, [loaded.id_column] if loaded.id_column else [], rows)
    piece, sample = rows * wide * 4, min(rows, config.preparation.sample_rows) * size.raw * 8
    read = blocks.held + blocks.block + wide * held.EXPRESSIONS
    chunk = min(rows, CHUNK_ROWS)
    points = max(
        algorithm(m).compared(size.n, size.k, config.clustering.params(m))
        for m in config.clustering.names
    )
    return {
        "load": ids.held + int(rows * (size.size + 64)),
        "prepare": read + max(sample * 2, piece + blocks.rows * wide * 16),
        "reduce": 2 * piece + chunk * wide * 24 + wide**2 * 32,
        "cluster": 2 * piece + chunk * (wide * 40 + 64) + points * wide * 16 + _ASSIGNING,
        "evaluate": piece + chunk * wide * 24 + rows * 32,
        "describe": read + blocks.rows * size.raw * 24 + rows * 16,
        "save": ids.held + int(rows * (144 + size.size)),
        "draw": 0,
    }


def _kept(config: Config, size: _Size) -> dict[str, float]:
    """Bytes of a customer that stay with the workers from step to step, and room that is filled."""
    methods, settings = config.clustering.names, config.clustering
    ids = size.size + 8 + 1 + (4 if settings.continue_from else 0)
    prepared = ids + size.wide * 4
    reduced = prepared + (size.wide * 4 if config.pca.components != "off" else 0)
    # Labels and distances of a method, while others of it are made.
    labels = 12 * len(methods) + 4 * len(settings.several)
    copied = size.wide * 4 if "pca_methods" in methods else 0
    after = reduced + labels
    return {
        "load": ids + 16,
        "prepare": prepared,
        "reduce": reduced,
        "cluster": after + copied + 16,
        "evaluate": after + 8,
        "describe": after,
        "save": after,
        "draw": after,
    }


def _steps(
    config: Config, loaded: Loaded, runtime: ClusterRuntime, size: _Size, *, leaves: int
) -> list[Step]:
    tasks, kept, words = _tasks(config, loaded, size), _kept(config, size), _words(config, size)
    here = _client(config, runtime, size, leaves=leaves)
    threads = max(worker.threads for worker in runtime.workers)
    steps = []
    for name, task in tasks.items():
        there = int(size.share * kept[name]) + WORKER_BASE + threads * task
        methods = config.clustering.names if name == "cluster" else ("",)
        for method in methods:
            row = algorithm(method) if method else None
            needed = here[name] + (_fitting(config, method, size, leaves) if row else 0)
            told, note = (method, row.reference) if row else words[name]
            steps.append(Step(name, told, needed, note, worker_bytes=there))
    return with_others(steps, config.clustering.several, 0, here["cluster"])


def _words(config: Config, size: _Size) -> dict[str, tuple[str, str]]:
    """Give what each step does, and a note."""
    anchors = min(size.n, config.evaluation.anchors)
    return {
        "load": ("pieces", f"up to {size.n:,} customers in pieces of at most {size.rows:,}"),
        "prepare": ("feature plan", f"{size.wide} columns, on the workers"),
        "reduce": (pca_words(config), "on the workers"),
        "evaluate": (f"on {anchors:,} customers", ""),
        "describe": ("profiles", ""),
        "save": ("parquet, safetensors", "segments are written by the workers"),
        "draw": ("figures, page", ""),
    }


def _client(config: Config, runtime: ClusterRuntime, size: _Size, *, leaves: int) -> dict[str, int]:
    """Bytes that this process holds by step: samples, sums, and what is known of each piece."""
    n, wide, raw, k, scores = size.n, size.wide, size.raw, size.k, config.evaluation
    here = runtime.here
    base = _BASE + size.pieces * PIECE_BYTES + n * CLIENT_BYTES_A_CUSTOMER
    drawn = config.preparation.sample_rows
    known = base + min(n, drawn) * raw * 8 + wide * held.COLUMN
    reference = min(n, scores.reference_rows) * wide * 8
    distances = min(n, scores.anchors) * (k + 1) * 20 * 8 + here.threads * 32 * held.MIB
    few = min(n, scores.reference_rows)
    return {
        "load": base,
        "prepare": base
        + held.learning(raw, n, config.preparation.sample_rows)
        + wide * held.COLUMN,
        "reduce": known + held.squares(wide, n, here),
        "cluster": known,
        "evaluate": known + 2 * reference + distances + held.chunks(wide * 2, few, here),
        "describe": known + 2 * min(n, MEDIAN_ROWS * k) * raw * 8,
        "save": known + 32 * held.MIB,
        "draw": known + FIGURES,
    }


def _fitting(config: Config, method: str, size: _Size, leaves: int) -> int:
    """Bytes of a fit here: of its sample, since of all customers nothing is here.

    A method's bound grows by what it holds of each customer, which lies with the workers.
    """
    if leaves:
        return leaves * size.wide * 8 * 4 + _ASSIGNING
    row, params = algorithm(method), config.clustering.params(method)

    def bound(n: int) -> int:
        return row.memory(n, size.wide, size.k, params)

    if size.n <= PIECE_ROWS:
        return bound(size.n)
    many = 100 * PIECE_ROWS
    each = (bound(2 * many) - bound(many)) / many
    return max(0, int(bound(size.n) - each * size.n))


def _on_disk(runtime: ClusterRuntime, steps: list[Step]) -> int:
    """Bytes for which the fullest worker has no room in memory."""
    limits = [worker.memory for worker in runtime.workers if worker.memory]
    if not limits:
        return 0
    return max(0, max(step.worker_bytes for step in steps) - int(_PAUSED * min(limits)))


def _too_small(runtime: ClusterRuntime, size: _Size, task: int) -> list[str]:
    """Refuse workers that have no room for the tasks that they run at once."""
    for worker in runtime.workers:
        needed = WORKER_BASE + worker.threads * task
        if worker.memory and needed > _PAUSED * worker.memory:
            tasks = "a task" if worker.threads == 1 else f"{worker.threads} tasks at once"
            return [
                f"a worker needs about {memory(needed)} for {tasks} on pieces of {size.rows:,} "
                f"customers, more than {_PAUSED:.0%} of its memory ({memory(worker.memory)}), at "
                "which Dask gives it no more; give workers more memory or fewer threads, or leave "
                "out columns (features.exclude)."
            ]
    return []


def _too_much_here(runtime: ClusterRuntime, steps: list[Step]) -> list[str]:
    peak = max(step.bytes for step in steps)
    if peak <= runtime.memory_limit:
        return []
    return [
        f"this process needs about {memory(peak)} for samples beside the cluster, more than "
        f"compute.memory_limit ({memory(runtime.memory_limit)}); raise the limit."
    ]
