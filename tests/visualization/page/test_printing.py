"""The page as a PDF: printed by the browser that is there, and a sentence where that cannot be."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.visualization.page.printing import BROWSERS, VARIABLE, browser, print_page

PAGE = "<!doctype html><title>x</title><p>Loyal regulars</p><img src='https://example.invalid/a'>"


def has_browser() -> bool:
    try:
        return bool(browser())
    except EngineError:
        return False


def stand_in(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a program that fails in some way stand where a browser does."""
    program = folder / "browser"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(program))


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "a page\u00e9.html"
    path.write_text(PAGE)
    return path


@pytest.mark.long
@pytest.mark.skipif(not has_browser(), reason="no browser that prints is installed")
def test_a_page_is_printed_twice_alike(page: Path, tmp_path: Path):
    first = print_page(page, tmp_path / "one.pdf")
    assert first.read_bytes().startswith(b"%PDF")
    print_page(page, tmp_path / "two.pdf")
    assert first.read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_without_a_browser_it_says_what_was_looked_for(page: Path, tmp_path: Path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("engine.visualization.page.printing._ELSEWHERE", {})
    with pytest.raises(EngineError) as told:
        print_page(page, tmp_path / "out.pdf")
    assert all(name in str(told.value) for name in (*BROWSERS, VARIABLE))
    assert not (tmp_path / "out.pdf").exists()


def test_a_browser_that_is_named_and_not_there(monkeypatch):
    monkeypatch.setenv(VARIABLE, "/nowhere/chrome")
    with pytest.raises(
        EngineError, match=r"ENGINE_BROWSER is /nowhere/chrome, which is no program"
    ):
        browser()


@pytest.mark.skipif(os.name != "posix", reason="the stand-ins are shell scripts")
@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("echo 'no display' >&2; exit 3", "did not print .*: no display"),
        ("exit 0", "did not print .*: it says nothing of why"),
        ("for a in \"$@\"; do case $a in --print-to-pdf=*) echo no > \"${a#*=}\";; esac; done",
         "did not print"),
        ("sleep 60", "did not print .* within 1 seconds"),
    ],
)  # fmt: skip
def test_a_browser_that_fails_is_one_sentence(page, tmp_path, monkeypatch, script, sentence):
    stand_in(tmp_path, script, monkeypatch)
    (tmp_path / "out.pdf").write_bytes(b"%PDF earlier")
    begun = time.monotonic()
    with pytest.raises(EngineError, match=sentence):
        print_page(page, tmp_path / "out.pdf", seconds=1)
    assert time.monotonic() - begun < 30
    assert (tmp_path / "out.pdf").read_bytes() == b"%PDF earlier", "what was there stays"


@pytest.mark.skipif(os.name != "posix", reason="the stand-ins are shell scripts")
def test_what_it_started_ends_with_it(page: Path, tmp_path: Path, monkeypatch):
    stand_in(tmp_path, f"sleep 60 & echo $! > '{tmp_path}/child'; wait", monkeypatch)
    with pytest.raises(EngineError, match="within 1 seconds"):
        print_page(page, tmp_path / "out.pdf", seconds=1)
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("it still runs")
