"""What sells to whom on made-up baskets: the whole step, and ways of counting pairs beside it.

    python benchmarks/baskets.py [--baskets 1000000] [--products 10000] [--segments 8]
        [--mean 10] [--min-support 0.001] [--min-baskets 20] [--runs 3] [--only CONTENDER]

Products are about as popular as Zipf's law has it; baskets are of very different sizes, and 200 of
them take 300 to 1,500 draws. Each contender is a process of its own. `whole` is the step as a run
does it, from the files to the tables and offers; the others only count pairs, from baskets that
are read before. Peaks are those of the process, libraries and reading included. All must find the
same number of pairs in every segment.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from machine import describe

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from engine.config.cross_sell import CrossSellConfig  # noqa: E402
from engine.data_preparation.transactions.money import UNIT  # noqa: E402
from engine.descriptive_stats.cross_selling import baskets, pairs  # noqa: E402
from engine.descriptive_stats.cross_selling.counted import total_up  # noqa: E402
from engine.descriptive_stats.cross_selling.selling import what_sells  # noqa: E402
from engine.places.runtime import Runtime  # noqa: E402
from engine.utilities.progress import Progress  # noqa: E402

SEED, PART_BASKETS, GIANTS = 0, 100_000, 200


def main() -> None:
    """Run every contender in turn, as often as asked, or one of them in this process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--baskets", type=int, default=1_000_000)
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--segments", type=int, default=8)
    parser.add_argument("--mean", type=float, default=10)
    parser.add_argument("--min-support", type=float, default=0.001)
    parser.add_argument("--min-baskets", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["whole", *CONTENDERS], action="append")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.folder:
        print(json.dumps(run(args.only[0], args)))
        return
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), args)
        compare(Path(folder), args)


def generate(folder: Path, args: argparse.Namespace) -> None:
    """Write the lines in parts, and the segments: four baskets a customer on average."""
    rng = np.random.default_rng(SEED)
    weight = np.cumsum(1 / (np.arange(1, args.products + 1) + 5.0))
    customers = max(args.baskets // 4, 1)
    of_customer = np.sort(rng.integers(0, customers, args.baskets))
    np.save(folder / "labels.npy", rng.integers(0, args.segments, customers).astype(np.int32))
    giants = set(rng.choice(args.baskets, min(GIANTS, args.baskets), replace=False).tolist())
    for i, (start, stop) in enumerate(parts_of(of_customer)):
        size = 1 + rng.poisson(rng.gamma(1.2, (args.mean - 1) / 1.2, stop - start))
        for b in giants & set(range(start, stop)):
            size[b - start] = rng.integers(300, 1_500)
        n = int(size.sum())
        product = np.searchsorted(weight, rng.random(n) * weight[-1])
        part = {
            "customer": np.repeat(of_customer[start:stop], size).astype(np.uint32),
            "basket": np.repeat(np.arange(stop - start), size).astype(np.uint32),
            "product": product.astype(np.uint32),
            "category": np.char.add("c", (product % 20).astype(str)),
            "units": np.ones(n),
            "amount": rng.integers(1, 100, n) * UNIT,
            "back": np.zeros(n, dtype=bool),
        }
        pl.DataFrame(part).write_parquet(folder / f"lines-{i:04}.parquet")


def parts_of(customers: np.ndarray) -> Iterator[tuple[int, int]]:
    """Cut baskets into parts of whole customers."""
    start = 0
    while start < len(customers):
        stop = min(start + PART_BASKETS, len(customers))
        stop = int(np.searchsorted(customers, customers[stop - 1], side="right"))
        yield start, stop
        start = stop


def run(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Run one contender in this process."""
    lines = sorted(args.folder.glob("lines-*.parquet"))
    labels = np.load(args.folder / "labels.npy")
    settings = CrossSellConfig(min_support=args.min_support, min_baskets=args.min_baskets)
    start = time.perf_counter()
    if name == "whole":
        ids = [str(i) for i in range(args.products)]
        products = pl.DataFrame({"product_id": ids, "name": ids})
        found = what_sells(lines, products, labels, args.segments, settings, Runtime(threads=2))
        facts = found.facts
        told = {"frequent": facts["products_with_support"], "giants": facts["giant_baskets"]}
        told |= {"pairs": [g["pairs"] for g in facts["groups"]]}
    else:
        quiet = Progress()
        totals = total_up(lines, labels, args.segments, args.products, quiet)
        frequent = baskets.choose_frequent(totals, settings, 1 << 62)
        cap = settings.basket_cap
        incidence = baskets.gather_baskets(lines, labels, totals, frequent, cap=cap, progress=quiet)
        start = time.perf_counter()
        counts = CONTENDERS[name](incidence, frequent, totals)
        told = {"frequent": len(frequent.products), "giants": incidence.giants}
        told["pairs"] = counts
    return {**told, "seconds": time.perf_counter() - start, "peak": resident()}


def resident() -> int:
    """Peak resident bytes so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def sparse_blocks(incidence: Any, frequent: Any, totals: Any) -> list[int]:
    """Multiply sparse blocks, the engine's own."""
    return [len(p.a) for p in pairs.count_pairs(incidence, frequent, totals).values()]


def expanded(own: Any) -> tuple[np.ndarray, np.ndarray]:
    """List every pair of a segment's baskets: the lower rank, and the higher one."""
    sizes = np.diff(own.starts)
    later = np.repeat(own.starts[1:], sizes) - np.arange(len(own.ranks)) - 1
    offset = np.cumsum(later) - later
    second = np.arange(int(later.sum())) + np.repeat(np.arange(1, len(later) + 1) - offset, later)
    return np.repeat(own.ranks, later), own.ranks[second]


def sorted_keys(incidence: Any, frequent: Any, totals: Any) -> list[int]:
    """Sort the pairs of each segment as 64-bit keys; everyone's are merged from those."""
    f, found, merged = len(frequent.products), [], []
    for own, least in zip(incidence.baskets, frequent.least, strict=True):
        first, second = expanded(own)
        key = first.astype(np.int64) * f + second
        key.sort()
        starts = np.flatnonzero(np.diff(key, prepend=-1))
        counts = np.diff(starts, append=len(key))
        found.append(int((counts >= least).sum()))
        merged.append((key[starts], counts))
    key, counts = (np.concatenate(parts) for parts in zip(*merged, strict=True))
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    overall = np.add.reduceat(counts[order], starts)
    return [int((overall >= frequent.least_overall).sum()), *found]


def dense_counts(incidence: Any, frequent: Any, totals: Any) -> list[int]:
    """Count pairs into a product x product table, a segment at a time."""
    f, found = len(frequent.products), []
    everyone = np.zeros(f * f, np.int32)
    for own, least in zip(incidence.baskets, frequent.least, strict=True):
        counts = np.zeros(f * f, np.int32)
        for piece in pieces(own, 200_000):
            first, second = expanded(piece)
            counts += np.bincount(first.astype(np.int64) * f + second, minlength=f * f)
        found.append(int((counts >= least).sum()))
        everyone += counts
    return [int((everyone >= frequent.least_overall).sum()), *found]


def pieces(own: Any, size: int) -> Iterator[Any]:
    """Cut a segment's baskets into pieces, so that their pairs fit in memory."""
    for first in range(0, len(own.starts) - 1, size):
        starts = own.starts[first : first + size + 1]
        ranks = own.ranks[starts[0] : starts[-1]]
        yield baskets.Baskets(ranks, starts - starts[0], own.owners[first : first + size])


def polars_join(incidence: Any, frequent: Any, totals: Any) -> list[int]:
    """Join each segment's baskets with themselves, and group."""
    found, tables = [], []
    for own, least in zip(incidence.baskets, frequent.least, strict=True):
        basket = np.repeat(np.arange(len(own.starts) - 1, dtype=np.uint32), np.diff(own.starts))
        rows = pl.LazyFrame({"basket": basket, "a": own.ranks})
        joined = rows.join(rows.rename({"a": "b"}), on="basket")
        counts = joined.filter(pl.col("a") < pl.col("b")).group_by("a", "b").len("n").collect()
        found.append(counts.filter(pl.col("n") >= int(least)).height)
        tables.append(counts)
    overall = pl.concat(tables).group_by("a", "b").agg(pl.col("n").sum())
    return [overall.filter(pl.col("n") >= frequent.least_overall).height, *found]


CONTENDERS: dict[str, Callable[[Any, Any, Any], list[int]]] = {
    "sparse_blocks": sparse_blocks,
    "sorted_keys": sorted_keys,
    "dense_counts": dense_counts,
    "polars_join": polars_join,
}


def compare(folder: Path, args: argparse.Namespace) -> None:
    """Run contenders in turn, each in a process of its own, and print medians."""
    names = args.only or ["whole", *CONTENDERS]
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    options = ("products", "segments", "min_support", "min_baskets")
    given = [f"--{o.replace('_', '-')}={getattr(args, o)}" for o in options]
    for _ in range(args.runs):
        for name in names:
            command = [sys.executable, __file__, *given, "--folder", str(folder), "--only", name]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            results[name].append(json.loads(done.stdout))
    print(json.dumps(describe()))
    told = results[names[0]][0]
    print(
        f"{args.baskets:,} baskets x {args.products:,} products, {args.segments} segments, ", end=""
    )
    print(f"minimum support {args.min_support:g} and {args.min_baskets} baskets: ", end="")
    print(f"{told['frequent']:,} products with support, {told['giants']} baskets cut")
    for name, found in results.items():
        assert all(r["pairs"] == told["pairs"] for r in found), f"{name} finds other pairs"
        seconds, peak = ([r[key] for r in found] for key in ("seconds", "peak"))
        print(
            f"{name}: {statistics.median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f}), "
            f"peak {max(peak) / 2**20:,.0f} MiB; {told['pairs'][0]:,} pairs overall, "
            f"{sum(told['pairs'][1:]):,} in segments"
        )


if __name__ == "__main__":
    os.environ.setdefault("POLARS_MAX_THREADS", str(len(os.sched_getaffinity(0))))
    main()
