"""Runs on data from elsewhere: no secret in any file or word, read again, nothing left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import engine
from engine.data_preparation.fetching import web
from tests.data_preparation.fetching.conftest import send, serving
from tests.drawing import undrawn

SECRET = "hunter2-geheim"
SPENT = [5.5, 90.25, 400.0] * 40
BODY = pl.DataFrame({"id": range(120), "spent": SPENT}).write_csv().encode()
WORDS = {"output.models": "m", "output.reports": "r", "output.processed": "p",
         "clustering.kmeans.n_init": 2}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(web, "_WAIT", 0)
    return tmp_path


def holding(folder: Path, secret: str) -> list[Path]:
    files = [f for f in folder.rglob("*") if f.is_file() and f.suffix != ".db"]
    assert files
    return [f for f in files if secret.encode() in f.read_bytes() or secret in f.name]


@pytest.mark.long
def test_a_file_of_the_web_is_read_again_and_its_secret_stands_nowhere(here, monkeypatch) -> None:
    def answer(request) -> None:
        found = request.path == f"/customers.csv?token={SECRET}"
        send(request, BODY if found else b"", 200 if found else 403)

    with serving(answer) as server:
        monkeypatch.setenv("SHOP_DATA", f"{server}/customers.csv?token={SECRET}")
        with undrawn():
            result = engine.segment({"input": {"path": "env:SHOP_DATA"}}, WORDS, k=3, name="shop")
        engine.export("shop", "out.csv", WORDS, columns="spent")
        model = engine.load_model("m/shop")
        again = model.assign("env:SHOP_DATA")
        monkeypatch.setenv("SHOP_DATA", f"{server}/customers.csv?token=wrong")
        with pytest.raises(engine.EngineError, match=r"^env:SHOP_DATA refuses access \(403\)"):
            engine.export("shop", "more.csv", WORDS, columns="spent")
    (fact,) = result.summary["input"]["fetched"]
    assert (result.summary["input"]["path"], fact["bytes"]) == ("env:SHOP_DATA", len(BODY))
    assert pl.read_csv("out.csv")["spent"].to_list() == SPENT
    assert again["segment"].to_list() == result.segments["segment"].to_list()
    assert not Path("p").exists() or not list(Path("p").iterdir())
    assert not holding(here, SECRET)


@pytest.mark.long
def test_a_password_stands_nowhere_whatever_is_asked(here, postgres) -> None:
    role = f"DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD '{SECRET}'"
    postgres.sql(role)
    with postgres.database() as name:
        postgres.sql(
            "CREATE TABLE t AS SELECT g AS id, (g % 3) * 100 + g * 0.01 AS spent FROM "
            "generate_series(1, 120) AS g; GRANT SELECT ON t TO guarded; "
            "GRANT CREATE ON SCHEMA public TO guarded",
            name,
        )
        uri = postgres.uri(name, user="guarded", password=SECRET)
        settings = {"input.sql": "SELECT * FROM t", "input.connection": "env:SHOP_DB",
                    "output.segments": "env:SHOP_DB", **WORDS}  # fmt: skip
        words = [w for k, v in settings.items() for w in ("--set", f"{k}={v}")]
        said = command(["run", "--name", "shop", "--k", "3", *words], here, SHOP_DB=uri)
        counts = "SELECT count(*), count(DISTINCT segment) FROM segments"
        assert postgres.sql(counts, name) == "120|3"
        literal = [w.replace("env:SHOP_DB", uri) for w in words]
        said += command(["run", *literal], here, code=2)
        said += command(["plan", *words], here, SHOP_DB=uri.replace(SECRET, f"{SECRET}%"), code=3)
        said += command(["run", f"https://shop:{SECRET}@127.0.0.1:1/a.csv"], here, code=2)
        said += command([f"https://shop:{SECRET}@127.0.0.1:1/a.csv"], here, code=2)
        said += command(["export", "shop", uri, *words[4:-4]], here, code=None)
    assert SECRET not in said
    assert not holding(here, SECRET)


def command(words: list[str], here: Path, code: int | None = 0, **names: str) -> str:
    """Run the command line; give all it says."""
    root = Path(engine.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "engine", *words], cwd=here, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(root), **names},
    )  # fmt: skip
    assert code is None or done.returncode == code, done.stderr
    return done.stdout + done.stderr
