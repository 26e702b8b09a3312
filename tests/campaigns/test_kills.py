"""Kills and signals at every change to files of nine commands: wholly before, or wholly after.

Before each rename, link, opening for writing, removal and flush of a command its process gets a
signal. With SIGKILL it is gone: what is left is looked at as readers do, then the next command must
do its work and leave nothing of the dead one. With SIGINT and SIGTERM what it says, its exit code
and what is published must agree.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.campaigns.tries import WHOLE, some, told
from tests.children import started

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
SHOP, QUICK = "shop", ("clustering.k=3", "clustering.kmeans.n_init=2", "evaluation.resamples=0")
CUT = (("run again", "killed"), ("report", "stopped"))
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)
UNCHANGED = "earlier results are as they were"


def sets(*pairs: str) -> tuple[str, ...]:
    return tuple(word for pair in pairs for word in ("--set", pair))


RUN = ("run", "--quiet", "--name", SHOP, *sets("input.path=good.parquet", *QUICK, "output.keep=2"))


@dataclass(frozen=True)
class Job:
    """A command that is killed, and the one that comes next.

    Attributes
    ----------
    words : tuple of str
    base : str
        What was there before: ``nothing``, ``run``, ``tree`` or ``two`` runs, the older in use.
    next_words : tuple of str
    changes : str
        What it changes: ``run`` (publishes one), ``page``, ``file``, ``index``, or which is in
        ``use``.
    """

    words: tuple[str, ...]
    base: str = "run"
    next_words: tuple[str, ...] = RUN
    changes: str = "run"


SAME = ("assign", f"models/{SHOP}", "good.parquet", "out.csv", "--quiet")
ASK = ("similar", SHOP, "--ids", "1000,1001", "out.csv", "--quiet")
LINES = ("run", "--quiet", "--name", SHOP, *sets("input.path=invoices.parquet", *QUICK),
         *sets("input.kind=transactions", "output.keep=1"))  # fmt: skip
JOBS = {
    "run, the first": Job(RUN, "nothing"),
    "run again": Job(RUN),
    "run that continues": Job((*RUN, *sets(f"clustering.continue_from=models/{SHOP}"))),
    "run on transactions": Job(LINES),
    "run, all methods": Job((*RUN, *sets("clustering.methods=all"))),
    "report": Job(("report", SHOP), "run", ("report", SHOP), "page"),
    "report, another cut": Job(
        ("report", SHOP, "--quiet", "--use", *sets("clustering.k=4", "output.keep=2")), "tree"
    ),
    "use": Job(("use", SHOP, "newest"), "two", ("use", SHOP, "newest"), "use"),
    "assign": Job(SAME, "run", SAME, "file"),
    "similar": Job(ASK, "run", ASK, "index"),
}


class Warm:
    """Sends requests to the process of ``warm.py``."""

    def __init__(self, process: subprocess.Popen[str], told: Path) -> None:
        self.process, self.told = process, told
        self.counter = self._answer()["counter"]

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr and self.process.stderr.read()
        return dict(json.loads(line))

    def __call__(self, cwd: Path, **request: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        request |= {"cwd": str(cwd), "told": str(self.told)}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def well(self, cwd: Path, words: tuple[str, ...], **how: Any) -> dict[str, Any]:
        answer = self(cwd, words=words, **how)
        assert answer["code"] == 0, answer
        return answer


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    folder = tmp_path_factory.mktemp("warm")
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "OMP_NUM_THREADS": "1"}
    if shutil.which("cc"):
        library = folder / "counting.so"
        source = HERE / "counting.c"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        environment["LD_PRELOAD"] = str(library)
    command = [sys.executable, HERE / "warm.py"]
    with started(command, env=environment, stdin=subprocess.PIPE) as process:
        yield Warm(process, folder)


class Bases:
    """Prepares what is there before a command, once each: inputs, and a run or none."""

    def __init__(self, warm: Warm, home: Path) -> None:
        self.warm, self.home = warm, home

    def __getitem__(self, name: str) -> Path:
        folder = self.home / name
        if not folder.exists():
            folder.mkdir()
            self._fill(folder, name)
        return folder

    def _fill(self, folder: Path, name: str) -> None:
        rng = np.random.default_rng(7)
        group = np.arange(150) % 3
        pl.DataFrame(
            {"customer_id": np.arange(150) + 1000}
            | {f"x{i}": rng.normal(5 * group * (i + 1), 1) for i in range(3)}
        ).write_parquet(folder / "good.parquet")
        if WHOLE:
            lines = ("generate", "invoices.parquet", "--customers", "60", "--transactions")
            self.warm.well(folder, lines)
        if name == "nothing":
            return
        method = sets("clustering.methods=[agglomerative]") if name == "tree" else ()
        self.warm.well(folder, (*RUN, *method))
        (folder / "out.csv").write_text("yesterday")
        # Drawn again it would look the same: let the earlier one be told apart.
        (folder / "reports" / SHOP / "latest" / "report.html").write_text("the earlier page")
        figures = folder / "reports/figures" / SHOP / "latest"
        for figure in (*figures.glob("*.png"), figures / "gone.png"):
            figure.write_text("an earlier figure")
        if name == "two":
            time.sleep(1.1)  # runs of one second are in no order
            self.warm.well(folder, RUN)
            self.warm.well(folder, ("use", SHOP, "previous"))


@pytest.fixture(scope="module")
def bases(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Bases:
    return Bases(warm, tmp_path_factory.mktemp("bases"))


def digests(folder: Path) -> dict[str, str]:
    """Give each file of the latest run, as paths through ``latest`` lead to it."""
    found = {}
    for root in (f"reports/{SHOP}", f"reports/figures/{SHOP}", f"models/{SHOP}"):
        latest = folder / root / "latest"
        for file in sorted(latest.glob("*")) if latest.exists() else ():
            if file.exists() and not file.name.startswith("."):
                found[f"{root}/{file.name}"] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def leftovers(folder: Path) -> list[str]:
    """Name what a command may leave in no case."""
    hidden = [str(p.relative_to(folder)) for p in folder.rglob(".*") if p.name != ".lock"]
    links = [str(p) for p in folder.rglob("*") if p.is_symlink() and p.name != "latest"]
    shelf = folder / "data" / "processed"
    scratch = [p.name for p in shelf.glob("*") if p.name != "similar"]
    return hidden + links + scratch


def run_id(folder: Path) -> str | None:
    """Give the run that every reader sees, by whatever path; a test fails where they differ."""
    shown: set[str | None] = set()
    for root in (f"reports/{SHOP}", f"reports/figures/{SHOP}", f"models/{SHOP}"):
        latest = folder / root / "latest"
        shown.add(latest.resolve().name if latest.exists() else None)
    report, model = folder / "reports" / SHOP / "latest", folder / "models" / SHOP / "latest"
    for file, part in ((report / "summary.json", None), (model / "model.json", "info")):
        if file.exists():
            tree = json.loads(file.read_text())
            shown.add((tree[part] if part else tree)["run_id"])
        else:
            shown.add(None)
    assert len(shown) == 1, f"not of one run: {shown}"
    return shown.pop()


@contextmanager
def copied(base: Path) -> Iterator[Path]:
    folder = base.parent / "tried"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder, symlinks=True)
    yield folder


def seen(folder: Path) -> dict[str, Any]:
    out = folder / "out.csv"
    return {
        "run": run_id(folder),
        "files": digests(folder),
        "out": out.read_text() if out.exists() else None,
    }


@dataclass
class Case:
    """A job with what is seen before it and after it went well."""

    job: Job
    base: Path
    before: dict[str, Any]
    after: dict[str, Any]
    calls: int

    def published(self, folder: Path) -> bool:
        """Tell whether what is seen is wholly after; where it is not wholly before, fail."""
        now = seen(folder)
        if now == self.before:
            return False
        if self.job.changes == "run":
            assert now["run"] not in (None, self.before["run"]), "files of the earlier run changed"
            assert set(now["files"]) == set(self.after["files"])
            assert now["out"] == self.before["out"]
            return True
        assert now == self.after
        return True


def case(warm: Warm, bases: Bases, job: Job) -> Case:
    with copied(bases[job.base]) as folder:
        before = seen(folder)
        answer = warm.well(folder, job.words)
        assert leftovers(folder) == []
        return Case(job, bases[job.base], before, seen(folder), int(answer["calls"]))


def attempt(warm: Warm, found: Case, number: int, **moment: float) -> None:
    """Send a signal at a moment, look, and let the next command come."""
    job = found.job
    with copied(found.base) as folder:
        answer = warm(folder, words=job.words, signal=number, **moment)
        now = found.published(folder)
        if number == signal.SIGKILL:
            # The number of changes differs a little from run to run: threads, names taken.
            assert answer["code"] in (-number, 0), answer
        else:
            said = answer["err"]
            assert answer["code"] in (128 + number, 0), answer
            assert "Traceback" not in said, said
            assert "unforeseen" not in said, said
            if answer["code"]:
                assert said.startswith("engine: interrupted; "), said
                assert said.count("\n") == 1, said
                if job.changes != "index":  # its file comes after the index, in a step of its own
                    assert (UNCHANGED not in said) == now, (said, now)
            else:
                assert now, "said to be done"
        look = warm(folder, name=SHOP)
        assert look["code"] == 0, look
        sight = json.loads(look["seen"])
        assert sight["model"] == run_id(folder), sight
        assert bool(sight["assigned"]) == bool(sight["model"]), sight
        undrawn = job.changes == "run"
        warm.well(folder, job.next_words, undrawn=undrawn)
        assert leftovers(folder) == []
        if not undrawn:
            assert found.published(folder)


@pytest.mark.parametrize("ending", ["killed", "stopped"])
@pytest.mark.parametrize("name", JOBS)
def test_signals_at_every_change(name: str, ending: str, warm: Warm, bases: Bases) -> None:
    """SIGKILL before every change; SIGINT and SIGTERM by turns."""
    if not WHOLE and (name, ending) not in CUT:
        pytest.skip("the cut tries few of them")
    found = case(warm, bases, JOBS[name])
    number = {"killed": (signal.SIGKILL,), "stopped": (signal.SIGINT, signal.SIGTERM)}[ending]
    failed, tried = [], some(list(range(1, found.calls + 1)), 3)
    for at in tried:
        try:
            attempt(warm, found, by := number[at % len(number)], at=at)
        except AssertionError as error:
            failed.append(f"{signal.Signals(by).name} before change {at}: {error}")
            print(failed[-1], flush=True)  # a whole campaign takes hours
    what = f"kills: {name}, {ending} ({warm.counter}, {found.calls} changes)"
    told(what, len(tried), len(tried) - len(failed))
    assert failed == []


def test_signals_at_random_moments(warm: Warm, bases: Bases) -> None:
    """Between changes too: in native code, in callbacks, in the midst of drawing."""
    if not WHOLE:
        pytest.skip("the cut tries fixed moments")
    rng = np.random.default_rng(14)
    names = ("run again", "report", "assign", "run on transactions")
    cases, seconds = {}, {}
    for name in names:
        cases[name] = case(warm, bases, JOBS[name])
        with copied(cases[name].base) as folder:
            start = time.monotonic()
            warm.well(folder, JOBS[name].words)
            seconds[name] = time.monotonic() - start
    failed, count = [], 400
    for index in range(count):
        name = list(cases)[index % len(cases)]
        number = ENDING[index // len(cases) % len(ENDING)]
        after = float(rng.uniform(0.02, seconds[name]))
        try:
            attempt(warm, cases[name], number, after=after)
        except AssertionError as error:
            failed.append(f"{name}: {signal.Signals(number).name} after {after:.3f} s: {error}")
    told("signals at random moments", count, count - len(failed))
    assert failed == []
