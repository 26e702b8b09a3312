"""Runs a command and tells its seconds and the peak memory of each process of its family.

A cluster is many processes: the client that is started here, its scheduler, workers and whatever
these start. Each is looked at every tenth of a second by what Linux says in ``/proc``: the most it
was ever resident (``VmHWM``), and what all of them are together at that moment.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from engine.utilities.disk_use import bytes_in

OFTEN, SELDOM = 0.1, 2.0
"""Seconds between two looks at processes, and at what lies on disk."""


def measured(command: Sequence[str], log: Path, limit: float, **how: Any) -> dict[str, Any]:
    """Run a command to its end.

    Parameters
    ----------
    command : sequence of str
    log : Path
        What it prints.
    limit : float
        Seconds after which it is ended.
    **how
        As of :class:`subprocess.Popen`; ``cwd`` is where it writes.

    Returns
    -------
    found : dict
        ``seconds``, ``exit_code`` (None where it was ended), ``client_bytes`` (the command's own
        process), ``largest_bytes`` (the largest of all), ``together_bytes`` (most at one time) and
        ``disk_bytes`` (most that lay in ``cwd`` at one time: pieces that workers had no room for).
    """
    start = time.perf_counter()
    with log.open("w") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, **how)
        peaks: dict[int, int] = {}
        together = disk = 0
        looked = start
        while child.poll() is None and time.perf_counter() - start < limit:
            now = _looked(child.pid, peaks)
            together = max(together, now)
            if time.perf_counter() - looked > SELDOM:
                disk, looked = max(disk, bytes_in(how["cwd"])), time.perf_counter()
            time.sleep(OFTEN)
        seconds = time.perf_counter() - start
        code = child.poll()
        if code is None:
            _end(child)
    return {
        "seconds": seconds,
        "exit_code": code,
        "client_bytes": peaks.get(child.pid, 0),
        "largest_bytes": max(peaks.values(), default=0),
        "together_bytes": together,
        "disk_bytes": disk,
    }


def _looked(pid: int, peaks: dict[int, int]) -> int:
    """Take in the peak of each process that there is; give what they hold now."""
    now = 0
    for process in _family(pid):
        try:
            status = Path(f"/proc/{process}/status").read_text()
        except OSError:
            continue
        told = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Vm"))
        peaks[process] = max(peaks.get(process, 0), _bytes(told.get("VmHWM", "0 kB")))
        now += _bytes(told.get("VmRSS", "0 kB"))
    return now


def _bytes(told: str) -> int:
    return int(told.split()[0]) * 1024


def _family(pid: int) -> list[int]:
    try:
        return [pid, *(p.pid for p in psutil.Process(pid).children(recursive=True))]
    except psutil.Error:
        return []


def _end(child: subprocess.Popen[Any]) -> None:
    for pid in reversed(_family(child.pid)):
        try:
            psutil.Process(pid).kill()
        except psutil.Error:
            continue
    child.wait()
