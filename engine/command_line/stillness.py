"""Whether a process that may take no more addresses has stopped to work."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from mmap import PAGESIZE
from time import monotonic, process_time

STILL = 30.0
"""Seconds in which nothing goes on."""

_IDLE = 1.0
"""Seconds of a processor's time that this takes at most."""

NEARLY = 0.8
"""Share of the addresses allowed from which their end is why nothing goes on."""

_MOST = 1 << 11

_WAITS = ("distributed", "adbc_driver_manager", "deltalake", "fsspec", "http.client", "mlflow")
"""Modules of those who wait for others to work: a cluster, a store, a server."""


class Stillness:
    """Whether a process whose addresses are nearly used up has stopped to work.

    Parameters
    ----------
    bound : int or None
        Bytes of addresses allowed.
    """

    def __init__(self, bound: int | None) -> None:
        self._bound, self._since, self._used = bound, monotonic(), process_time()
        self._sizes = None
        with suppress(OSError):  # no /proc: macOS, Windows
            self._sizes = os.open("/proc/self/statm", os.O_RDONLY) if bound else None

    def lasts(self) -> bool:
        """Tell whether it has lasted, asked now and then; not where others may be at work."""
        worked = process_time() - self._used >= _IDLE
        if worked or any(name in sys.modules for name in _WAITS):
            self._since, self._used = monotonic(), process_time()
            return False
        return monotonic() - self._since >= STILL and self._nearly()

    def _nearly(self) -> bool:
        if self._sizes is None or self._bound is None:
            return False
        held = int(os.pread(self._sizes, _MOST, 0).split()[0]) * PAGESIZE
        return held >= NEARLY * self._bound
