"""Holds plans and memory limits against measured peaks, each run in a fresh process.

``python benchmarks/memory.py [CASE ...] [--grid whole|cut] [--output FILE]``. What is measured and
why stands in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from machine import describe
from memory_cases import Case, folder
from memory_grid import GRID

HERE = Path(__file__).resolve().parent
MIB = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")
ABOVE, BESIDE = 1.6, 150 * MIB
"""A plan is at most so many times what is measured, or so much more: the larger of both."""


class Watched:
    """A process that is looked at every two milliseconds: its anonymous and its resident pages."""

    def __init__(self, pid: int) -> None:
        self._statm = Path(f"/proc/{pid}/statm")
        self._clear = Path(f"/proc/{pid}/clear_refs")
        self._status = Path(f"/proc/{pid}/status")
        self.peaks: dict[str, int] = {}
        self.stage = "open"

    def look(self) -> int:
        """Take in the pages of now, under the current stage's name."""
        try:
            _, resident, shared, *_ = map(int, self._statm.read_text().split())
        except (OSError, ValueError):
            return 0
        anonymous = (resident - shared) * PAGE
        self.peaks[self.stage] = max(self.peaks.get(self.stage, 0), anonymous)
        return anonymous

    def reset(self) -> None:
        """Let the kernel's own peak begin anew."""
        self._clear.write_text("5")

    def status(self, key: str) -> int:
        """Give a figure of the kernel's, in bytes."""
        lines = self._status.read_text().splitlines()
        return next(int(x.split()[1]) * 1024 for x in lines if x.startswith(key + ":"))


class Server:
    """The process that imports once and forks for each task."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "memory_child.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)

    def watch(self, task: dict[str, Any], scratch: Path) -> dict[str, Any]:
        """Run a task in a process of its own and give what it planned and what it held."""
        file = scratch / "task.json"
        file.write_text(json.dumps(task))
        start = time.perf_counter()
        self._say(str(file))
        found = self._follow()
        errors = file.with_suffix(".err")
        found["stderr"] = errors.read_text()[-2000:] if errors.exists() else ""
        found["seconds"] = round(time.perf_counter() - start, 2)
        return found

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _follow(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = {}
        watched: Watched | None = None
        text = ""
        while "exit_code" not in found:
            if watched:
                watched.look()
            read = _read(self._process.stdout.fileno())
            if read == "":
                raise RuntimeError("the process that imports has ended")
            text += read or ""
            *lines, text = text.split("\n")
            for line in lines:
                what, told = json.loads(line)
                if what == "ended":
                    found["exit_code"] = told
                    break
                if what == "baseline":
                    watched = Watched(told)
                    watched.reset()
                    found["baseline"] = watched.look()
                    found["resident_baseline"] = watched.status("VmRSS")
                elif watched and what == "stage":
                    watched.stage = told
                elif watched:
                    found[what] = told
                    if what in ("done", "refused"):
                        found["resident"] = watched.status("VmHWM") - found["resident_baseline"]
                self._say("")
            time.sleep(0.002)
        base = found.get("baseline", 0)
        peaks = watched.peaks if watched else {}
        found["stages"] = {name: peak - base for name, peak in peaks.items()}
        found["peak"] = max(found["stages"].values(), default=0)
        return found


def _read(pipe: int) -> str | None:
    """Give what is there: None where nothing is yet, and nothing where nothing comes any more."""
    try:
        return os.read(pipe, 1 << 16).decode()
    except BlockingIOError:
        return None


def measure(server: Server, case: Case, peaks: dict[str, int]) -> dict[str, Any]:
    """Measure a case; a limit is a share of what the same run takes without one."""
    path = case.table.path(folder())
    with tempfile.TemporaryDirectory(prefix="engine-memory-", dir=folder()) as made:
        scratch = Path(made)
        settings = {
            "input.path": str(path),
            "input.kind": "transactions" if case.table.transactions else "customers",
            "output.models": str(scratch / "models"),
            "output.reports": str(scratch / "reports"),
            "output.processed": str(scratch / "processed"),
            "compute.memory_limit": "1TiB",
            **case.settings,
        }
        if case.limit:
            settings["compute.memory_limit"] = int(peaks[natural(case)] * case.limit)
        task = {"settings": nested(settings), "command": case.command}
        if case.command == "assign":
            small = {**settings, "input.path": str(case.table.path(folder()))}
            server.watch({"settings": nested(small), "command": "run"}, scratch)
            task |= {"model": str(scratch / "models/customers"), "input": str(path),
                     "out": str(scratch / "out.parquet")}  # fmt: skip
        found = server.watch(task, scratch)
    return {"case": case.name, "command": case.command, **found}


def measured(cases: list[Case]) -> Iterator[dict[str, Any]]:
    """Measure cases one by one; one with a limit comes after the same without."""
    peaks: dict[str, int] = {}
    server = Server()
    try:
        for case in cases:
            if not case.limit or natural(case) in peaks:
                found = measure(server, case, peaks)
                if not case.limit:
                    peaks[case.name] = found["peak"]
                yield found
    finally:
        server.close()


def natural(case: Case) -> str:
    """Name the case without a limit."""
    return case.name.split(" limit ")[0]


def nested(settings: dict[str, Any]) -> dict[str, Any]:
    """Turn dotted keys into sections."""
    tree: dict[str, Any] = {}
    for key, value in settings.items():
        *sections, last = key.split(".")
        at = tree
        for section in sections:
            at = at.setdefault(section, {})
        at[last] = value
    return tree


def verdict(found: dict[str, Any]) -> str:
    """Say what of the promise does not hold; empty where all does."""
    plan, peak = found["plan"], found["peak"]
    if "refused" in found:
        told = "needs about" in found["refused"] or "need about" in found["refused"]
        return "" if told and plan["peak"] > plan["limit"] else f"refused: {found['refused'][:90]}"
    if "done" not in found:
        return f"ended by {found['exit_code']}: {found['stderr'][-200:]}"
    if peak > plan["peak"]:
        return "above the plan"
    if peak > plan["limit"]:
        return "above the limit"
    # Assigning has no plan of its own: it takes no more than the run whose model it uses.
    if found["command"] == "run" and plan["peak"] > max(peak * ABOVE, peak + BESIDE):
        return "plan too large"
    return ""


def line(found: dict[str, Any]) -> str:
    """Write a case as a row of the table."""
    plan, peak = found.get("plan", {"peak": 0, "limit": 0, "in_file": False}), found["peak"]
    limit = f"{plan['limit'] / MIB:,.0f}" if plan["limit"] < 1 << 40 else ""
    worst = max(found["stages"], key=lambda s: found["stages"][s], default="")
    ratio = plan["peak"] / max(peak, 1)
    cells = [found["case"], limit, f"{plan['peak'] / MIB:,.0f}", f"{peak / MIB:,.0f}",
             f"{ratio:.2f}", worst, f"{found.get('resident', 0) / MIB:,.0f}",
             "file" if plan["in_file"] else "", f"{found['seconds']:.0f}",
             verdict(found) or ("refused, held" if "refused" in found else "held")]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def asked(names: list[str]) -> list[Case]:
    """Give the cases of these names, in that order; all without any."""
    by_name = {case.name: case for case in GRID}
    return [by_name[name] for name in names] if names else GRID


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", help="names of cases; all without")
    parser.add_argument("--stages", action="store_true", help="show each stage beside its step")
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    failed, machine = 0, describe()
    print("| case | limit | plan | measured | ratio | stage | resident | matrix | s | verdict |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for found in measured(asked(args.cases)):
        failed += bool(verdict(found))
        print(line(found), flush=True)
        if args.stages:
            steps = {f"{s} {m}": round(b / MIB) for s, m, b in found["plan"]["steps"]}
            print("   measured", {s: round(b / MIB) for s, b in found["stages"].items()})
            print("   planned ", steps, flush=True)
        if args.output:
            with args.output.open("a") as file:
                file.write(json.dumps(found | {"machine": machine}) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
