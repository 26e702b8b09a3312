"""Which names there are under which runs are kept, and which of them may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.config.sections import OutputConfig
from engine.storage.latest import LATEST, latest_run, run_ids
from engine.storage.links import is_run_id
from engine.storage.meant import AT, parted

_MOST = 5
"""Names that a sentence lists."""

_LEAST = 6
"""Letters of an id, given without its name, that are taken for one."""

LONGEST = 4_096
"""Letters of a path; the folders above a longer one would fill the memory."""


def nearest(settings: OutputConfig, text: str | Path) -> str:
    """Say which name may have been meant: the end of a sentence."""
    there = names(settings)
    if runs := _of_an_id(settings, str(text), there):
        return f"it is the id of a run, which is named after its results: {runs}."
    name, _ = parted(str(text)) or (str(text), "")
    said = [p for p in Path(name[:LONGEST]).parts if p != LATEST and not is_run_id(p)]
    close = difflib.get_close_matches(said[-1], there, n=1) if said else []
    if close:
        return f"did you mean {close[0]!r}?"
    if there:
        listed = ", ".join(map(repr, there[:_MOST]))
        rest = f" and {len(there) - _MOST:,} more" if len(there) > _MOST else ""
        return f"there {'is' if len(there) == 1 else 'are'} {listed}{rest}."
    return "run the engine first, or name another."


def _of_an_id(settings: OutputConfig, text: str, there: Sequence[str]) -> str:
    """Propose ``shop@ID`` where the id of a run was given alone, or enough of one."""
    if len(text) < _LEAST:
        return ""
    found = [
        f"{name}{AT}{run}"
        for name in there
        for run in run_ids(Path(settings.models) / name)
        if run.startswith(text) or run.endswith(text)
    ]
    return " or ".join(map(repr, found[-_MOST:]))


def names(settings: OutputConfig) -> list[str]:
    """List the names under which runs are kept."""
    return sorted({root.name for root in _roots(settings) if has_runs(root)})


def _roots(settings: OutputConfig) -> Iterator[Path]:
    for folder in (Path(settings.models), Path(settings.reports)):
        if folder.is_dir():
            yield from (root for root in folder.iterdir() if root.is_dir())


def has_runs(root: Path) -> bool:
    """Tell whether a folder is one of runs."""
    return bool(run_ids(root)) or latest_run(root) is not None
