"""Damaged configurations: each ends in a plan, or in short sentences with the right exit code.

What was found at fault before is among the seeds: days that are none, numbers of thousands of
digits, lists in lists, aliases, paths that cannot be, values of a megabyte.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

import engine
import engine.errors
from engine.command_line.cli import main
from engine.config.sections import Config
from engine.utilities.params import Params
from tests.campaigns.made_models import customers
from tests.campaigns.tries import told, tries

pytestmark = pytest.mark.long

HOW_MANY = tries(50, 500)
LONGEST = 400
"""Letters of a line that says what is wrong."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 1.5, -0.0, 1e308, float("nan"), float("inf"), 10**30, 10**5_000,
    -(10**5_000), "", " ", "auto", "off", "all", "..", "/", "~nosuchuser", "~nosuchuser/x", "~",
    "nul\0byte", "x" * 300,
    "y/" * 3_000, "é" * 200, "line\nbreak", "{}", "{0}", "{name}", "%s", "^x.*$", "^(?i)id$", "*",
    "[", "[red]", "[/]", "$x$", "_x", "'", '"', "\\", "=1+1", "2011-02-30", "2011-13-01", "30 Feb",
    "9" * 5_000, "1e400", "0x1F", "0o17", "1_000", "1:30", "yes", "no", "null", "NaN", "4GiB",
    "-4GiB",
    "1e9GB", "/dev/zero", "/dev/null", "/etc/shadow", ".", "m" * 1_000_000, [], [[]], [[["a"]]], {},
    {"a": {"b": {"c": 1}}}, ["a"] * 3_000, [None], [1, "a", None], {"": ""}, {1: 2}, {None: None},
    ["income", "income"], ["^in.*$"], ["*"], ["{income}"], ["", " "], "\u202eincome", "income ",
    {"customer_id": "nobody"}, {"amount": ["income"]}, {"k": 10**5_000}, ["m" * 1_000_000],
    {"m" * 1_000_000: "m" * 1_000_000}, (1, 2), b"bytes", 2**31, 2**63, 0.1 + 0.2,
)  # fmt: skip
"""What is put in place of values."""

TEXTS: tuple[str | bytes, ...] = (
    "", "\n", "# nothing\n", "---\n", "--- 1\n--- 2\n", "null\n", "[]\n", "3\n", "a\n", "input:\n",
    "input: {path: customers.csv\n", "input:\n\tpath: customers.csv\n", "input: [a, b]\n",
    "&a *a\n",
    "input:\n  path: a\n  path: b\n", "? [1, 2]\n: 3\n", "1: 2\n", "null: 3\n", "true: 3\n",
    "<<: 3\n",
    "2011-02-30: 3\n", ".nan: 1\n", "transactions: {snapshot: 2011-02-30}\n", "a: !!int abc\n",
    "preparation: {snapshot: 2024-02-30}\n", "clustering: {k: " + "9" * 5_000 + "}\n",
    "output: {name: !!binary aGk=}\n", "a: !!set {x, y}\n", "a: !!omap [x: 1]\n", "a: !!float x\n",
    "input: !!python/object/apply:os.getcwd []\n", "input: !custom {path: a}\n",
    "a: !!timestamp x\n",
    "clustering: {k: 1:30}\n", "clustering: {k: 0o17}\n", "clustering: {k: 010}\n", "a: !!bool x\n",
    "a: &a {k: 3}\nclustering: *a\n", "a: &a [*a]\n", "clustering: {<<: {k: 3}}\n", "a: *b\n",
    "features: {exclude: &x [income]}\n", "base: &b {k: 4}\nclustering: {<<: *b, k: 3}\n",
    "a: " + "[" * 19 + "]" * 19, "a: " + "[" * 21 + "]" * 21, "a: " + "{a: " * 30 + "}" * 30,
    "a: " + "[" * 100_000, "- " * 5_000, "x: &x 1\ny: [" + "*x, " * 90 + "]\n",
    "x: &x 1\ny: [" + "*x, " * 110 + "]\n", "a: " + "1" * 5_000, "a: '" + "m" * 1_000_000 + "'\n",
    "m" * 1_000_000 + ": 3\n", "m" * 3_000_000, b"\xff\xfe\x00", b"\x00\x01\x02" * 99, b"\x80abc",
    "clustering: {k: 3}\n".encode("utf-16"), "clustering: {k: 3}\n".encode("utf-8-sig"),
    b"\xfe\xff",
    "a: \x07\n", "%YAML 9.9\n---\na: 1\n", "a: |\n  text\n", "a: >\n", "'", '"', "a: b: c\n",
    "a:b\n",
    "@a: 1\n", "`: 1\n", "- a\nb: 1\n", "{a, b}\n", "a: [1, 2\nb: 3\n", "a: 'x\n", 'a: "\\x"\n',
    "\u2028a: 1\n", "a: \ud7ff\n", "#" * 999_999, " " * 1_000_000, "\n" * 1_000_000, "a: 1e400\n",
)  # fmt: skip
"""Files that are no configuration, or hardly one."""

Try = Callable[[], "tuple[str, int, str]"]


def command(*words: str) -> tuple[int, str]:
    """Run a command in this process, and give its exit code and what it says is wrong."""
    said, before = io.StringIO(), sys.argv
    sys.argv = ["engine", *words]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            main()
        code: Any = 0
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        sys.argv = before
    return int(code), said.getvalue()


def called(tree: Any, overrides: dict[str, Any] | None) -> tuple[int, str]:
    """Plan from Python, and give what the command line would."""
    try:
        found = engine.plan(tree, overrides)
    except engine.EngineError as error:
        return error.exit_code, f"engine: {error}\n"
    return int(bool(found.refusals)), ""


def keys(section: type[Params] = Config, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Give the path of every key, and of every section."""
    found = []
    for name, field in section.model_fields.items():
        found.append((*path, name))
        below = field.annotation
        if isinstance(below, type) and issubclass(below, Params):
            found += keys(below, (*path, name))
    return found


KEYS = keys()


def good() -> dict[str, Any]:
    return {"input": {"path": "customers.csv"}, "clustering": {"k": 3}}


def put(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Put a value at a path of a configuration."""
    place = tree
    for part in path[:-1]:
        if not isinstance(place.get(part), dict):
            place[part] = {}
        place = place[part]
    place[path[-1]] = value
    return tree


def written(tree: Any) -> str:
    """Write a configuration as somebody would."""
    return yaml.safe_dump(json.loads(json.dumps(tree, default=str)), allow_unicode=True)


def damaged(number: int) -> tuple[str, int, str]:
    """Try one configuration: what it is, the exit code, and what was said."""
    chance = Random(number)
    if number < len(TEXTS):
        text = TEXTS[number]
        Path("c.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return f"file {text[:60]!r}", *command("plan", "c.yaml")
    path, value = chance.choice(KEYS), VALUES[number % len(VALUES)]
    way, name = chance.randrange(4), ".".join(path)
    said = f"{name} = {repr_of(value)}"
    if way == 0:
        return f"python {said}", *called(put(good(), path, value), None)
    if way == 1:
        return f"override {said}", *called(good(), {name: value})
    with contextlib.suppress(ValueError, TypeError, yaml.YAMLError):
        text = written(put(good(), path, value))
        if way == 2:
            Path("c.yaml").write_text(spoilt(text, chance), encoding="utf-8")
            return f"file {said}", *command("plan", "c.yaml")
        if len(text) < 100_000:
            plain = written(value).removesuffix("\n").removesuffix("\n...")
            words = ("--set", "input.path=customers.csv", "--set", f"{name}={plain}")
            return f"--set {said}", *command("plan", *words)
    return f"python {said}", *called(put(good(), path, value), None)


def spoilt(text: str, chance: Random) -> str:
    """Sometimes take out, double or change one letter of a file."""
    if chance.random() < 0.5:
        return text
    place, mark = chance.randrange(len(text)), chance.choice(":-[]{}&*!|>'\"%@`#,? \t\n0~")
    return text[:place] + chance.choice(("", text[place] * 2, mark)) + text[place + 1 :]


def repr_of(value: Any) -> str:
    try:
        return repr(value)[:60]
    except ValueError:
        return "a huge number"


def fault(code: int, said: str) -> str | None:
    """Say what is at fault with an answer; None where nothing is."""
    if code not in engine.errors.EXIT_CODES or "Traceback" in said or "unforeseen" in said:
        return said[:1_000]
    if code == 0:
        return None
    lines = [line for line in said.splitlines() if line.strip()]
    long = [line for line in lines if len(line) > LONGEST]
    if long:
        return f"a line of {len(long[0]):,} letters: {long[0][:300]}"
    if code == 2 and "problem(s) found" not in said:
        return f"exit code 2 without a problem: {said[:300]}"
    return None


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    customers().write_csv("customers.csv", separator=";")
    return tmp_path


def test_damaged_configurations(here):
    wrong, step = [], max(1, 500 // HOW_MANY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(0, 500, step):
            try:
                what, code, said = damaged(number)
                found = fault(code, said)
            except Exception as error:  # nothing of the kind may reach a user
                what, found = f"number {number}", f"{type(error).__name__}: {error}"[:1_000]
            if found is not None:
                wrong.append(f"{number}, {what}: {found}")
    tried = len(range(0, 500, step))
    told("damaged configurations", tried, tried - len(wrong))
    assert not wrong, "\n".join(wrong)
    left = {p.name for p in here.iterdir()} - {"customers.csv", "c.yaml"}
    assert not left, "a plan writes nothing"


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "missing", "huge", "long", "nul"])
def test_a_configuration_that_is_no_file(here, kind):
    name = {"device": "/dev/zero", "long": "x" * 5_000, "nul": "a\0b"}.get(kind, "it")
    if kind == "folder":
        Path("it").mkdir()
    elif kind == "pipe":
        os.mkfifo("it")
    elif kind == "huge":
        with Path("it").open("wb") as file:
            file.truncate(1 << 30)  # a hole: nothing lies on the disk
    code, said = command("plan", name)
    assert fault(code, said) is None
    if kind in ("folder", "huge"):  # data may stand there, too: these are none
        assert code in (3, 4)
        return
    assert code == (3 if kind in ("missing", "nul") else 2)  # data that are not there, too
    assert "problem(s) found" in said
