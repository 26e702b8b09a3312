"""Our methods beside scikit-learn's on a suite of shapes, and what ``k: auto`` shows of each.

    python benchmarks/suite.py [--sets wut/circles ...] [--seeds 1] [--auto-only]
        [--output benchmarks/results/suite.jsonl] [--table benchmarks/results/suite.md]

At the true number of groups: the best adjusted Rand index (ARI) of our estimators, of those of
``sklearn.cluster`` that take a number, and of ``GaussianMixture``, which knows oblong groups that
cross. Then a run with all methods and ``k: auto``: the number of groups found, the method shown and
its ARI. Rows of noise are clustered, but not scored. Sets of nothing should be
called that, or a division.

The sets are made anew from descriptions of those of clustering-data-v1 (``shape_sets/``), or
shipped with scikit-learn. Coordinates are taken as they are, without scaling. ``clustering.k_max``
is the default, or a quarter more than there are groups, where that is more;
``clustering.smallest_segment`` half of an even share, where that is less.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from machine import describe  # noqa: E402
from shape_sets.table import NOTHING, SETS, rows_of  # noqa: E402

Record = dict[str, Any]
Cut = Callable[[np.ndarray, int, int], np.ndarray]
"""``cut(x, k, seed)``: labels."""

LINKAGES = ("ward", "complete", "average", "single")
RAW = {"scaling": "none", "skew": "off", "outliers": "off"}
K_MAX, SMALLEST = 10, 0.02
"""The defaults."""

WORSE = 0.02
"""ARI by which ours may stay below scikit-learn's."""

NO_GROUPS = ("none", "division")
"""Words of the verdict that say that customers form no groups."""

MOST = 50
"""Groups up to which ``k: auto`` is asked: nobody holds more in mind."""

RBF_ROWS = 5_000
"""Rows up to which the dense affinity of scikit-learn's default is tried."""


def ours(rows: int) -> dict[str, Cut]:
    """Give our estimators by name: those that so many rows allow."""
    from engine import clustering as c

    def cut(make: Any, **settings: Any) -> Cut:
        return lambda x, k, seed: make(k, random_state=seed, **settings).fit_predict(x)

    trees = {f"agglomerative {link}": cut(_tree(c), linkage=link) for link in LINKAGES}
    found = {
        "kmeans": cut(c.KMeans),
        **trees,
        "spectral": cut(c.SpectralClustering),
        "ann_methods": cut(c.ANNClustering),
        "pca_methods": cut(c.PCAClustering),
    }
    if rows <= RBF_ROWS:
        found["spectral rbf"] = cut(c.SpectralClustering, affinity="rbf")
    return found


def _tree(c: Any) -> Any:
    """Give the tree's estimator, which draws nothing, with a seed to ignore."""
    return lambda k, random_state, **settings: c.AgglomerativeClustering(k, **settings)


def peers(rows: int) -> dict[str, Cut]:
    """Give scikit-learn's by name: those that so many rows allow."""
    from sklearn import cluster as c

    def cut(make: Any, **settings: Any) -> Cut:
        return lambda x, k, seed: make(k, random_state=seed, **settings).fit_predict(x)

    found = {
        "KMeans": cut(c.KMeans, n_init=10),
        **{f"Agglomerative {link}": cut(_tree(c), linkage=link) for link in LINKAGES},
        "Spectral neighbours": cut(c.SpectralClustering, affinity="nearest_neighbors"),
        "Birch": lambda x, k, _: c.Birch(n_clusters=k, threshold=_tenth(x)).fit_predict(x),
    }
    if rows <= RBF_ROWS:
        found["Spectral rbf"] = cut(c.SpectralClustering)
    return found


def _tenth(x: np.ndarray) -> float:
    """Birch's threshold: a tenth of the spread of the rows."""
    return float(np.sqrt(x.var(axis=0).sum())) / 10


def mixture() -> dict[str, Cut]:
    """Give what ``sklearn.cluster`` has not: Gaussians of any shape."""
    from sklearn.mixture import GaussianMixture

    return {
        "GaussianMixture": lambda x, k, seed: GaussianMixture(
            k, n_init=5, random_state=seed
        ).fit_predict(x)
    }


def best(cuts: Mapping[str, Cut], x: np.ndarray, group: np.ndarray, k: int, seed: int) -> Record:
    """Give every method's agreement with the groups, and which has most; of equals the first."""
    found: dict[str, float | None] = {}
    for name, cut in cuts.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # graphs in pieces, mixtures that do not converge
                found[name] = agreement(group, cut(x, k, seed))
        except ValueError:  # an affinity that underflows to nothing
            found[name] = None
    first = max(found, key=lambda name: -1.0 if (value := found[name]) is None else value)
    return {"best": first, "ari": found[first], "all": found}


def agreement(group: np.ndarray, labels: np.ndarray) -> float:
    """Measure the adjusted Rand index over the rows that are not noise."""
    from sklearn.metrics import adjusted_rand_score

    real = group >= 0
    return round(float(adjusted_rand_score(group[real], labels[real])), 4)


def shown(x: np.ndarray, group: np.ndarray, seed: int) -> Record:
    """Run with all methods and ``k: auto``: what a person is shown."""
    import engine

    k = int(group.max()) + 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        columns = {f"x{j}": column for j, column in enumerate(x.T)}
        table = pl.DataFrame({"customer_id": range(len(x))} | columns)
        table.write_parquet(folder / "rows.parquet")
        tree = {
            "input": {"path": str(folder / "rows.parquet")},
            "preparation": RAW,
            "clustering": {
                "methods": ["all"],
                "k_max": max(K_MAX, round(1.25 * k)),
                "smallest_segment": min(SMALLEST, 0.5 / k),
            },
            "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
            "random_state": seed,
        }
        result = engine.segment(tree)
        found = result.segments.sort("customer_id")["segment"].to_numpy()
    summary = result.summary
    of = {name: method["k"] for name, method in summary["methods"].items()}
    return {
        "method": summary["best"],
        "k": of[summary["best"]],
        "ari": agreement(group, found),
        "structure": summary["structure"]["word"],
        "k_of": of,
        "rule": summary["best_rule"],
    }


def one(name: str, seed: int, *, auto_only: bool) -> Record:
    """Measure one set."""
    x, group = rows_of(name, seed)
    k = int(group.max()) + 1
    record: Record = {"set": name, "seed": seed, "rows": len(x), "k": k}
    if name in SETS and not auto_only:
        record["ours"] = best(ours(len(x)), x, group, k, seed)
        record["peers"] = best(peers(len(x)), x, group, k, seed)
        record["mixture"] = best(mixture(), x, group, k, seed)
    return record | ({"auto": shown(x, group, seed)} if k <= MOST else {})


def table(records: Iterable[Record]) -> str:
    """Write the records as a table in Markdown, with the counts under it."""
    order = [*SETS, *NOTHING]
    rows = sorted(records, key=lambda r: (order.index(r["set"]), r["seed"]))
    full = [r for r in rows if "ours" in r]
    lines = [
        "| set | rows | groups | ours, at that number | scikit-learn's | its mixture "
        "| `k: auto` shows | of | structure | ARI |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(r) for r in rows]
    known = [r for r in rows if r["set"] in SETS and "auto" in r]
    nothing = [r for r in rows if r["set"] in NOTHING]
    worse = [r["set"] for r in full if r["ours"]["ari"] < r["peers"]["ari"] - WORSE]
    numbers = sum(r["auto"]["k"] == r["k"] for r in known)
    total = f"of {len(known)} sets; mean ARI of what is shown"
    mean = np.mean([r["auto"]["ari"] for r in known]) if known else np.nan
    quiet = sum(r["auto"]["structure"] in NO_GROUPS for r in nothing)
    return "\n".join([
        *lines,
        "",
        f"`k: auto` finds the number of groups in {numbers} {total}: {mean:.3f}.",
        f"Of {len(nothing)} sets of nothing it says in {quiet} that there are no groups.",
        f"Ours is worse than scikit-learn's by more than {WORSE} in {len(worse)} of {len(full)}: "
        f"{', '.join(worse) or 'none'}.",
        "",
    ])  # fmt: skip


def _line(record: Record) -> str:
    cells = [record["set"], f"{record['rows']:,}", str(record["k"])]
    for who in ("ours", "peers", "mixture"):
        found = record.get(who)
        cells.append(f"{found['ari']:.3f} {found['best']}" if found else "")
    if auto := record.get("auto"):
        cells += [auto["method"], str(auto["k"]), auto["structure"]]
        cells.append(f"{auto['ari']:.3f}" if record["set"] in SETS else "")
    else:
        cells += [""] * 4
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure the sets asked for, and write both files as far as they go."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    everything = [*SETS, *NOTHING]
    parser.add_argument("--sets", nargs="+", choices=everything, default=everything, metavar="SET")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--auto-only", action="store_true", help="leave out what is beside k: auto")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--table", type=Path)
    args = parser.parse_args()
    records: list[Record] = []
    if args.output:
        args.output.write_text(json.dumps({"machine": describe()}) + "\n")
    for seed in range(args.seeds):
        for name in args.sets:
            records.append(one(name, seed, auto_only=args.auto_only))
            line = json.dumps(records[-1])
            print(line, flush=True)
            if args.output:
                with args.output.open("a") as file:
                    file.write(line + "\n")
            if args.table:
                args.table.write_text(table(records))
    print(table(records))


if __name__ == "__main__":
    main()
