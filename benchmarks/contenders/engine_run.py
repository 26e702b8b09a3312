"""The engine, run as its users run it from Python: one call of ``engine.segment``.

Run by benchmarks/run.py as ``python engine_run.py TASK.json``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    import engine

    task = json.loads(Path(sys.argv[1]).read_text())
    out = Path(task["out"])
    result = engine.segment(
        {
            "input": {"path": task["input"], "id": task["id"]},
            "features": {"include": task["features"]},
            "pca": {"components": 0.9},
            "clustering": {"methods": ["kmeans"], "k": task["k"]},
            "output": {
                "models": str(out / "models"),
                "reports": str(out / "reports"),
                "name": "bench",
            },
            "random_state": task["seed"],
            "compute": task.get("compute", {}),
        }
    )
    summary = result.summary
    written = {
        "labels": str(out / "reports" / "bench" / "latest" / "segments.parquet"),
        "silhouette": summary["methods"]["kmeans"]["silhouette"]["value"],
        "n_components": summary["n_components"],
        "stages": summary["stages"],
        "cluster": summary.get("cluster"),
    }
    (out / "result.json").write_text(json.dumps(written))


if __name__ == "__main__":
    main()
