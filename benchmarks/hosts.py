"""A run on three hosts, of which one is cut off in mid-run: network namespaces on one machine.

    sudo .venv/bin/python benchmarks/hosts.py [--rows 1000000] [--cut none worker scheduler]

Each host is a namespace with a name, an address and a link of its own on a bridge: the scheduler
on one, a worker on each of two others; the client is this machine, at the bridge. A run that
nothing is cut off from comes first: the others are held against its segments. It needs Linux, root
and iproute2, leaves no namespace, link or process behind, and prints a line a run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import polars as pl

BIN = Path(sys.executable).parent
BRIDGE, NET = "engine-br", "10.77.0"
HOSTS = {"engine-s": 1, "engine-w1": 2, "engine-w2": 3}
SCHEDULER = f"tcp://{NET}.1:8786"
AFTER = {"worker": "prepare", "scheduler": "prepare"}
"""The stage after which a host is cut off; the next one, or a later one, is then under way."""
CUT = {"worker": "engine-w2", "scheduler": "engine-s"}
LONGEST = 900.0
"""Seconds in which a run must end."""


def main() -> int:
    """Run on whole hosts, then with one cut off, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cut", nargs="*", default=["worker", "scheduler"], choices=[*CUT, "none"])
    parser.add_argument("--memory", default="2GiB", help="of each worker")
    args = parser.parse_args()
    if os.geteuid() or not shutil.which("ip"):
        print("network namespaces need root and iproute2 (ip)", file=sys.stderr)
        return 2
    failed = False
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        data = folder / "customers.parquet"
        engine("generate", str(data), "--customers", str(args.rows))
        expected = None
        for cut in ["none", *(c for c in args.cut if c != "none")]:
            found = once(folder / cut, data, cut, args.memory)
            print(found["line"], flush=True)
            segments = found["segments"]
            if cut == "none":
                expected = segments
            elif cut == "worker":
                same = segments is not None and expected is not None and segments.equals(expected)
                print(f"  the same segments: {'yes' if same else 'NO'}", flush=True)
                failed |= not same
            failed |= (found["code"] == 0) != (cut != "scheduler")
    return int(failed)


def once(folder: Path, data: Path, cut: str, memory: str) -> dict:
    """Start hosts, run on them, cut one off in mid-run, and tell how it ended."""
    folder.mkdir()
    with hosts(folder, memory):
        log = folder / "run.log"
        started, cut_at = time.monotonic(), 0.0
        with log.open("w") as out:
            run = subprocess.Popen(
                [BIN / "engine", "run", *settings(folder, data)], stdout=out, stderr=out
            )
            try:
                while run.poll() is None and time.monotonic() - started < LONGEST:
                    time.sleep(0.05)
                    if cut in CUT and not cut_at and seen(log, AFTER[cut]):
                        ip("link", "set", f"{CUT[cut]}-o", "down")
                        cut_at = time.monotonic()
            finally:
                hung = run.poll() is None
                run.kill()
                code = run.wait()
        now = time.monotonic()
        words = " ".join(log.read_text().strip().splitlines()[-1:])[:300]
        told = f"{cut:<9} {now - started:6.1f} s, exit code {code}"
        told += f", {now - cut_at:.1f} s after the cut" if cut_at else ""
        told += ", DID NOT END" if hung else f"; {words}" if code else ""
        return {"line": told, "code": code, "segments": segments_of(folder, code)}


def segments_of(folder: Path, code: int) -> pl.DataFrame | None:
    """Read the segments of a run, in the order of ids."""
    if code:
        return None
    latest = folder / "reports" / "hosts" / "latest" / "segments.parquet"
    found = pl.read_parquet(latest / "*.parquet" if latest.is_dir() else latest)
    return found.select(found.columns[0], "segment").sort(found.columns[0])


def settings(folder: Path, data: Path) -> list[str]:
    """Say what a run is to do."""
    keys = {
        "input.path": data, "compute.cluster": SCHEDULER, "compute.workers": 2,
        "clustering.k": 5, "output.name": "hosts", "output.models": folder / "models",
        "output.reports": folder / "reports", "output.processed": folder / "processed",
    }  # fmt: skip
    return [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]


def seen(log: Path, stage: str) -> bool:
    """Whether a stage is over, by what the run has printed."""
    return any(line.split()[:1] == [stage] for line in log.read_text().splitlines())


@contextmanager
def hosts(folder: Path, memory: str) -> Iterator[None]:
    """Make the hosts, with a scheduler and two workers on them; take all away in the end."""
    with ExitStack() as stack:
        ip("link", "add", BRIDGE, "type", "bridge")
        stack.callback(ip, "link", "del", BRIDGE)
        ip("addr", "add", f"{NET}.254/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for name, number in HOSTS.items():
            ip("netns", "add", name)
            stack.callback(ip, "netns", "del", name)
            ip("link", "add", f"{name}-o", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"{name}-o", "master", BRIDGE, "up")
            ip("-n", name, "addr", "add", f"{NET}.{number}/24", "dev", "eth0")
            for link in ("lo", "eth0"):
                ip("-n", name, "link", "set", link, "up")
        own = ("--host", f"{NET}.1", "--port", "8786", "--no-dashboard")
        stack.enter_context(program(folder, "engine-s", "scheduler", *own))
        for name in ("engine-w1", "engine-w2"):
            told = ("--host", f"{NET}.{HOSTS[name]}", "--nthreads", "1", "--no-dashboard")
            kept = ("--memory-limit", memory, "--local-directory", str(folder / name))
            stack.enter_context(program(folder, name, "worker", SCHEDULER, *told, *kept))
        yield


@contextmanager
def program(folder: Path, host: str, *command: str) -> Iterator[None]:
    """Run a program of Dask on a host; it and all that it started are ended."""
    line = ["ip", "netns", "exec", host, "unshare", "--uts", "--pid", "--fork", "--kill-child"]
    words = f'hostname {host}; exec "$@"'
    with (folder / f"{host}.log").open("w") as out:
        started = subprocess.Popen(
            [*line, "sh", "-c", words, "sh", str(BIN / "dask"), *command],
            stdout=out, stderr=out, start_new_session=True,
            env={**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1",
                 "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        try:
            yield
        finally:
            started.kill()  # --kill-child: the first process of the host's own, and so all others
            started.wait()


def ip(*words: str) -> None:
    """Call iproute2."""
    subprocess.run(["ip", *words], check=True)


def engine(*words: str) -> None:
    """Call a command of the engine."""
    subprocess.run([BIN / "engine", *words], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
