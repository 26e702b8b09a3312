"""Imports beside other work: done at the end, quiet about failures."""

from __future__ import annotations

import sys

import pytest

from engine.utilities.ahead import importing


def test_modules_are_there_at_the_end(tmp_path, monkeypatch):
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(0.05)\nDONE = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    with importing("slow_to_import"):
        pass
    assert sys.modules.pop("slow_to_import").DONE


def test_a_failure_is_left_to_who_needs_the_module(tmp_path, monkeypatch):
    (tmp_path / "broken_on_import.py").write_text("raise RuntimeError('broken')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with importing("broken_on_import", "no_such_module"):
        pass
    with pytest.raises(RuntimeError, match="broken"):
        import broken_on_import  # noqa: F401


def test_what_is_done_inside_may_fail():
    with pytest.raises(ZeroDivisionError), importing("json"):
        _ = 1 / 0
