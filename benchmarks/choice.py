"""How often ``k: auto`` finds the number of segments that customers were drawn from.

    python benchmarks/choice.py [--seeds 10] [--customers 20000] [--methods kmeans]

Each seed draws other customers of the same eight kinds (``engine generate``); then three to seven
round groups at unequal distances, the nearest two 7 to 12 standard deviations apart; then clouds
without groups, which should have no structure. Prints one JSON line a run and the counts.
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
from engine.data_preparation.generators.customers import generate  # noqa: E402

KINDS = 8


def chosen(path: Path, folder: Path, method: str, **sections: Any) -> dict[str, Any]:
    """Run with ``k: auto``; what was chosen, and whether there is structure."""
    tree = {
        "input": {"path": str(path)},
        "clustering": {"methods": [method]},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
        **sections,
    }
    summary = engine.segment(tree).summary
    scores = summary["methods"][method]
    clear = not any(w.startswith("no clear structure") for w in summary["warnings"])
    return {"k": scores["k"], "silhouette": scores["silhouette"]["value"], "structure": clear}


def unequal(rows: int, seed: int) -> tuple[np.ndarray, int]:
    """Draw round groups of which two are near each other, and others may be far away."""
    rng = np.random.default_rng(seed)
    columns, k = int(rng.choice([2, 3, 5, 8])), int(rng.integers(3, 8))
    while True:
        centres = rng.uniform(0, 40, (k, columns))
        pairs = np.linalg.norm(centres[:, None] - centres, axis=2)[np.triu_indices(k, 1)]
        if 7 < pairs.min() < 12:
            break
    return centres[rng.integers(0, k, rows)] + rng.standard_normal((rows, columns)), k


def cloud(rows: int, seed: int) -> np.ndarray:
    """Draw one Gaussian, longer one way than another."""
    drawn: np.ndarray = np.random.default_rng(seed).standard_normal((rows, 4)) * [3, 2, 1, 1]
    return drawn


def write(x: np.ndarray, path: Path) -> Path:
    """Write rows as customers."""
    table = {f"x{j}": column for j, column in enumerate(x.T)}
    pl.DataFrame({"customer_id": range(len(x))} | table).write_parquet(path)
    return path


def one_seed(method: str, customers: int, seed: int, folder: Path) -> dict[str, Any]:
    """Choose for the three kinds of customers of a seed."""
    generate(folder / "groups.parquet", customers=customers, seed=100 + seed)
    x, k = unequal(customers, seed)
    raw = {"preparation": {"scaling": "none", "skew": "off", "outliers": "off"}}
    near = write(x, folder / "near.parquet")
    alone = write(cloud(customers, seed), folder / "cloud.parquet")
    return {
        "method": method,
        "seed": seed,
        "groups": chosen(folder / "groups.parquet", folder / "a", method),
        "near": {"of": k, **chosen(near, folder / "b", method, **raw)},
        "cloud": chosen(alone, folder / "c", method, **raw),
    }


def main() -> None:
    """Count over seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--methods", nargs="+", default=["kmeans"])
    args = parser.parse_args()
    print(json.dumps(describe()), flush=True)
    for method in args.methods:
        told = []
        for seed in range(args.seeds):
            with tempfile.TemporaryDirectory() as name:
                told.append(one_seed(method, args.customers, seed, Path(name)))
            print(json.dumps(told[-1]), flush=True)
        groups = sum(t["groups"]["k"] == KINDS for t in told)
        near = sum(t["near"]["k"] == t["near"]["of"] for t in told)
        flat = sum(not t["cloud"]["structure"] for t in told)
        print(
            f"{method}, of {args.seeds}: {KINDS} generated segments found in {groups}; groups near "
            f"each other in {near}; clouds without structure, said so: {flat}",
            flush=True,
        )


if __name__ == "__main__":
    main()
