"""A thousand damaged files: read right, or refused in one sentence that names the file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from tests.campaigns.damaged import wrong
from tests.campaigns.tries import told, tries

pytestmark = pytest.mark.long

PATIENCE = 300
"""Seconds that a file may take; a usual one takes 0.1, on a machine that is not shared."""

CUT, WHOLE = 60, 1_000


class Reader:
    """A process that takes files in, one after the other; started again where it died or hangs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.damaged", str(self._folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self._lines: Queue[str] = Queue()
        self._listener = Thread(target=self._listen, args=(self._process, self._lines))
        self._listener.start()

    @staticmethod
    def _listen(process: subprocess.Popen[str], lines: Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    def take(self, number: int) -> dict[str, str]:
        """Give what came of a file; a death and a hang are unforeseen."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        try:
            line = self._lines.get(timeout=PATIENCE)
        except Empty:
            line = "hangs"
        if line.startswith("{"):
            return json.loads(line)
        self.stop()
        code = self._process.returncode
        self._start()
        return {"unforeseen": f"took more than {PATIENCE} s" if line else f"died with {code}"}

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._listener.join()


def test_damaged_files(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    numbers = range(tries(CUT, WHOLE))
    try:
        answers = {number: wrong(number, reader.take(number)) for number in numbers}
    finally:
        reader.stop()
    broken = [f"{number}: {why}" for number, why in answers.items() if why]
    told("damaged files", len(numbers), len(numbers) - len(broken))
    assert not broken, "\n".join(broken)
