"""A file on its way into a run, in this process: planned, opened, read, and prepared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.transactions.lines import gather_customers, open_lines
from engine.places.choice import choose
from engine.planning.plan import plan
from engine.utilities.progress import Progress
from engine.utilities.scratch import scratch_folder

CUSTOMERS, TRANSACTIONS = "customers", "transactions"


def take_in(path: Path | str, kind: str = CUSTOMERS, **read: Any) -> int:
    """Do what ``engine plan`` and a run do with files until customers are clustered.

    Returns
    -------
    customers : int
    """
    config = load_config({"input": {"path": str(path), "kind": kind, "read": read}})
    plan(config)
    progress, runtime = Progress(), choose(config.compute)
    if kind == CUSTOMERS:
        return _prepared(config, progress, runtime)
    with scratch_folder("engine-campaign") as folder:
        lines = open_lines(config.input)
        config, purchases = gather_customers(lines, config, folder, progress)
        return _prepared(config, progress, runtime, purchases)


def _prepared(config: Any, progress: Progress, runtime: Any, purchases: Any = None) -> int:
    loaded = prepare.load(config, purchases)
    identity = prepare.identify(loaded, config, progress)
    found, _, fitted, _ = prepare.learn(loaded, identity, config, runtime, progress)
    matrix = prepare.build_matrix(
        found.source, identity, fitted, file=None, runtime=runtime, progress=progress
    )
    return len(matrix)
