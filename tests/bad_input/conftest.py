"""Bad input: the command line run for real, beside a good earlier run that must stay intact."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from engine.command_line.cli import main
from engine.model.model import load_model
from engine.storage.latest import latest_id
from engine.storage.outputs import RunFolders
from tests.children import started
from tests.drawing import in_full, undrawn

SHOP = "models/shop"


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str


def run_command(*words: object) -> Answer:
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["engine", *map(str, words)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
        code: object = 0
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        sys.argv = before
    assert isinstance(code, int)
    assert "Traceback" not in err.getvalue()
    assert "unforeseen" not in err.getvalue(), err.getvalue()
    return Answer(code, out.getvalue(), err.getvalue())


def good_customers(n: int = 300, first_id: int = 1000) -> pl.DataFrame:
    """Three well separated groups in three numeric columns."""
    rng = np.random.default_rng(7)
    group = np.arange(n) % 3
    return pl.DataFrame(
        {
            "customer_id": np.arange(n) + first_id,
            "income": rng.normal(50 + 10 * group, 1),
            "score": rng.normal(10 - 3 * group, 1),
            "visits": rng.normal(5 * group, 1),
        }
    )


@pytest.fixture
def customers() -> pl.DataFrame:
    return good_customers()


@pytest.fixture
def make_customers() -> Callable[..., pl.DataFrame]:
    return good_customers


@pytest.fixture
def cli() -> Callable[..., Answer]:
    return run_command


def went_well(folder: Path) -> Path:
    """Let one run named ``shop`` go well in a folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        good_customers().write_parquet("good.parquet")
        words = ("--set", "input.path=good.parquet", "--set", "clustering.k=3")
        assert run_command("run", "--quiet", "--name", "shop", *words).code == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture(scope="session")
def good_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return went_well(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="session")
def run_in_full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a good run whose figures have their pixels."""
    with in_full():
        return went_well(tmp_path_factory.mktemp("full"))


@dataclass(frozen=True)
class Earlier:
    """The earlier run in the working folder, and what its files held."""

    run_id: str
    digests: dict[str, str]

    def check(self) -> None:
        """Its model, report and links are as they were and nothing is left beside them."""
        folders = RunFolders(_settings(), self.run_id)
        assert [latest_id(root) for root in folders.roots] == [self.run_id] * 3
        assert _digests(folders) == self.digests
        assert load_model(SHOP).info["run_id"] == self.run_id
        assert leftovers() == []

    def refused(self, answer: Answer, sentence: str, code: int | None = None) -> None:
        """Check that the command failed with this sentence and the earlier run is intact."""
        assert answer.code in ((1, 2, 3, 4, 6, 7) if code is None else (code,))
        assert sentence in answer.err
        assert answer.err.startswith("engine: ")
        if "problem(s) found" not in answer.err:
            assert answer.err.count("\n") == 1, "one sentence, one line"
        self.check()


def leftovers() -> list[str]:
    """Files and folders of runs that did not come to their end."""
    found = [
        str(path)
        for root in ("models", "reports", "data")
        for path in Path(root).rglob(".*")
        if path.name != ".lock"
    ]
    return sorted(found)


def _settings() -> Any:
    from engine.config.sections import OutputConfig

    return OutputConfig(name="shop")


def _digests(folders: RunFolders) -> dict[str, str]:
    return {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest()
        for root in folders.roots
        for file in sorted(folders.published(root).iterdir())
    }


@pytest.fixture
def earlier(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Earlier]:
    """Work in a folder with the good run; it is intact afterwards, unless a test replaced it.

    With ``run_in_full`` among the fixtures of the test, it is that one.
    """
    full = "run_in_full" in request.fixturenames
    good_run: Path = request.getfixturevalue("run_in_full" if full else "good_run")
    for part in ("models", "reports"):
        shutil.copytree(good_run / part, tmp_path / part, symlinks=True)
    shutil.copy(good_run / "good.parquet", tmp_path)
    monkeypatch.chdir(tmp_path)
    run_id = latest_id(Path(SHOP))
    assert run_id is not None
    found = Earlier(run_id, _digests(RunFolders(_settings(), run_id)))
    found.check()
    yield found
    assert leftovers() == []


@pytest.fixture
def run(cli: Callable[..., Answer]) -> Callable[..., Answer]:
    """``engine run`` of a file under the earlier run's name; k is 3 unless it is set."""

    def go(path: str, *settings: str) -> Answer:
        given = {s.partition("=")[0] for s in settings}
        # Any start finds the three groups, in few resamples too.
        usual = {"clustering.k": 3, "clustering.kmeans.n_init": 2, "evaluation.resamples": 2}
        settings = (*(f"{k}={v}" for k, v in usual.items() if k not in given), *settings)
        words = [w for s in (f"input.path={path}", *settings) for w in ("--set", s)]
        return cli("run", "--quiet", "--name", "shop", *words)

    return go


@pytest.fixture
def drawn() -> None:
    """Draw figures and page in this test, which looks at them; others do not."""


@pytest.fixture(autouse=True)
def without_drawing(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave figures and page out of the runs of this process where nobody looks at them."""
    with contextlib.nullcontext() if "drawn" in request.fixturenames else undrawn():
        yield


@pytest.fixture
def python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python programs in the working folder; none of them outlives the test."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with contextlib.ExitStack() as children:

        def start(program: str, *words: object) -> subprocess.Popen[str]:
            command = [sys.executable, "-c", program, *words]
            return children.enter_context(started(command, env=environment))

        yield start
