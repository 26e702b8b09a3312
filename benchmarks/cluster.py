"""The run on a cluster of this machine, beside one process, one worker and dask-ml, in turn.

    python benchmarks/cluster.py --rows 10000000 --pairs 5     # job, dask-ml
    python benchmarks/cluster.py --case large                  # 100 million, workers of 4 GiB
    python benchmarks/cluster.py --rows 100000 --pairs 1       # a rehearsal
    python benchmarks/cluster.py --case dask-ml --peer-python /path/to/python

What is measured stands in benchmarks/README.md. Each run is a line of results/cluster.jsonl; a
table of medians is printed after each case, and the exit code is 1 where a target was missed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cluster_data
import numpy as np
import yaml
from family import measured
from machine import describe
from run import make_input
from scoring import agreement, inertia, load_reference, read_labels

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
MANIFEST = yaml.safe_load((HERE / "manifest.yaml").read_text())
GIB = 1 << 30
SEED, K = 20, 8
LONGEST = 3 * 3600.0
ONE_PROCESS: dict[str, Any] = {"threads": 2}
ONE = {"cluster": "local", "workers": 1, "threads": 1, "device": "cpu"}
TWO = {"cluster": "local", "workers": 2, "threads": 2, "device": "cpu"}
SPREAD_OUT = ("prepare", "reduce", "cluster", "customers", "evaluate", "resample", "describe")
"""Stages from prepare to describe, by their first word."""
MOST_SECONDS, LEAST_SPEED_UP, MOST_GROWTH, LEAST_TOLD = 1.3, 1.7, 1.1, 0.02
PEER = ("dask-ml==2025.1.0", "dask==2026.8.0", "distributed==2026.8.0", "pyarrow")


def main() -> int:
    """Run the cases that are asked for."""
    args = _arguments()
    args.output.parent.mkdir(parents=True, exist_ok=True)
    cases: dict[str, Callable[[argparse.Namespace], list[str]]] = {
        "job": job, "dask-ml": dask_ml, "large": large,
    }  # fmt: skip
    missed = []
    for name in args.case:
        print(f"\n## {name}\n", flush=True)
        missed += cases[name](args)
    for sentence in missed:
        print(f"MISSED  {sentence}", file=sys.stderr)
    return int(bool(missed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = ["job", "dask-ml", "large"]
    parser.add_argument("--case", nargs="+", choices=known, default=known[:-1])
    parser.add_argument("--rows", type=int, help="10 million; of the case large 100 million")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--worker-memory", default="4GiB", help="of the case large")
    parser.add_argument("--peer-python", help="one that has dask-ml; made in the cache otherwise")
    parser.add_argument("--output", type=Path, default=HERE / "results" / "cluster.jsonl")
    return parser.parse_args()


def job(args: argparse.Namespace) -> list[str]:
    """Compare the whole job in one process, on one worker and on two, of one thread each."""
    rows = args.rows or 10_000_000
    contenders = {"one process": ONE_PROCESS, "one worker": ONE, "two workers": TWO}
    records = in_turn("job", rows, contenders, args)
    ratio = ratios(records, "two workers", "one process", lambda r: r["seconds"])
    print(f"\nseconds, two workers over one process: {ratio:.2f} (at most {MOST_SECONDS})")
    missed = [f"the whole job takes {ratio:.2f} times as long"] * (ratio > MOST_SECONDS)
    gained = ratios(records, "one worker", "two workers", spread_out)
    print(f"speed-up of prepare to describe: {gained:.2f} (at least {LEAST_SPEED_UP})")
    for stage in SPREAD_OUT:
        seconds = partial(spread_out, stages=(stage,))
        if min(seconds(r) for r in records) < LEAST_TOLD:
            continue  # it went on beside another
        print(f"  {stage:<10} {ratios(records, 'one worker', 'two workers', seconds):.2f}")
    missed += [f"from one worker to two {gained:.2f}"] * (gained < LEAST_SPEED_UP)
    few = one_run("job", "two workers", TWO, rows // 10, -1, args)
    return missed + _through_the_client(few, records[-1])


def _through_the_client(few: dict[str, Any], many: dict[str, Any]) -> list[str]:
    """Hold what passed through the client at a tenth of the rows against that of all of them."""
    missed = []
    for what in ("received", "sent"):
        bytes_moved = [r["cluster"]["moved"][what] for r in (few, many)]
        print(f"bytes {what} by the client, {few['rows']:,} and {many['rows']:,}: {bytes_moved}")
        if what == "received" and bytes_moved[1] > MOST_GROWTH * bytes_moved[0] + (1 << 20):
            missed.append(f"what the client received grew to {bytes_moved[1]:,} bytes")
    peaks = [r["client_bytes"] / 2**20 for r in (few, many)]
    print(f"peak of the client: {peaks[0]:.0f} and {peaks[1]:.0f} MiB")
    return missed


def dask_ml(args: argparse.Namespace) -> list[str]:
    """Compare one k-means of ours with dask-ml's, on a cluster of two workers of one thread."""
    rows = args.rows or 10_000_000
    python = args.peer_python or peer_python()
    folder = cluster_data.numbers(rows)
    matrix = cluster_data.read(folder)
    fits = {
        "engine": [sys.executable, str(HERE / "contenders" / "cluster_kmeans.py")],
        "dask-ml": [python, str(HERE / "peers" / "dask_ml_kmeans.py")],
    }
    records = []
    for pair in range(args.pairs):
        for contender, command in fits.items():
            with tempfile.TemporaryDirectory() as made:
                out = Path(made)
                task = {"input": str(folder), "k": K, "seed": pair, "out": made}
                (out / "task.json").write_text(json.dumps(task))
                found = ran([*command, str(out / "task.json")], out)
                found["inertia"] = cluster_data.inertia(matrix, np.load(out / "centres.npy"))
            place = {"case": "dask-ml", "contender": contender, "rows": rows, "pair": pair}
            records.append(kept({**place, **found}, args))
    table(records, ("fit_seconds", "read_seconds", "n_iter"))
    for what in ("fit_seconds", "largest_bytes", "inertia"):
        ratio = ratios(records, "engine", "dask-ml", lambda r, w=what: r[w])
        print(f"{what}, ours over dask-ml's: {ratio:.4f}")
    return []


def large(args: argparse.Namespace) -> list[str]:
    """Run 100 million customers on two workers whose memory is too small for their pieces."""
    from engine.places.machine import memory_bytes

    rows = args.rows or 100_000_000
    folder = cluster_data.customers(rows, SEED)
    limit = 2 * memory_bytes(args.worker_memory)
    compute = TWO | {"memory_limit": limit}
    with tempfile.TemporaryDirectory(dir=os.environ.get("ENGINE_BENCH_DATA")) as made:
        found = engine_run(folder / "*.parquet", Path(made), compute)
    found.pop("labels")
    record = kept({"case": "large", "contender": "two workers", "rows": rows, "pair": 0,
                   "memory_limit": limit, **found}, args)  # fmt: skip
    table([record], ("disk_bytes",))
    for stage in record["stages"]:
        beside = stage["seconds_beside"]
        more = f" ({beside:.1f} s more beside others)" if beside >= LEAST_TOLD else ""
        print(f"  {stage['name']:<24} {stage['seconds']:8.1f} s{more}")
    return []


def in_turn(
    case: str, rows: int, contenders: dict[str, dict[str, Any]], args: argparse.Namespace
) -> list[dict[str, Any]]:
    """Run each contender in turn, as often as asked, and print the table."""
    records = [
        one_run(case, name, compute, rows, pair, args)
        for pair in range(args.pairs)
        for name, compute in contenders.items()
    ]
    table(records, ("inertia", "ari_truth"))
    return records


def one_run(
    case: str, name: str, compute: dict[str, Any], rows: int, pair: int, args: argparse.Namespace
) -> dict[str, Any]:
    """Run the whole job once, score its segments in one matrix, and keep the record."""
    path = make_input(rows, SEED)
    with tempfile.TemporaryDirectory() as made:
        found = engine_run(path, Path(made), compute)
        reference = load_reference(path, MANIFEST["id"], MANIFEST["features"], MANIFEST["truth"])
        labels = read_labels(_segments(found.pop("labels")), reference, MANIFEST["id"])
        found["inertia"] = inertia(reference, labels)
        found["ari_truth"] = agreement(reference.truth, labels)
    place = {"case": case, "contender": name, "rows": rows, "pair": pair, "compute": compute}
    record = kept({**place, **found}, args)
    print(f"{name}, {rows:,} rows: {record['seconds']:.1f} s", flush=True)
    return record


def engine_run(path: Path, out: Path, compute: dict[str, Any]) -> dict[str, Any]:
    """Run the engine in a process of its own."""
    task = {key: MANIFEST[key] for key in ("id", "features")}
    task |= {"input": str(path), "out": str(out), "k": K, "seed": SEED, "compute": compute}
    (out / "task.json").write_text(json.dumps(task))
    script = HERE / "contenders" / "engine_run.py"
    return ran([sys.executable, str(script), str(out / "task.json")], out)


def ran(command: list[str], out: Path) -> dict[str, Any]:
    """Run a contender that writes ``result.json`` into a folder, and tell what was measured."""
    log = out / "log.txt"
    found = measured(command, log, LONGEST, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=out)
    if found.pop("exit_code") != 0:
        sys.exit(f"{' '.join(command)} failed:\n{log.read_text()[-3000:]}")
    return {**found, **json.loads((out / "result.json").read_text())}


def _segments(path: str) -> Path:
    """Give what to read: a file, or all parts of a folder."""
    return Path(path) / "*.parquet" if Path(path).is_dir() else Path(path)


def spread_out(record: dict[str, Any], stages: tuple[str, ...] = SPREAD_OUT) -> float:
    """Add up the seconds of stages."""
    return sum(s["seconds"] for s in record["stages"] if s["name"].split()[0] in stages)


def ratios(
    records: list[dict[str, Any]], first: str, second: str, what: Callable[[Any], float]
) -> float:
    """Give the median over pairs of one contender's figure over another's."""
    by = {(r["contender"], r["pair"]): what(r) for r in records}
    pairs = {pair for _, pair in by}
    return statistics.median(by[first, p] / max(by[second, p], 1e-9) for p in pairs)


def kept(record: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """Write a record down at once: what fails later loses none."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    record = {**record, "date": now, "machine": describe()}
    with args.output.open("a") as file:
        file.write(json.dumps(record) + "\n")
    return record


def table(records: list[dict[str, Any]], more: tuple[str, ...]) -> None:
    """Print the medians of each contender, with the smallest and the largest seconds."""
    heads = ["contender", "rows", "seconds", "largest process", "client", "together", *more]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for name in dict.fromkeys(r["contender"] for r in records):
        own = [r for r in records if r["contender"] == name]
        seconds = sorted(r["seconds"] for r in own)
        cells = [name, f"{own[0]['rows']:,}"]
        cells.append(f"{statistics.median(seconds):.1f} ({seconds[0]:.1f}-{seconds[-1]:.1f})")
        held = ("largest_bytes", "client_bytes", "together_bytes")
        cells += [f"{statistics.median(r[what] for r in own) / GIB:.2f} GiB" for what in held]
        cells += [f"{statistics.median(r[what] for r in own):,.4g}" for what in more]
        print("| " + " | ".join(cells) + " |", flush=True)


def peer_python() -> str:
    """Make an environment with dask-ml in the cache, once."""
    folder = cluster_data.cache() / "dask-ml-2025.1.0"
    python = folder / "bin" / "python"
    if not (folder / ".done").exists():
        print(f"installing {', '.join(PEER)} into {folder}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qq", *PEER], check=True)
        (folder / ".done").touch()
    return str(python)


if __name__ == "__main__":
    sys.exit(main())
