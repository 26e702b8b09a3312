"""``--json``: one object on stdout, whatever is printed meanwhile and however a command ends."""

from __future__ import annotations

import datetime
import json
import sys
from typing import Any

import pytest
import typer

from engine.command_line import cli
from engine.command_line.answering import answering
from engine.errors import EXIT_CODES, DiskFullError, DriftError, EngineError


def ended(monkeypatch: pytest.MonkeyPatch, capfd: Any, body: Any) -> tuple[int, str, str]:
    """Run a command of the test's own; give the exit code, and what was printed where."""

    def app() -> None:
        with answering("--json" in sys.argv) as answer:
            body(answer)
        sys.exit(0)

    monkeypatch.setattr(cli, "app", app)
    capfd.readouterr()
    with pytest.raises(SystemExit) as done:
        cli.main()
    return int(done.value.code or 0), *capfd.readouterr()


def test_one_object_in_strict_json(monkeypatch, capfd):
    def body(answer: Any) -> None:
        print("a word of a library")
        typer.echo("a sentence for people")
        answer({"customers": 3, "silhouette": float("nan"), "day": datetime.date(2026, 12, 1)})
        answer({"name": "Zoë's"})

    monkeypatch.setattr(sys, "argv", ["engine", "--json"])
    code, out, err = ended(monkeypatch, capfd, body)
    whole = {"customers": 3, "silhouette": None, "day": "2026-12-01", "name": "Zoë's"}
    assert (code, json.loads(out)) == (0, whole | {"exit_code": 0})
    assert out.isascii()
    assert out.count("\n") == 1
    assert err == "a word of a library\na sentence for people\n"
    monkeypatch.setattr(sys, "argv", ["engine"])
    code, out, err = ended(monkeypatch, capfd, body)
    assert (code, out, err) == (0, "a word of a library\na sentence for people\n", "")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DriftError("age drifted."), 5, {"error": "age drifted."}),
        (DiskFullError("no room."), 6, {"error": "no room."}),
        (OSError(28, "No space left on device"), 6, None),
        (MemoryError(), 7, None),
        (ZeroDivisionError("nobody foresaw it"), 1, None),
        (SystemExit(130), 130, None),
        (typer.Exit(1), 1, {}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_the_object_too(monkeypatch, capfd, error, code, said):
    def body(answer: Any) -> None:
        answer({"psi": 0.4})
        raise error

    monkeypatch.setattr(sys, "argv", ["engine", "--json"])
    if isinstance(error, typer.Exit):  # Typer makes it the end of the program
        monkeypatch.setattr(cli, "app", lambda: None)
        with pytest.raises(typer.Exit), answering(True) as answer:
            body(answer)
        assert json.loads(capfd.readouterr().out) == {"psi": 0.4, "exit_code": 1}
        return
    ended_with, out, err = ended(monkeypatch, capfd, body)
    found = json.loads(out)
    assert out.count("\n") == 1
    assert (ended_with, found["exit_code"]) == (code, code)
    assert err == f"engine: {found['error']}\n"
    if said is not None:
        assert found == {"psi": 0.4, **said, "exit_code": code}


def test_usage_that_is_wrong(monkeypatch, capfd):
    for words, sentence in (
        (["run", "--json", "--wrong"], "No such option: --"),
        (["assing", "--json"], "No such command 'assing'"),
    ):
        monkeypatch.setattr(sys, "argv", ["engine", *words])
        with pytest.raises(SystemExit) as done:
            cli.main()
        assert done.value.code == 2
        found = json.loads(capfd.readouterr().out)
        assert found["exit_code"] == 2
        assert sentence in found["error"]


def test_stdout_serves_one(monkeypatch):
    with pytest.raises(EngineError, match="both print to stdout"), answering(True, "/dev/stdout"):
        pass


def test_help_tells_the_exit_codes(monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["engine", "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    said = " ".join(capfd.readouterr().out.split())
    for code, means in EXIT_CODES.items():
        assert f"{code} {means}" in said
