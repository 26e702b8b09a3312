"""What lives as long as the results of runs of this process: tables in memory, folders."""

from __future__ import annotations

from weakref import WeakValueDictionary

from engine.config.everywhere import AS_FILE, IN_MEMORY
from engine.config.sections import Config
from engine.utilities.scratch import KeptFolder

_TABLES: WeakValueDictionary[str, KeptFolder] = WeakValueDictionary()
_RESULTS: WeakValueDictionary[str, KeptFolder] = WeakValueDictionary()


def remember(run_id: str, table: KeptFolder | None, kept: KeptFolder | None) -> None:
    """Know what a run was given and where its results lie, as long as somebody holds them.

    Parameters
    ----------
    run_id : str
    table : KeptFolder or None
        Where the table in memory lies that it was given.
    kept : KeptFolder or None
        Where its results lie, of a run that leaves no files.
    """
    for known, folder in ((_TABLES, table), (_RESULTS, kept)):
        if folder is not None:
            known[run_id] = folder


def remembered(run_id: str) -> tuple[KeptFolder | None, KeptFolder | None]:
    """Give the folders of a run, as :func:`remember` was told."""
    return _TABLES.get(run_id), _RESULTS.get(run_id)


def with_table(config: Config, run_id: str) -> Config:
    """Let a run's configuration say where the table in memory lies now that it was given.

    Where it is gone, or was no table, the configuration stays as it is.
    """
    table = _TABLES.get(run_id)
    if config.input.path != IN_MEMORY or table is None or not (table.folder / AS_FILE).is_file():
        return config
    there = config.input.model_copy(update={"path": str(table.folder / AS_FILE)})
    return config.model_copy(update={"input": there})
