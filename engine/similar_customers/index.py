"""The index of a run's customers: where it lies, when it is built, whether it is still theirs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from engine.clustering.ann_methods.library import is_installed
from engine.clustering.ann_methods.nearest_customers import NearestCustomers
from engine.data_preparation import prepare
from engine.errors import MemoryLimitError, ModelError
from engine.similar_customers.again import read_again
from engine.similar_customers.asked_run import Run
from engine.storage.outputs import writing
from engine.utilities.json_files import write_json
from engine.utilities.locks import one_at_a_time
from engine.utilities.permissions import create, make_folder
from engine.utilities.progress import Progress

_ROWS, _OWNER = "rows.npy", "owner.json"
_PARTIAL = ".partial-"
_EXACT = 32
"""Bytes a value that a search without Faiss takes: in float64, by columns, as a product's factor,
and a tree of some of them."""


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
        The index does not fit in memory, the input has moved or holds
        other customers than those of the run, or nothing can be written.

    Notes
    -----
    The rows lie in a file; in memory is one block of them and the index, which holds them again:
    4 bytes a value and 8 a customer. Without Faiss every row is looked at for each question, in
    float64. A second process that asks meanwhile waits for the first.
    """
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
    each = 4 * run.width + 8 if is_installed() else _EXACT * run.width
    needed, limit = len(run.ids) * each, run.runtime.memory_limit
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
        if is_installed():
            index = NearestCustomers.load(run.home, runtime=run.runtime)
        else:
            index = NearestCustomers.exactly(rows, runtime=run.runtime)
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
        if is_installed():
            with progress.stage("index", rows=len(rows)):
                seed = run.config.random_state
                NearestCustomers.of(rows, runtime=run.runtime, seed=seed).save(staged, who)
        del rows  # Windows renames no folder with an open file
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
    between = folder / "purchases"
    again = read_again(run, between)
    create(folder / _ROWS, run.config.output.permissions)
    rows: np.ndarray = prepare.new_matrix((len(run.ids), run.width), folder / _ROWS, run.runtime)
    for start, _, part in again.blocks():
        rows[start : start + len(part)] = part
        progress.advance(len(part))
    rows.flush()  # type: ignore[attr-defined]
    shutil.rmtree(between, ignore_errors=True)
    return rows
