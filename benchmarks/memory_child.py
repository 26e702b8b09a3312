"""One run in a fresh process, for memory.py to watch: plan, baseline, run, each told on a line."""

from __future__ import annotations

import gc
import json
import sys
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
    task = json.loads(Path(sys.argv[1]).read_text())
    for name in (*IMPORTED, *task.get("imported", ())):
        try:
            import_module(name)
        except ImportError:
            if name.startswith("engine."):
                raise
    from engine.errors import EngineError
    from engine.planning.plan import plan
    from engine.run.pipeline import segment
    from engine.utilities.progress import Progress

    class Told(Progress):
        @contextmanager
        def stage(self, name: str, **_: Any) -> Iterator[None]:
            say("stage", name)
            yield

    gc.collect()
    say("baseline", None)
    settings = task["settings"]
    planned = plan(settings)
    steps = [[s.name, s.method, s.bytes] for s in planned.steps]
    say("plan", {"peak": planned.peak, "steps": steps, "in_file": planned.in_file,
                 "limit": planned.runtime.memory_limit, "refusals": list(planned.refusals),
                 "methods": list(planned.methods), "rows": planned.n_rows})  # fmt: skip
    try:
        if task["command"] == "assign":
            from engine.model.model import load_model

            model = load_model(task["model"])
            say("stage", "assign")
            model.assign_file(task["input"], task["out"])
            done: dict[str, Any] = {}
        else:
            summary = segment(settings, progress=Told()).summary
            done = {"methods": list(summary.get("methods", ()))}
        say("done", done)
    except EngineError as error:
        say("refused", str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
