"""The program that hosts a cluster is ended, whether it leaves in time or not."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from engine.cluster import hosting, joining


@pytest.mark.parametrize("script", ["pass", "import time; time.sleep(600)"])
def test_a_program_that_leaves_too_slowly_is_killed_and_says_nothing(monkeypatch, script):
    monkeypatch.setattr(hosting, "_LEAVE_SECONDS", 0.2)
    program = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    hosting._end(program)
    assert program.poll() is not None
    assert program.stdout.closed


def test_a_cluster_that_is_left_too_slowly_does_not_end_what_is_done(monkeypatch):
    def close(timeout):
        raise TimeoutError

    @joining.contextmanager
    def current():
        yield

    client = SimpleNamespace(as_current=current, close=close)
    monkeypatch.setattr(joining, "connected", lambda *_: client)
    with joining.joined("local", "tcp://127.0.0.1:1") as found:
        assert found is client
