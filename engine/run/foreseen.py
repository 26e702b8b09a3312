"""What a run on workers looks at before it starts: the plan, and the folders that they share."""

from __future__ import annotations

from engine.cluster.expecting import expected, may_take_gpus
from engine.cluster.runtime import ClusterRuntime
from engine.config.sections import Config
from engine.data_preparation import prepare
from engine.data_preparation.transactions.lines import Lines, open_lines
from engine.places.runtime import Runtime
from engine.planning.customers import check, make_plan
from engine.planning.lines import plan_lines
from engine.storage.outputs import RunFolders, writing
from engine.utilities.permissions import make_folder


def check_before_starting(config: Config, leaves: int = 0) -> None:
    """Refuse a run whose plan refuses it before workers are started for it.

    Only of workers without GPUs: what those have is known once they are there.

    Parameters
    ----------
    config : Config
    leaves : int
        Of the tree that is cut in place of fitting.

    Raises
    ------
    EngineError
        As of :func:`engine.planning.customers.check`; or files or place are wrong.

    Notes
    -----
    Opens the files once more than the run does: headers and a few rows.
    """
    if config.compute.cluster != "local" or may_take_gpus(config.compute):
        return
    with expected(config.compute) as runtime:
        if config.input.kind == "transactions":
            check(plan_lines(config, open_lines(config.input), runtime), runtime)
        else:
            check(make_plan(config, prepare.load(config), runtime, leaves=leaves), runtime)


def check_lines_seen(runtime: Runtime, folders: RunFolders, lines: Lines) -> None:
    """Refuse transactions whose files, table or folders a worker does not see.

    Raises
    ------
    EngineError
        Names the worker, the path and the remedy; or a folder cannot be made.
    """
    if not isinstance(runtime, ClusterRuntime):
        return
    between, customers = folders.scratch, lines.table.files if lines.table else ()
    with writing(between):
        for folder in (between, between / "purchases"):
            make_folder(folder, folders.settings.permissions)
    runtime.check_seen([*lines.source.files, *customers], [folders.reports, between])
