"""What the C library holds back of memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LEAST = 1 << 20
_KEPT, _KEPT_IN_ALL = 32 << 20, 64 << 20
"""Bytes of a block that is kept for the next one of its size, and of all that are kept in a row."""


@cache
def _trim() -> Any:
    """Give glibc's ``malloc_trim``; None where the C library is another."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; Windows
        return None


def release() -> None:
    """Give back what was freed; a few milliseconds, no more where there is nothing.

    glibc keeps what threads freed in blocks of up to 32 MiB, once one of that size was freed:
    after passes over a million customers that is 200 MiB, which no plan would know of.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def keep_freed() -> None:
    """From now on, keep blocks that passes free for those that follow, as glibc does by itself.

    Dask starts its workers with ``MALLOC_TRIM_THRESHOLD_``, which makes it ask the system anew for
    every block of a pass: 16,000 page faults for half a million rows of 16 columns, and 1.7 times
    the processor time. Once a process.
    """
    with suppress(AttributeError, OSError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _KEPT)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_IN_ALL)


def keep_nothing() -> None:
    """From now on, give back what is freed at once; passes take about a tenth longer."""
    with suppress(AttributeError, OSError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LEAST)
        libc.mallopt(_M_TRIM_THRESHOLD, _LEAST)
