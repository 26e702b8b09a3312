"""``--json`` of every command: exactly one object on stdout, with the keys that the page lists."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from engine.command_line.cli import app
from engine.data_preparation.generators.customers import generate
from tests.command_line.test_cli import Engine, engine  # noqa: F401
from tests.drawing import undrawn

PAGE = Path(__file__).parents[2] / "docs" / "scheduling.md"
QUICK = ("--set", "clustering.kmeans.n_init=2", "--set", "evaluation.resamples=0")
COMMANDS = {
    "run": ("customers.csv", "--k", "3", *QUICK),
    "run --if-changed": ("customers.csv", "--k", "3", *QUICK),
    "plan": ("customers.csv",),
    "init": ("customers.csv", "--to", "written.yaml", "--force"),
    "assign": ("customers", "customers.csv", "assigned.parquet"),
    "report": ("customers",),
    "similar": ("customers", "--ids", "10000001,10000002", "--n", "2"),
    "similar FILE": ("customers", "near.csv", "--ids", "10000001,10000002"),
    "explain": ("customers", "--ids", "10000001"),
    "explain FILE": ("customers", "why.csv", "--ids", "10000001"),
    "export": ("customers", "list.csv", "--segment", "1"),
    "export --to sql": ("customers", "--to", "sql", "--dialect", "sqlite"),
    "export --to sql FILE": ("customers", "model.sql", "--to", "sql", "--dialect", "sqlite"),
    "compare": ("customers", "customers", "--out", "compared"),
    "drift": ("customers", "customers.csv", "--out", "drifted"),
    "rename": ("customers", "1", "First"),
    "list": (),
    "history": ("customers",),
    "runs": (),
    "use": ("customers", "newest"),
    "generate": ("made.parquet", "--customers", "20"),
    "doctor": (),
    "doctor --model": ("--model", "customers"),
}
"""Words behind each command, and behind its other answers."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    generate(folder / "customers.csv", customers=200, seed=2)
    return folder


@pytest.fixture
def ask(shop: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:  # noqa: F811
    """Ask a command in the shop, where there is a run."""
    monkeypatch.chdir(shop)
    if not Path("models").exists():
        with undrawn():
            assert engine("run", "--quiet", *COMMANDS["run"]).code == 0
    return engine


def keys() -> dict[str, set[str]]:
    """Read the keys that the page says each answer has."""
    rows = re.findall(r"(?m)^\| `engine ([^`|]+)` \| (.+?) \|$", PAGE.read_text(encoding="utf-8"))
    return {name: set(re.findall(r"`([a-z_]+)`", told)) for name, told in rows}


def once(out: str) -> Any:
    """Read the one object, and nothing beside it, as strict JSON."""

    def refuse(word: str) -> Any:
        raise AssertionError(word)

    assert out.count("\n") == 1, out
    return json.loads(out, parse_constant=refuse)


@pytest.mark.parametrize("name", COMMANDS)
def test_stdout_holds_one_object(ask, name: str) -> None:
    command, *more = name.split()
    words = [*(w for w in more if w == "--if-changed"), *COMMANDS[name]]
    if more == ["--if-changed"]:
        with undrawn():
            ask("run", *words, "-q")
        Path("reports/customers/latest/report.html").touch()  # undrawn
    with undrawn():
        code, out, err = ask(command, *words, "--json")
    assert code == 0, err
    assert set(once(out)) == keys()[name] | {"exit_code"}


def test_what_a_run_and_a_plan_say(ask) -> None:
    with undrawn():
        found = once(ask("run", *COMMANDS["run"], "-q", "--json").out)
    assert (found["skipped"], found["customers"], found["segments"]) == (False, 200, 3)
    assert [s["segment"] for s in found["each_segment"]] == [0, 1, 2]
    assert sum(s["customers"] for s in found["each_segment"]) == 200
    assert (
        json.loads(Path(found["report"]).with_name("summary.json").read_text())["run_id"]
        == (found["run_id"])
    )
    assert once(ask("runs", "customers", "--json").out)["runs"][0]["date"][:4].isdigit()
    code, out, _ = ask("plan", "customers.csv", "--set", "compute.memory_limit=1MiB", "--json")
    assert (code, once(out)["exit_code"]) == (7, 7)
    assert "compute.memory_limit (1 MiB)" in once(out)["error"]


def test_an_error_of_a_command(ask) -> None:
    code, out, err = ask("run", "nowhere.csv", "--json")
    sentence = "nowhere.csv does not exist; give a file, a folder or a glob."
    assert (code, once(out)) == (3, {"error": sentence, "exit_code": 3})
    assert err == f"engine: {sentence}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/stdout")
def test_an_output_that_is_stdout_is_refused(ask) -> None:
    code, out, _ = ask("assign", "customers", "customers.csv", "/dev/stdout", "--json")
    assert (code, once(out)["exit_code"]) == (2, 2)


def test_every_command_answers_in_json() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    lacking = [n for n, c in commands.items() if not any("--json" in p.opts for p in c.params)]
    assert not lacking
