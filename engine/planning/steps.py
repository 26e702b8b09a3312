"""What a run would do: step, place, method, bytes and refusals, from file headers alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.clustering.algorithm import algorithm
from engine.config.sections import Config
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.reading.blocks import BATCH_ROWS
from engine.descriptive_stats.gathering import MEDIAN_ROWS
from engine.places.runtime import CHUNK_ROWS, Runtime
from engine.planning.device import device_bytes, device_refusals
from engine.planning.refusals import MOST_SEGMENTS, refused
from engine.visualization.readable import memory

_MIB = 1 << 20
_FIGURES = 220 * _MIB
"""Matplotlib with its figures at 150 dpi, measured 150 MiB."""

_ID_TEXT = 48
"""Bytes of a text id in memory; headers do not tell its length."""


@dataclass(frozen=True)
class Step:
    """One step of a plan.

    Attributes
    ----------
    name, method, note : str
    bytes : int
        Upper bound of what the step holds in host memory at its peak.
    device_bytes : int
        Likewise of the GPU's memory; 0 on a CPU.
    """

    name: str
    method: str
    bytes: int
    note: str
    device_bytes: int = 0


@dataclass(frozen=True)
class Plan:
    """A run as it would happen.

    Attributes
    ----------
    runtime : Runtime
    n_rows : int
        Exact for Parquet, estimated for CSV.
    steps : tuple of Step
    in_file : bool
        Whether the prepared matrix would lie in a file, because neither the GPU nor host memory
        has room for it.
    refusals : tuple of str
        Why the run would not start; empty when it would.
    left_out : mapping of str to str
        With ``clustering.methods: all``: methods that do not run, and why.
    """

    runtime: Runtime
    n_rows: int
    steps: tuple[Step, ...]
    in_file: bool
    refusals: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def methods(self) -> tuple[str, ...]:
        """Methods that run."""
        return tuple(step.method for step in self.steps if step.name == "cluster")

    @property
    def peak(self) -> int:
        """Upper bound of what the run holds in host memory at any time."""
        return max(step.bytes for step in self.steps)

    @property
    def device_peak(self) -> int:
        """Upper bound of what the run holds on the GPU at any time; 0 on a CPU."""
        return max(step.device_bytes for step in self.steps)


def plan_of_methods(
    config: Config,
    loaded: Loaded,
    runtime: Runtime,
    *,
    n_rows: int = 0,
    n_columns: int = 0,
    leaves: int = 0,
) -> Plan:
    """Plan for opened files and the methods that are named, as :func:`make_plan` for any."""
    n = n_rows or loaded.source.estimate_rows()
    exact = bool(n_rows) or loaded.source.typed
    wide = n_columns or most_columns(loaded, config)
    # Lines of a CSV differ in length: a quarter more than the first thousand tell is the bound.
    most = n if exact else n + n // 4
    on_device = runtime.fits(most * wide * 4)
    steps = _steps(config, loaded, runtime, most, wide, leaves=leaves, in_file=False)
    in_file = not on_device and max(s.bytes for s in steps) > runtime.memory_limit
    if in_file:
        steps = _steps(config, loaded, runtime, most, wide, leaves=leaves, in_file=True)
    peak = max(s.bytes for s in steps)
    refusals = refused(config, runtime, n, peak, exact=exact, on_device=on_device)
    if runtime.device_memory:
        held = device_bytes(config, loaded, runtime, most, wide, k=most_segments(config, most))
        steps = [replace(step, device_bytes=held.get(step.name, 0)) for step in steps]
        refusals += device_refusals(held, loaded, runtime)
    return Plan(runtime, n, tuple(steps), in_file, tuple(refusals))


def most_segments(config: Config, n: int) -> int:
    """Most segments that a run over so many customers may try."""
    settings = config.clustering
    if any(settings.params(method).decides_k for method in settings.names):
        return min(n, MOST_SEGMENTS)
    return min(n, settings.k_max if settings.k == "auto" else settings.k)


def most_columns(loaded: Loaded, config: Config) -> int:
    """Most columns that the prepared matrix may have."""
    levels = config.preparation.max_levels
    return len(loaded.roles.numeric) + levels * len(loaded.roles.categorical)


def _steps(
    config: Config,
    loaded: Loaded,
    runtime: Runtime,
    n: int,
    wide: int,
    *,
    leaves: int,
    in_file: bool,
) -> list[Step]:
    ids = n * (8 if _whole_ids(loaded) else _ID_TEXT) + n * 8
    on_device = runtime.fits(n * wide * 4)
    matrix = 0 if in_file or on_device else n * wide * 4
    reduced = matrix if config.pca.components != "off" else 0
    where = f"{memory(n * wide * 4)} in a file" if in_file else "in memory"
    where = "on the GPU" if on_device else where
    raw = len(loaded.roles.numeric) + len(loaded.roles.categorical)
    # A block as it is read, as float64, as float32, and what the reader has under way.
    block = BATCH_ROWS * (raw * 8 * 6 + wide * 8) + 64 * _MIB
    # The sampler holds up to twice its size, and as much again while it sorts; then the sample.
    sample = min(n, config.preparation.sample_rows) * len(loaded.roles.numeric) * 8
    # The previous segments, where fits start from them.
    known = n * 4 if config.clustering.continue_from else 0
    held = ids + matrix + reduced + sample + known
    k = most_segments(config, n)
    steps = [
        Step("load", loaded.source.kind, ids * 2 + 64 * _MIB, f"up to {n:,} customers"),
        Step(
            "prepare", "feature plan", ids + matrix + block + 4 * sample, f"{wide} columns, {where}"
        ),
        Step("reduce", _pca_words(config), held + _chunks(wide * 3, runtime), where),
    ]
    assigning = n * 8 + leaves * wide * 8 * 4 + _chunks(wide * 3, runtime) + 64 * _MIB
    for name in config.clustering.names:
        row = algorithm(name)
        fitting = row.memory(n, wide, k, config.clustering.params(name))
        needed = assigning if leaves else fitting
        steps.append(Step("cluster", name, held + needed, row.reference))
    return steps + _after(config, runtime, n, wide, k, ids=ids, held=held, block=block, raw=raw)


def _after(
    config: Config,
    runtime: Runtime,
    n: int,
    wide: int,
    k: int,
    *,
    ids: int,
    held: int,
    block: int,
    raw: int,
) -> list[Step]:
    """Plan what comes once customers are clustered."""
    scores = config.evaluation
    distances = scores.anchors * (k + 1) * 20 * 8 + 256 * _MIB + scores.reference_rows * wide * 16
    median_rows = min(n, MEDIAN_ROWS * k) * raw * 8
    tail = held + n * 8
    return [
        Step(
            "evaluate",
            f"on {min(n, scores.anchors):,} customers",
            tail + distances + _chunks(wide * 3, runtime),
            "",
        ),
        Step("describe", "profiles", tail + block + median_rows + n * 8, ""),
        Step("save", "parquet, safetensors", tail + n * 32 + 128 * _MIB, ""),
        Step("draw", "figures, page", ids + n * 4 + _FIGURES, ""),
    ]


def _chunks(columns: int, runtime: Runtime) -> int:
    """Float64 copies of the chunk that each thread has under way."""
    return runtime.threads * CHUNK_ROWS * columns * 8


def _whole_ids(loaded: Loaded) -> bool:
    column = loaded.id_column
    return column is None or loaded.source.schema[column].is_integer()


def _pca_words(config: Config) -> str:
    components = config.pca.components
    if components == "off":
        return "off"
    return (
        f"PCA, {components} {'component' if components == 1 else 'components'}"
        if isinstance(components, int)
        else (f"PCA, {components:.0%} of variance")
    )
