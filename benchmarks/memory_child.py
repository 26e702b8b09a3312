"""Runs in processes of their own, for memory.py to watch: plan, baseline, run, told line by line.

This process imports what runs import and does nothing else; each line names a task, for which it
forks. So each run begins as a new process does, without the seconds that imports take.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

IMPORTED = (
    "engine.run.pipeline", "engine.run.reporting", "engine.planning.plan", "engine.model.model",
    "engine.data_preparation.transactions.lines", "engine.visualization.charts.figures",
    "engine.visualization.page.report", "sklearn.cluster", "sklearn.neighbors",
    "scipy.sparse.linalg",
    "scipy.cluster.hierarchy", "engine.similar_customers.answers",
    *(f"engine.clustering.{m}.fit" for m in ("agglomerative", "ann_methods", "pca_methods")),
    *(f"engine.clustering.spectral.{m}" for m in ("landmarks", "exact", "eigen")),
    "engine.clustering.kmeans.lloyd",
)  # fmt: skip
"""What a run imports, at the latest while it is under way; a library that lacks is left out."""


def say(what: str, told: Any) -> None:
    """Print a line for the process that watches, and wait until it has been seen."""
    print(json.dumps([what, told]), flush=True)
    sys.stdin.readline()


def main() -> int:
    for name in IMPORTED:
        try:
            import_module(name)
        except ImportError:
            if name.startswith("engine."):
                raise
    gc.collect()
    while line := sys.stdin.readline():
        child = os.fork()
        if not child:
            sys.stderr = Path(line.strip()).with_suffix(".err").open("w")
            os.dup2(sys.stderr.fileno(), 2)
            try:
                run(json.loads(Path(line.strip()).read_text()))
            finally:
                sys.stderr.flush()
                sys.stdout.flush()
                os._exit(0)
        _, status = os.waitpid(child, 0)
        print(json.dumps(["ended", os.waitstatus_to_exitcode(status)]), flush=True)
    return 0


def run(task: dict[str, Any]) -> None:
    """Plan and run one task."""
    from engine.errors import EngineError
    from engine.planning.plan import plan
    from engine.run.asked import segment
    from engine.utilities.progress import Progress

    class Told(Progress):
        @contextmanager
        def stage(self, name: str, **_: Any) -> Iterator[None]:
            say("stage", name)
            yield

    say("baseline", os.getpid())
    settings = task["settings"]
    try:
        planned = plan(settings)
        steps = [[s.name, s.method, s.bytes] for s in planned.steps]
        say("plan", {"peak": planned.peak, "steps": steps, "in_file": planned.in_file,
                     "limit": planned.runtime.memory_limit, "refusals": list(planned.refusals),
                     "methods": list(planned.methods), "rows": planned.n_rows})  # fmt: skip
        if task["command"] == "assign":
            from engine.model.model import load_model

            model = load_model(task["model"])
            say("stage", "assign")
            model.assign_file(task["input"], task["out"])
        elif task["command"] == "run":
            segment(settings, progress=Told())
        say("done", None)
    except EngineError as error:
        say("refused", str(error))
    except BaseException:
        traceback.print_exc()
        raise


if __name__ == "__main__":
    sys.exit(main())
