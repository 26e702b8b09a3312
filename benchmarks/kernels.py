"""What compiled kernels are held against: whole jobs, fits, predictions; contenders in turn.

    python benchmarks/kernels.py [--case fit-5m-8 ...] [--base FOLDER] [--peer-python PYTHON]
        [--rows N] [--pairs 5] [--only CONTENDER ...] [--output FILE]
    python benchmarks/kernels.py --table FILE      # what was measured before

Cases stand in manifest.yaml (``kernels``). Each run is a process of its own: contenders in turn,
with the pair's number for a seed, each warmed up on few rows. ``base`` is an earlier build: a
checkout with an environment of its own in ``.venv``; what is not there (a base, a peer's package)
is left out and said. Label sets are scored in one matrix, in float64. Each run is a line of
``results/kernels.jsonl``, with the machine and its load.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from kernels_told import print_cases
from machine import describe
from run import (
    WARM_UP_CUSTOMERS,
    _now,
    _positive,
    _read_through,
    _scored,
    make_input,
    run_contender,
)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
GROUPS, BLOCK = 8, 100_000
CUSTOMERS_SEED = 20
MODULES = {"sklearnex": "sklearnex", "flspp": "flspp", "faiss": "faiss", "faiss-all": "faiss"}
Case = dict[str, Any]
Record = dict[str, Any]


def main() -> int:
    """Measure the cases asked for, and hold them against what they have to reach."""
    args = _arguments()
    manifest = yaml.safe_load((HERE / "manifest.yaml").read_text())
    cases = manifest["kernels"]
    if args.table:
        records = [json.loads(line) for line in args.table.read_text().splitlines()]
        return print_cases(cases, records)
    wanted = [c for c in cases if any(fnmatch.fnmatch(c["name"], p) for p in args.case or ["*"])]
    if not wanted:
        sys.exit(f"no case fits; there are {', '.join(c['name'] for c in cases)}.")
    args.output.parent.mkdir(parents=True, exist_ok=True)
    measured: list[Record] = []
    for case in wanted:
        if args.rows and "rows" in case:
            case["rows"] = args.rows
        case["contenders"] = _there(case, args)
        if case["kind"] in RUNS:  # fits are warmed up by themselves
            RUNS[case["kind"]](case | {"rows": WARM_UP_CUSTOMERS}, 0, args, manifest)
        for pair in range(args.pairs):
            records = RUNS.get(case["kind"], fits)(case, pair, args, manifest)
            with args.output.open("a") as file:
                file.writelines(json.dumps(record) + "\n" for record in records)
            measured += records
    return print_cases(wanted, measured)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", nargs="*", help="names, or patterns: 'fit-*'")
    parser.add_argument("--base", type=Path, help="an earlier build, with its .venv")
    parser.add_argument("--peer-python", default=sys.executable, help="of an environment of peers")
    parser.add_argument("--rows", type=_positive, help="instead of the manifest's")
    parser.add_argument("--pairs", type=_positive, default=5)
    parser.add_argument("--only", nargs="*", help="contenders")
    parser.add_argument("--output", type=Path, default=HERE / "results" / "kernels.jsonl")
    parser.add_argument("--table", type=Path, help="records to show; nothing is measured")
    return parser.parse_args()


def _there(case: Case, args: argparse.Namespace) -> list[str]:
    """Name the contenders that are asked for and there."""
    found = []
    for name in case["contenders"]:
        if args.only and name not in args.only:
            continue
        if name == "base" and args.base is None:
            print(f"{case['name']}: no base is named (--base)")
            continue
        module = MODULES.get(name)
        if (
            module
            and subprocess.run(
                [args.peer_python, "-c", f"import {module}"], capture_output=True, check=False
            ).returncode
        ):
            print(f"{case['name']}: {name} is not installed (--peer-python)")
            continue
        found.append(name)
    return found


def _python(name: str, args: argparse.Namespace) -> tuple[str, Path]:
    """Give the Python of a contender, and the tree whose engine it imports."""
    if name == "base":
        return str(args.base / ".venv" / "bin" / "python"), args.base
    return (args.peer_python if name in MODULES else sys.executable), ROOT


def _record(case: Case, pair: int, name: str, measured: Record) -> Record:
    known = {key: case[key] for key in ("kind", "rows", "columns", "k", "set") if key in case}
    known |= {"case": case["name"], "contender": name, "pair": pair, **measured}
    peak = known["peak_bytes"] / 2**20
    print(f"{case['name']} {pair}: {name} {known['seconds']:.3f} s, {peak:.0f} MiB", flush=True)
    return known | {"date": _now().isoformat(timespec="seconds"), "machine": describe()}


def fits(case: Case, pair: int, args: argparse.Namespace, manifest: dict[str, Any]) -> list[Record]:
    """Let each contender fit the same rows once."""
    shaped = case["kind"] in ("ward", "spectral", "communities")
    rows, truth = (shaped_rows if shaped else blobs)(case["rows"], case["columns"])
    x, found, labels = np.load(rows, mmap_mode="r"), [], {}
    with tempfile.TemporaryDirectory() as out:
        for name in case["contenders"]:
            job = {"kind": case["kind"], "k": case.get("k"), "seed": pair, "contender": name}
            job |= {"rows": str(rows), "labels": f"{out}/{name}.npy", "result": f"{out}/{name}"}
            path = Path(out) / "job.json"
            path.write_text(json.dumps(job))
            load, (python, root) = os.getloadavg()[0], _python(name, args)
            done = subprocess.run(
                [python, str(HERE / "kernels_child.py"), str(path)],
                check=False, cwd=out, env=os.environ | {"PYTHONPATH": str(root)},
            )  # fmt: skip
            if done.returncode:  # as where a peer has no memory: the others are measured
                print(f"{case['name']} {pair}: {name} FAILED", file=sys.stderr, flush=True)
                continue
            told = json.loads(Path(job["result"]).read_text())
            found.append(_record(case, pair, name, {"load": load, **told}))
            if Path(job["labels"]).exists():
                labels[name] = np.load(job["labels"])
    for record in found:
        if record["contender"] in labels:
            record |= _scores(x, truth, labels, record["contender"])
    return found


def _scores(x: np.ndarray, truth: Path, labels: dict[str, np.ndarray], own: str) -> Record:
    from scoring import agreement

    return {
        "inertia": inertia(x, labels[own]),
        "ari_truth": agreement(np.load(truth), labels[own]),
        "ari": {n: agreement(labels[own], other) for n, other in labels.items() if n != own},
    }


def inertia(x: np.ndarray, labels: np.ndarray) -> float:
    """Sum of squared distances to the means of the labels; float64, in blocks."""
    k, middle = int(labels.max()) + 1, x[:BLOCK].mean(axis=0, dtype=np.float64)
    sizes, sums, total = np.zeros(k), np.zeros((k, x.shape[1])), 0.0
    for start in range(0, len(x), BLOCK):
        part, mine = x[start : start + BLOCK] - middle, labels[start : start + BLOCK]
        sizes += np.bincount(mine, minlength=k)
        for j in range(x.shape[1]):
            sums[:, j] += np.bincount(mine, weights=part[:, j], minlength=k)
        total += float(np.square(part).sum())
    return total - float((np.square(sums).sum(axis=1) / np.maximum(sizes, 1)).sum())


def _folder() -> Path:
    default = Path.home() / ".cache" / "engine-bench"
    folder = Path(os.environ.get("ENGINE_BENCH_DATA") or default)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def blobs(rows: int, columns: int) -> tuple[Path, Path]:
    """Draw eight groups that overlap, once: float32 rows, and the group of each."""
    path = _folder() / f"blobs-{rows}-{columns}.npy"
    truth = path.with_name(f"blobs-{rows}-{columns}-truth.npy")
    if not truth.exists():
        rng = np.random.default_rng(0)
        centres = 2 * rng.standard_normal((GROUPS, columns))
        x = np.lib.format.open_memmap(path, "w+", np.float32, (rows, columns))
        groups = rng.integers(0, GROUPS, rows, dtype=np.int32)
        for start in range(0, rows, BLOCK):
            part = x[start : start + BLOCK]
            near = centres[groups[start : start + BLOCK]]
            part[:] = near + rng.standard_normal(part.shape)
        x.flush()
        np.save(truth, groups)
    return path, truth


def shaped_rows(rows: int, columns: int) -> tuple[Path, Path]:
    """Draw the mixture of shapes.py, once: six stretched segments in noise, which counts as one."""
    path = _folder() / f"mixture-{rows}-{columns}.npy"
    truth = path.with_name(f"mixture-{rows}-{columns}-truth.npy")
    if not truth.exists():
        from shapes import mixture

        x, segment = mixture(rows, columns)
        np.save(path, x)
        np.save(truth, segment.astype(np.int32) + 1)
    return path, truth


def jobs(case: Case, pair: int, args: argparse.Namespace, manifest: dict[str, Any]) -> list[Record]:
    """Let each contender do the whole job, as run.py does."""
    job = {"name": case["name"], "k": case["k"]}
    job["input"] = {"customers": case["rows"], "seed": CUSTOMERS_SEED}
    path, found = make_input(case["rows"], CUSTOMERS_SEED), []
    _read_through(path)
    with tempfile.TemporaryDirectory() as out:
        for name in case["contenders"]:
            python, root = _python(name, args)
            script = "engine" if name == "base" else name
            load = os.getloadavg()[0]
            told = run_contender(
                script, job, manifest, path, Path(out) / name, python=python, root=root
            )
            told["peak_bytes"] = told.pop("peak_rss_bytes")
            found.append(_record(case, pair, name, {"load": load, **told}))
        return _scored(found, path, job, manifest)


def runs(case: Case, pair: int, args: argparse.Namespace, manifest: dict[str, Any]) -> list[Record]:
    """Let each build run its configuration as shipped, or on many customers, from the command."""
    more, found, labels = [f"random_state={pair}", *case.get("set", [])], [], {}
    path = ROOT / "data" / "external" / "customers.parquet"
    if "rows" in case:
        path = make_input(case["rows"], CUSTOMERS_SEED)
    _read_through(path)
    for name in case["contenders"]:
        python, root = _python(name, args)
        with tempfile.TemporaryDirectory() as out:
            places = [f"input.path={path}", f"output.models={out}/m", f"output.reports={out}/r"]
            setting = [word for one in (*places, *more) for word in ("--set", one)]
            command = [python, "-m", "engine", "run", str(root / "config.yaml"), "--quiet"]
            told = _timed([*command, *setting, "--name", "bench"], out, root)
            summary = json.loads(Path(out, "r/bench/latest/summary.json").read_text())
            shown = summary["methods"][summary["best"]]
            stages = {s["name"]: s["seconds"] for s in summary["stages"]}
            told |= {"best": summary["best"], "best_k": shown["k"], "stages": stages}
            found.append(_record(case, pair, name, told))
            labels[name] = _labels(Path(out, "r/bench/latest/segments.parquet"), path)
    from scoring import agreement

    for record in found:
        own, truth = labels[record["contender"]]
        record["ari_truth"] = agreement(truth, own)
        record["ari"] = {n: agreement(own, other[0]) for n, other in labels.items()}
    return found


def _timed(command: list[str], out: str, root: Path) -> Record:
    """Run a command in a folder; its seconds and peak as measure.py says."""
    load, result = os.getloadavg()[0], Path(out) / "measured.json"
    launcher = [sys.executable, "-I", "-S", str(HERE / "measure.py"), str(result)]
    environment = os.environ | {"PYTHONPATH": str(root)}
    subprocess.run([*launcher, *command], check=True, cwd=out, env=environment)
    told = json.loads(result.read_text())
    if told.pop("exit_code"):
        sys.exit(f"{' '.join(command)} failed")
    told["peak_bytes"] = told.pop("peak_rss_bytes")
    return {"load": load, **told}


def _labels(written: Path, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read segments, and the true ones of the same customers."""
    import polars as pl

    truth = pl.read_parquet(path, columns=["customer_id", "true_segment"])
    table = truth.join(
        pl.read_parquet(written), on="customer_id", how="left", maintain_order="left"
    )
    codes = table["true_segment"].rank("dense").to_numpy().astype(np.int64)
    return table["segment"].cast(pl.Int64).to_numpy(), codes


RUNS = {"job": jobs, "run": runs}


if __name__ == "__main__":
    sys.exit(main())
