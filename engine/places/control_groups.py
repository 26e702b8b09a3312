"""What control groups leave this process of memory, of both versions, up to the root."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_NO_LIMIT = 1 << 60
"""Version 1 writes the largest page-aligned number where there is none."""

_Names = tuple[tuple[str, ...], str, str]

_ONE: _Names = ("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_inactive_file"
_TWO: _Names = ("memory.max", "memory.high"), "memory.current", "inactive_file"


def group_memory(root: Path = Path("/")) -> int | None:
    """Bytes that the tightest control group above this process leaves; None without any limit.

    A group's limit holds for all below it, so each one from the process's own up to the root is
    asked. Pages of files that nobody used of late count as free, for the kernel drops them first.
    From ``memory.high`` on (version 2) a group is slowed down until it stands still: it is a limit,
    too.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` lie.
    """
    left = [
        limit - max(0, used - cached) for limit, used, cached in _limits(root) if limit < _NO_LIMIT
    ]
    return max(0, min(left)) if left else None


def _limits(root: Path) -> Iterator[tuple[int, int, int]]:
    """Yield limit, use and idle cache of each group that has a limit."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        mounted = root / "sys/fs/cgroup"
        if controllers == "":
            version, tops = _TWO, (mounted, mounted / "unified")
        elif "memory" in controllers.split(","):
            version, tops = _ONE, (mounted / "memory", mounted / controllers)
        else:
            continue
        names, use, idle = version
        for group in dict.fromkeys(g for top in tops for g in _upwards(top, path)):
            used = _text(group / use)
            stated = [t for name in names if (t := _text(group / name)).isdigit()]
            if used.isdigit() and stated:
                yield min(map(int, stated)), int(used), _stated(group / "memory.stat", idle)


def _upwards(top: Path, path: str) -> Iterator[Path]:
    """Yield the folders of a group and of those above it, as far as they can be seen.

    Inside a container the path may be the host's, of which only the end, or nothing, is mounted.
    """
    parts = PurePosixPath(path.lstrip("/")).parts
    if ".." in parts:
        parts = ()
    for length in range(len(parts), -1, -1):
        yield top.joinpath(*parts[:length])


def _stated(file: Path, key: str) -> int:
    for line in _text(file).splitlines():
        name, _, value = line.partition(" ")
        if name == key and value.strip().isdigit():
            return int(value)
    return 0


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
