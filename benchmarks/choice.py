"""How often ``k: auto`` finds the number of segments that customers were drawn from.

    python benchmarks/choice.py [--seeds 10] [--customers 20000] [--methods kmeans]

Each seed draws other customers of the same eight kinds (``engine generate``); then clouds without
groups, which should have no structure. Prints one JSON line a run and the counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from machine import describe  # noqa: E402

import engine  # noqa: E402
from engine.data_preparation.generator import generate  # noqa: E402

KINDS = 8


def chosen(path: Path, folder: Path, method: str, **sections: Any) -> dict[str, Any]:
    """Run with ``k: auto``; what was chosen, and whether there is structure."""
    tree = {
        "input": {"path": str(path)},
        "clustering": {"methods": [method]},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
        **sections,
    }
    summary = engine.segment(tree).summary
    scores = summary["methods"][method]
    clear = not any(w.startswith("no clear structure") for w in summary["warnings"])
    return {"k": scores["k"], "silhouette": scores["silhouette"]["value"], "structure": clear}


def main() -> None:
    """Count over seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--methods", nargs="+", default=["kmeans"])
    args = parser.parse_args()
    print(json.dumps(describe()), flush=True)
    for method in args.methods:
        found = flat = 0
        for seed in range(args.seeds):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                generate(folder / "groups.parquet", customers=args.customers, seed=100 + seed)
                told = chosen(folder / "groups.parquet", folder / "a", method)
                rng = np.random.default_rng(seed)
                cloud = rng.standard_normal((args.customers, 4)) * [3.0, 2.0, 1.0, 1.0]
                table = {f"x{j}": column for j, column in enumerate(cloud.T)}
                ids = {"customer_id": range(args.customers)}
                pl.DataFrame(ids | table).write_parquet(folder / "cloud.parquet")
                raw = {"preparation": {"scaling": "none"}}
                none = chosen(folder / "cloud.parquet", folder / "b", method, **raw)
            found += told["k"] == KINDS
            flat += not none["structure"]
            print(json.dumps({"method": method, "seed": seed, "groups": told, "cloud": none}))
            sys.stdout.flush()
        print(f"{method}: {KINDS} segments found in {found} of {args.seeds}; ", end="")
        print(f"clouds without structure, said so: {flat} of {args.seeds}", flush=True)


if __name__ == "__main__":
    main()
