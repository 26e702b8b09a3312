"""Describes the machine and the versions that a measurement belongs to."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

PACKAGES = ("engine-segments", "numpy", "scipy", "scikit-learn", "polars", "pandas", "pyarrow")


def describe() -> dict[str, Any]:
    """Tell processor, cores, memory, system, versions and the commit."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "commit": _commit(),
    }


def _cpu() -> str:
    """Name the processor; cloud machines hide the model's name, so its numbers go with it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    told = dict(
        reversed([[part.strip() for part in line.split(":", 1)] for line in lines if ":" in line])
    )
    numbers = f"family {told.get('cpu family', '?')}, model {told.get('model', '?')}"
    return f"{told.get('model name', platform.machine())} ({numbers})"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Name the commit, with ``+changes`` where tracked files differ from it; None outside git."""
    folder = Path(__file__).parent
    head = _git("rev-parse", "HEAD", folder=folder)
    if head is None:
        return None
    return head + ("+changes" if _git("status", "--porcelain", "-uno", folder=folder) else "")


def _git(*arguments: str, folder: Path) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
