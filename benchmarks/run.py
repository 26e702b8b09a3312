"""Runs the jobs of manifest.yaml: contenders in turn, each a fresh process, and compares them.

``python benchmarks/run.py [JOB ...] [--tier quick|full] [--only CONTENDER] [--pairs N]
[--output FILE]``. benchmarks/README.md says what is measured and how.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from machine import describe
from scoring import agreement, inertia, load_reference, read_labels
from tables import print_tables, verdicts

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WARM_UP_CUSTOMERS = 2000
READ_BYTES = 1 << 24


def main() -> int:
    args = _arguments()
    manifest = yaml.safe_load(args.manifest.read_text())
    output = args.output or HERE / "results" / f"{_now():%Y%m%dT%H%M%SZ}.jsonl"
    output.parent.mkdir(parents=True, exist_ok=True)
    failures: list[str] = []
    for job in _chosen(manifest, args):
        records = []
        for pair in run_job(job, manifest):
            records += pair
            with output.open("a") as file:
                file.writelines(json.dumps(record) + "\n" for record in pair)
        print_tables(job, records)
        failures += verdicts(job, records)
    print(f"\nrecords: {output}")
    for failure in failures:
        print(f"FAILED  {failure}", file=sys.stderr)
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("jobs", nargs="*", metavar="JOB", help="names from the manifest")
    parser.add_argument("--tier", choices=["quick", "full"], default="quick", help="without JOB")
    parser.add_argument("--only", action="append", metavar="CONTENDER", help="may be repeated")
    parser.add_argument(
        "--pairs", type=_positive, metavar="N", help="instead of the manifest's number"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="JSON lines, appended to")
    parser.add_argument("--manifest", type=Path, default=HERE / "manifest.yaml")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _chosen(manifest: dict[str, Any], args: argparse.Namespace) -> list[dict[str, Any]]:
    """Pick the named jobs, or a tier's, with what the command line overrides."""
    known = {job["name"]: job for job in manifest["jobs"]}
    unknown = [name for name in args.jobs if name not in known]
    unknown += [name for name in args.only or [] if name not in manifest["contenders"]]
    if unknown:
        names = ", ".join([*known, *manifest["contenders"]])
        sys.exit(f"{args.manifest} does not name {', '.join(unknown)}; it names {names}.")
    names = args.jobs or [name for name, job in known.items() if job["tier"] == args.tier]
    jobs = []
    for name in names:
        kept = [c for c in known[name]["contenders"] if not args.only or c in args.only]
        trial, *peers = known[name]["contenders"]
        change = {"contenders": kept, "pairs": args.pairs or known[name]["pairs"]}
        jobs.append(known[name] | change | {"trial": trial, "peers": peers})
    return jobs


def run_job(job: dict[str, Any], manifest: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Warm up, then yield the records of one run of every contender, as often as asked."""
    path = make_input(**job["input"])
    tiny = make_input(WARM_UP_CUSTOMERS, job["input"]["seed"])
    for contender in job["contenders"]:
        print(f"{job['name']}: warming up {contender}", flush=True)
        with tempfile.TemporaryDirectory() as out:
            run_contender(contender, job, manifest, tiny, Path(out))
    _read_through(path)
    machine = describe()
    for pair in range(job["pairs"]):
        with tempfile.TemporaryDirectory() as out:
            records = []
            for position, contender in enumerate(job["contenders"]):
                place = {"job": job["name"], "contender": contender, "pair": pair}
                measured = run_contender(contender, job, manifest, path, Path(out) / contender)
                peak = measured["peak_rss_bytes"] / 2**30
                print(f"{job['name']}: {contender} {measured['seconds']:.2f} s, {peak:.2f} GiB")
                records.append({**place, "position": position, **measured, "machine": machine})
            yield _scored(records, path, job, manifest)


def make_input(customers: int, seed: int) -> Path:
    """Generate a job's input once, outside the project's files; a changed generator, again."""
    sys.path.insert(0, str(ROOT))  # this tree's engine, whatever is installed
    from engine.data_preparation.generators import customers as generator

    default = Path.home() / ".cache" / "engine-bench"
    folder = Path(os.environ.get("ENGINE_BENCH_DATA") or default)
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(Path(generator.__file__).read_bytes()).hexdigest()[:8]
    path = folder / f"customers-{customers}-{seed}-{digest}.parquet"
    if not path.exists():
        print(f"generating {customers:,} customers into {path}", flush=True)
        generator.generate(path, customers=customers, seed=seed)
    return path


def run_contender(
    name: str,
    job: dict[str, Any],
    manifest: dict[str, Any],
    path: Path,
    out: Path,
    *,
    python: str = sys.executable,
    root: Path = ROOT,
) -> dict[str, Any]:
    """Run a contender once in a process of its own and return what was measured and written.

    Another build is named by its Python and the root of its tree.
    """
    out.mkdir(parents=True, exist_ok=True)
    task = {key: manifest[key] for key in ("id", "features")}
    task |= {"input": str(path), "out": str(out), "k": job["k"], "seed": job["input"]["seed"]}
    (out / "task.json").write_text(json.dumps(task))
    script = HERE / manifest["contenders"][name]
    launcher = [sys.executable, "-I", "-S", str(HERE / "measure.py"), str(out / "measured.json")]
    started = _now().isoformat(timespec="seconds")
    with (out / "log.txt").open("w") as log:
        subprocess.run(
            [*launcher, python, str(script), str(out / "task.json")],
            check=True,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": str(root)},
        )
    measured = json.loads((out / "measured.json").read_text())
    if measured.pop("exit_code") != 0:
        tail = (out / "log.txt").read_text()[-3000:]
        sys.exit(f"{job['name']}: {name} failed on {path}:\n{tail}")
    return {"date": started, **measured, **json.loads((out / "result.json").read_text())}


def _scored(
    records: list[dict[str, Any]], path: Path, job: dict[str, Any], manifest: dict[str, Any]
) -> list[dict[str, Any]]:
    """Add each label set's inertia and agreements, all from one matrix that is dropped again."""
    reference = load_reference(path, manifest["id"], manifest["features"], manifest["truth"])
    labels = {
        record["contender"]: read_labels(Path(record.pop("labels")), reference, manifest["id"])
        for record in records
    }
    for record in records:
        own = labels[record["contender"]]
        record["input"] = {**job["input"], "features": len(manifest["features"]), "k": job["k"]}
        record["inertia"] = inertia(reference, own)
        record["ari_truth"] = agreement(reference.truth, own)
        record["ari"] = {
            name: agreement(own, other)
            for name, other in labels.items()
            if name != record["contender"]
        }
    return records


def _read_through(path: Path) -> None:
    """Read a file once, so that the first run finds it in the page cache like the others."""
    with path.open("rb") as file:
        while file.read(READ_BYTES):
            pass


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


if __name__ == "__main__":
    sys.exit(main())
