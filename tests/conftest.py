"""What every test shares: a quiet, repeatable setting, and the folder of real data sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import is_hypothesis_test, settings

import tests.examples  # noqa: F401  (registers the profiles)
from tests.drawing import in_full, sketched
from tests.postgres import Postgres, running
from tests.s3 import bucket, serving_s3

ROOT = Path(__file__).resolve().parent.parent

os.environ["MPLBACKEND"] = "Agg"  # no window, wherever the tests run

# Runs of tests are recorded nowhere, unless they say so themselves; and nobody is told of them.
os.environ.pop("MLFLOW_TRACKING_URI", None)
os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}

# Tests run side by side: OpenMP's threads of one would wait, spinning, for those of another. The
# engine's own threads are not these, and tests of OpenMP's number say theirs.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

settings.load_profile("quick")  # unless --hypothesis-profile says otherwise


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each process of ``-n`` tests that stand together, which share what takes time to make.

    By default neighbours go to different processes, and each makes the same runs for itself.
    """
    if config.getvalue("dist") != "load":
        return None  # another way was asked for
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as long what ``long_at`` says, and properties as such, before ``-m`` chooses."""
    for item in items:
        patterns = [p for mark in item.iter_markers("long_at") for p in mark.args]
        params = getattr(item, "callspec", None)
        if params is not None and any(fnmatchcase(params.id, p) for p in patterns):
            item.add_marker(pytest.mark.long)
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.property)


@pytest.fixture(scope="session", autouse=True)
def _sketched() -> Iterator[None]:
    with sketched():
        yield


@pytest.fixture(scope="module")
def pixels() -> Iterator[None]:
    """Draw figures in full: for modules that look at them."""
    with in_full():
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a PostgreSQL server, one for each process of tests, started when it is asked for."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Give the address of an S3 server, one for each process of tests."""
    with serving_s3() as address:
        yield address


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Give a client of an empty bucket called shop, which the environment names, too."""
    with bucket(monkeypatch, s3_server, tmp_path) as client:
        yield client


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Give the folder of real data sets: ``ENGINE_REAL_DATA``, or the default if it exists."""
    named = os.environ.get("ENGINE_REAL_DATA")
    if not named:
        folder = ROOT.parent / "shared" / "data"
        if not folder.is_dir():
            pytest.skip("no folder of real data sets: name one in ENGINE_REAL_DATA")
        return folder
    folder = Path(named).expanduser()
    if not folder.is_dir():
        pytest.fail(f"ENGINE_REAL_DATA is {named!r}, which is not a folder")
    return folder
