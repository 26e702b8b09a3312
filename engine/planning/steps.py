"""What a run would do: step, place, method, bytes and refusals, from headers and a few rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.clustering.algorithm import algorithm
from engine.config.sections import Config
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.reading.blocks import FRUGAL_BYTES, row_bytes
from engine.data_preparation.reading.most_rows import most_rows
from engine.delivery.reaching import Looked
from engine.descriptive_stats.gathering import MEDIAN_ROWS
from engine.places.runtime import Runtime
from engine.planning import held
from engine.planning.device import device_bytes, device_refusals
from engine.planning.refusals import MOST_SEGMENTS, refused
from engine.utilities.tables import ROW_GROUP_ROWS
from engine.visualization.readable import memory

FIGURES, _FIGURES_ALONE = 104 * held.MIB, 80 * held.MIB
"""Figures at 150 dpi, one after the other, and the page; without what earlier steps leave."""


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
    worker_bytes : int
        Upper bound of what a worker of a cluster holds at the step's peak, on its disk too where
        its memory is short; 0 without one. ``bytes`` is then what this process holds.
    """

    name: str
    method: str
    bytes: int
    note: str
    device_bytes: int = 0
    worker_bytes: int = 0


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
    pieces : int
        Tasks that each pass over the rows has on a cluster; 0 without one.
    on_disk : int
        Bytes that the fullest worker has no room for in memory: they lie on its disk.
    seconds : float
        About how long the run takes on the cluster; 0 without one.
    targets : tuple of Looked
        Of ``output.segments``: why nothing can be written there, where that is known already.
    """

    runtime: Runtime
    n_rows: int
    steps: tuple[Step, ...]
    in_file: bool
    refusals: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    pieces: int = 0
    on_disk: int = 0
    seconds: float = 0.0
    targets: tuple[Looked, ...] = ()

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

    @property
    def worker_peak(self) -> int:
        """Upper bound of what a worker holds at any time, on its disk too; 0 without a cluster."""
        return max(step.worker_bytes for step in self.steps)


def plan_here(
    config: Config,
    loaded: Loaded,
    runtime: Runtime,
    *,
    n_rows: int = 0,
    n_columns: int = 0,
    leaves: int = 0,
) -> Plan:
    """Plan for this machine and the methods that are named."""
    n = n_rows or loaded.source.estimate_rows()
    exact = bool(n_rows) or loaded.source.typed
    wide = n_columns or most_columns(loaded, config)
    most = n if exact else most_rows(loaded.source, n)
    on_device = runtime.fits(most * wide * 4)
    steps = _steps(config, loaded, runtime, most, wide, leaves=leaves, in_file=False)
    # A run that was planned short stays so once its rows and columns are known.
    short = runtime.frugal or max(s.bytes for s in steps) > runtime.memory_limit
    in_file = short and not on_device
    if in_file:
        loaded, runtime = frugal(loaded, runtime)
        steps = _steps(config, loaded, runtime, most, wide, leaves=leaves, in_file=True)
    peak = max(s.bytes for s in steps)
    refusals = refused(config, runtime, n, peak, exact=exact, on_device=on_device)
    if runtime.device_memory:
        held = device_bytes(config, loaded, runtime, most, wide, k=most_segments(config, most))
        steps = [replace(step, device_bytes=held.get(step.name, 0)) for step in steps]
        refusals += device_refusals(held, loaded, runtime)
    return Plan(runtime, n, tuple(steps), in_file, tuple(refusals))


def frugal(loaded: Loaded, runtime: Runtime) -> tuple[Loaded, Runtime]:
    """Give the same with small blocks and one thread: slower, the same segments, least memory."""
    source = replace(loaded.source, block_bytes=FRUGAL_BYTES)
    return replace(loaded, source=source), replace(runtime, threads=1, frugal=True)


def most_segments(config: Config, n: int) -> int:
    """Most segments that a run over so many customers may try."""
    settings = config.clustering
    if any(settings.params(method).decides_k for method in settings.names):
        return min(n, MOST_SEGMENTS)
    return min(n, max(settings.tried))


def most_columns(loaded: Loaded, config: Config) -> int:
    """Most columns that the prepared matrix may have."""
    return held.most_columns(loaded, config.preparation.max_levels)


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
    ids, reading_ids = _ids(loaded, n)
    on_device = runtime.fits(n * wide * 4)
    matrix = 0 if in_file or on_device else n * wide * 4
    reduced = matrix if config.pca.components != "off" else 0
    where = f"{memory(n * wide * 4)} in a file" if in_file else "in memory"
    where = where if not on_device else "on the GPU"
    raw = len(loaded.roles.numeric) + len(config.features.describe)
    columns = [*loaded.roles.numeric, *loaded.roles.categorical, *loaded.roles.lists]
    columns += config.features.describe
    blocks = held.reading(loaded, columns, n)
    size = config.preparation.sample_rows
    sample = min(n, size) * raw * 8
    learning = held.learning(raw, n, size)
    # Each prepared column as float64 and float32, twice.
    preparing = matrix + sample + blocks.rows * wide * 16
    # The previous segments, where fits start from them.
    known = n * 4 if config.clustering.continue_from else 0
    prepared = ids + matrix + sample + known + blocks.held + wide * held.COLUMN
    k = most_segments(config, n)
    first = (
        wide * held.EXPRESSIONS
        + ids
        + blocks.held
        + blocks.block
        + max(learning, preparing)
        + 16 * held.MIB
    )
    kept = prepared + reduced
    reducing = held.chunks(wide * 2, n, runtime) + held.squares(wide, n, runtime) + 16 * held.MIB
    steps = [
        Step("load", loaded.source.kind, reading_ids, f"up to {n:,} customers"),
        Step("prepare", "feature plan", first, f"{wide} columns, {where}"),
        Step("reduce", pca_words(config), kept + reducing, where),
    ]
    steps += _clustering(config, runtime, n, wide, k, kept=kept, leaves=leaves)
    steps += _after(config, runtime, n, wide, k, kept=kept, blocks=blocks, raw=raw, size=ids // n)
    return with_others(steps, config.clustering.several, n, kept)


def with_others(steps: list[Step], several: tuple[int, ...], n: int, kept: int) -> list[Step]:
    """Add the step of other numbers of segments, before what is saved, where some are listed.

    While one is scored and described, what fits them and the labels of all are held.
    """
    if not several:
        return steps
    fits = max(s.bytes for s in steps if s.name == "cluster")
    after = max(s.bytes for s in steps if s.name in ("evaluate", "describe")) - kept
    there = max(s.worker_bytes for s in steps)
    numbers = ", ".join(map(str, several))
    step = Step("what if", numbers, fits + after + 4 * n * len(several), "", worker_bytes=there)
    place = next(i for i, s in enumerate(steps) if s.name == "save")
    return [*steps[:place], step, *steps[place:]]


def _clustering(
    config: Config, runtime: Runtime, n: int, wide: int, k: int, *, kept: int, leaves: int
) -> list[Step]:
    """Plan the methods; where a tree is cut again, customers are assigned to its leaves."""
    passing = held.chunks(wide * 3, n, runtime)
    assigning = n * 8 + leaves * wide * 8 * 4 + passing + 64 * held.MIB
    steps = []
    for name in config.clustering.names:
        row = algorithm(name)
        fitting = row.memory(n, wide, k, config.clustering.params(name))
        needed = assigning if leaves else fitting
        steps.append(Step("cluster", name, kept + needed, row.reference))
    return steps


def _after(
    config: Config,
    runtime: Runtime,
    n: int,
    wide: int,
    k: int,
    *,
    kept: int,
    blocks: held.Reading,
    raw: int,
    size: int,
) -> list[Step]:
    """Plan what comes once customers are clustered."""
    scores = config.evaluation
    reference = min(n, scores.reference_rows) * wide * 8
    distances = min(n, scores.anchors) * (k + 1) * 20 * 8 + runtime.threads * 32 * held.MIB
    tail = kept + n * 8
    # As float64; then what is summed of each chunk.
    copies = blocks.rows * raw * 8
    summed = held.passing(raw * 4 + k, blocks.rows, n, runtime) + raw * held.EXPRESSIONS * 7 // 8
    medians = min(n, MEDIAN_ROWS * k) * raw * 8
    # Rows on their way to the file, with their ids; numbers and names of segments.
    each, known = (80, 24) if runtime.frugal else (144, 40)
    written = min(n, ROW_GROUP_ROWS) * (each + size) + n * known
    figures = _FIGURES_ALONE if runtime.frugal else FIGURES
    # Of what large blocks left a part has gone by then.
    last = tail + copies - max(0, blocks.held // 4 - 32 * held.MIB)
    evaluating = distances + reference + held.chunks(wide * 2, n, runtime)
    return [
        Step("evaluate", f"on {min(n, scores.anchors):,} customers", tail + evaluating, ""),
        Step("describe", "profiles", tail + copies + summed + medians + n * 8, ""),
        Step("save", "parquet, safetensors", last + written + 32 * held.MIB, ""),
        Step("draw", "figures, page", last + figures, ""),
    ]


def _ids(loaded: Loaded, n: int) -> tuple[int, int]:
    """Give the bytes of the ids with their priorities, and what it takes to read them."""
    column = loaded.id_column
    size = 8.0 if column is None else row_bytes(loaded.source, [column])
    kept = int(n * (size + 8))
    if column is None or loaded.source.schema[column].is_integer():
        return kept, int(n * size) * 3 + kept + held.reading(
            loaded, [column] if column else [], n
        ).held
    # Their forms, told apart by hash, beside them; once all are read, with what blocks left.
    blocks = held.reading(loaded, [column], n).held
    return kept, kept + max(blocks, int(n * (size + 64)) + blocks * 2 // 3)


def pca_words(config: Config) -> str:
    """Say what becomes of the prepared columns."""
    components = config.pca.components
    if components == "off":
        return "off"
    return (
        f"PCA, {components} {'component' if components == 1 else 'components'}"
        if isinstance(components, int)
        else (f"PCA, {components:.0%} of variance")
    )
