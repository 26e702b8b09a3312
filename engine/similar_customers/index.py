"""The index of a run's customers: where it lies, when it is built, whether it is still theirs."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from engine.clustering.ann_methods.library import library
from engine.clustering.ann_methods.nearest_customers import NearestCustomers
from engine.config.sections import Config
from engine.data_preparation import prepare
from engine.data_preparation.features.as_planned import as_planned
from engine.data_preparation.features.visiting import customers
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.transactions.lines import gather_customers, open_lines
from engine.errors import DataError, MemoryLimitError, ModelError
from engine.model.model import Model
from engine.places.choice import choose
from engine.places.runtime import Runtime
from engine.storage.outputs import writing
from engine.utilities.json_files import write_json
from engine.utilities.locks import one_at_a_time
from engine.utilities.permissions import check_readable, create, make_folder
from engine.utilities.progress import Progress
from engine.utilities.tables import parts_of

_ROWS, _OWNER = "rows.npy", "owner.json"
_PARTIAL = ".partial-"
_SAME = 1e-4
"""Distances to centres that differ by more than rounding, also that of a GPU, are of others."""


@dataclass(frozen=True)
class Run:
    """A run whose customers are asked about.

    Attributes
    ----------
    model : Model
    config : Config
        Of the run; ``output`` and ``compute`` as they are now.
    """

    model: Model
    config: Config

    @property
    def run_id(self) -> str:
        """The run's id."""
        return str(self.model.info["run_id"])

    @property
    def segments_file(self) -> Path:
        """Table of the customers in the order of the index; those without a segment stand last."""
        output = self.config.output
        return Path(output.reports) / output.name / self.run_id / "segments.parquet"

    @property
    def home(self) -> Path:
        """Folder of the index."""
        output = self.config.output
        return Path(output.processed) / "similar" / output.name / self.run_id

    @cached_property
    def runtime(self) -> Runtime:
        """The CPU: saved indices answer there."""
        return choose(self.config.compute.model_copy(update={"device": "cpu"}))

    @cached_property
    def ids(self) -> pl.Series:
        """Ids of the clustered customers: Int64, UInt64 or String of length n_customers."""
        return self._clustered(self.model.id_name)

    @cached_property
    def labels(self) -> np.ndarray:
        """Indices of their segments: int32 array of shape (n_customers,)."""
        numbers = self._clustered("segment").to_numpy()
        if not np.isin(numbers, self.model.numbers.public).all():
            raise self._unknown()
        return self.model.numbers.index(numbers)

    def distances(self) -> np.ndarray:
        """Their distances to the segments' centres: float32 array of shape (n_customers,)."""
        return self._clustered("distance").to_numpy()

    @property
    def width(self) -> int:
        """Columns of the space that was clustered in."""
        return int(self.model.representatives.centres.shape[1])

    def _clustered(self, column: str) -> pl.Series:
        check_readable(self.segments_file)
        try:
            table = pl.scan_parquet(parts_of(self.segments_file), glob=False)
            return table.filter(pl.col("segment").is_not_null()).select(column).collect()[column]
        except (OSError, pl.exceptions.PolarsError):
            raise self._unknown() from None

    def _unknown(self) -> DataError:
        message = (
            f"{self.segments_file} is missing or damaged, so the customers of run {self.run_id} "
            "are not known any more; run the engine again."
        )
        return DataError(message)


def open_index(run: Run, progress: Progress) -> tuple[NearestCustomers, np.ndarray]:
    """Open the index of a run, built first where there is none.

    Parameters
    ----------
    run : Run
    progress : Progress

    Returns
    -------
    index : NearestCustomers
    rows : float32 array of shape (n_customers, n_components), memory-mapped
        The customers where they were clustered, in the order of ``run.ids``.

    Raises
    ------
    EngineError
        Faiss is not installed, the index does not fit in memory, the input has moved or holds
        other customers than those of the run, or nothing can be written.

    Notes
    -----
    The rows lie in a file; in memory is one block of them and the index, which holds them again:
    4 bytes a value and 8 a customer. A second process that asks meanwhile waits for the first.
    """
    library()
    _check_memory(run)
    if (found := _kept(run)) is not None:
        return found
    shelf = run.home.parent
    with writing(shelf):
        shelf.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(shelf):
            if (found := _kept(run)) is None:
                _build(run, progress)
                found = _kept(run)
    if found is None:
        message = f"{run.home} cannot be read back; look for errors of the disk it lies on."
        raise ModelError(message)
    return found


def _check_memory(run: Run) -> None:
    needed, limit = len(run.ids) * (4 * run.width + 8), run.runtime.memory_limit
    if needed > limit:
        message = (
            f"the index of {len(run.ids):,} customers takes {needed / 2**30:.1f} GiB of memory and "
            f"{limit / 2**30:.1f} GiB may be taken; raise compute.memory_limit or use a machine "
            "with more."
        )
        raise MemoryLimitError(message)


def _kept(run: Run) -> tuple[NearestCustomers, np.ndarray] | None:
    """Open what an earlier question left; None where nothing is, or it is damaged."""
    try:
        rows = np.load(run.home / _ROWS, mmap_mode="r")
        index = NearestCustomers.load(run.home, runtime=run.runtime)
    except (OSError, EOFError, ValueError, ModelError):
        return None
    known = rows.shape == (len(run.ids), run.width) and rows.dtype == np.float32
    whole = known and len(index.index) == len(rows) and index.index.width == run.width
    return (index, rows) if whole else None


def _build(run: Run, progress: Progress) -> None:
    """Build under a hidden name, which becomes the run's id when all is there."""
    shelf = run.home.parent
    for dead in shelf.glob(f"{_PARTIAL}*"):  # the lock is ours, so nobody is at work on it
        shutil.rmtree(dead, ignore_errors=True)
    staged, who = shelf / f"{_PARTIAL}{run.run_id}", run.config.output.permissions
    make_folder(staged, who)
    try:
        with progress.stage("read customers", rows=len(run.ids), total=len(run.ids)):
            rows = _space(run, staged, progress)
        with progress.stage("index", rows=len(rows)):
            seed = run.config.random_state
            NearestCustomers.of(rows, runtime=run.runtime, seed=seed).save(staged, who)
        owner = {"model": str((Path(run.config.output.models) / run.config.output.name).resolve())}
        write_json(staged / _OWNER, owner)
        shutil.rmtree(run.home, ignore_errors=True)
        staged.rename(run.home)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    _prune(shelf)


def _prune(shelf: Path) -> None:
    """Remove the indices of runs that are gone."""
    for file in shelf.glob(f"*/{_OWNER}"):
        try:
            model = Path(json.loads(file.read_text(encoding="utf-8"))["model"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if not (model / file.parent.name).is_dir():
            shutil.rmtree(file.parent, ignore_errors=True)


def _space(run: Run, folder: Path, progress: Progress) -> np.ndarray:
    """Read the run's customers again, and put them where they were clustered."""
    model, between = run.model, folder / "purchases"
    config, loaded = _loaded(run, between, progress)
    model.check_columns(list(loaded.source.schema), loaded.source.label)
    identity = prepare.identify(loaded, config)
    if identity.ids.dtype != run.ids.dtype or not identity.ids.equals(run.ids):
        raise _others(run)
    create(folder / _ROWS, config.output.permissions)
    rows: np.ndarray = prepare.new_matrix((len(run.ids), run.width), folder / _ROWS, run.runtime)
    known, source = run.distances(), as_planned(loaded.source, model.plan)
    for start, block in customers(source, identity, model.plan.columns, run.runtime):
        part = model.plan.transform(block)
        if model.pca is not None:
            part = model.pca.transform(part)
        here = slice(start, start + len(part))
        rows[here] = part
        found = model.representatives.distances(part, run.labels[here], runtime=run.runtime)
        if not np.allclose(found, known[here], rtol=_SAME, atol=_SAME):
            raise _others(run)
        progress.advance(len(part))
    rows.flush()  # type: ignore[attr-defined]
    shutil.rmtree(between, ignore_errors=True)
    return rows


def _loaded(run: Run, folder: Path, progress: Progress) -> tuple[Config, Loaded]:
    """Open the input of the run; transactions become customers as they did."""
    config = run.config
    if config.input.kind != "transactions":
        return config, prepare.load(config)
    make_folder(folder)
    leading = run.model.info["transactions"]["leading_categories"]
    lines = open_lines(config.input)
    # Its own progress: lines are not the customers that are counted here.
    gathered, purchases = gather_customers(lines, config, folder, Progress(), leading)
    return gathered, prepare.load(gathered, purchases)


def _others(run: Run) -> DataError:
    message = (
        f"{run.config.input.path} has changed since run {run.run_id}: its customers are not those "
        "that were segmented; run the engine on it again, or say where those of the run are "
        "(input.path)."
    )
    return DataError(message)
