"""What is remembered of each run of a name, in a file that outlives the runs that are removed.

``models/<name>/history.jsonl`` has a line a run, of aggregates alone. A run that is published adds
its own, and those of kept runs that have none yet, before the oldest are removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.storage.latest import run_ids
from engine.storage.links import is_run_id
from engine.utilities.json_files import plain

FILE = "history.jsonl"


def write_down(models: Path, reports: Path) -> None:
    """Add the lines of the runs that are kept and have none.

    Parameters
    ----------
    models, reports : Path
        Folders of all runs of the name.

    Notes
    -----
    What cannot be written now is written with the next run, while the run is kept: nothing fails
    for want of it. The file is only ever added to.
    """
    file = models / FILE
    with suppress(OSError, UnicodeDecodeError):
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        known = {entry["run"] for entry in _read(text)}
        fresh = [entry_of(models, reports, run) for run in run_ids(models) if run not in known]
        if not fresh:
            return
        lines = [json.dumps(plain(e), ensure_ascii=False, allow_nan=False) for e in fresh]
        begun = "\n" * bool(text and not text.endswith("\n"))  # by one that was killed
        with file.open("a", encoding="utf-8") as out:
            out.write(begun + "".join(f"{line}\n" for line in lines))


def remembered(models: Path, reports: Path) -> list[dict[str, Any]]:
    """List what is known of all runs of a name, oldest first.

    Of a run that is kept its own files say so, as its segments may have got other names since.

    Returns
    -------
    entries : list of dict
        As :func:`entry_of` gives them, with ``kept``: whether the run is there.
    """
    text = ""
    with suppress(OSError, UnicodeDecodeError):
        text = (models / FILE).read_text(encoding="utf-8")
    found = {entry["run"]: {**entry, "kept": False} for entry in _read(text)}
    for run in run_ids(models):
        entry = entry_of(models, reports, run)
        before = found.get(run, {})
        told = {k: v for k, v in entry.items() if v is not None}  # the rest where it is damaged
        found[run] = {**entry, **before, **told, "kept": True}
    return [found[run] for run in sorted(found)]


def _read(text: str) -> list[dict[str, Any]]:
    """Read lines; one that was not written to its end, or is no run's, says nothing."""
    entries = []
    for line in text.splitlines():
        with suppress(ValueError, RecursionError):
            entry = json.loads(line)
            if isinstance(entry, dict) and is_run_id(str(entry.get("run"))):
                entries.append(entry)
    return entries


def entry_of(models: Path, reports: Path, run: str) -> dict[str, Any]:
    """Say of a run what its model and its summary hold; None for what is missing or damaged.

    Returns
    -------
    entry : dict
        ``run``, ``date`` (UTC), ``method``, ``k``, ``customers``, ``apart`` (without a segment),
        ``structure``, ``silhouette``, ``stability``, ``segments`` (``segment``, ``name``,
        ``customers``), ``continues``, ``kept_segments``, ``both``, ``stayed``, ``new``, ``left``
        (as :func:`engine.continuity.migration.migration` tells them), ``cut_of``, ``warnings``,
        ``seconds``.
    """
    model, summary = _tree(models / run / "model.json"), _tree(reports / run / "summary.json")
    scores = _at(lambda: summary["methods"][summary["best"]])
    continued = summary.get("continuity") or {}
    moved = _at(lambda: continued["migration"]) or {}
    return {
        "run": run,
        "date": _date(run),
        "method": _at(lambda: str(model["info"]["method"])),
        "k": _at(lambda: len(model["names"])),
        "customers": _at(lambda: int(model["info"]["n_customers"])),
        "apart": _at(lambda: int(summary["n_apart"])),
        "structure": _at(lambda: str(summary["structure"]["word"])),
        "silhouette": _at(lambda: float(scores["silhouette"]["value"])),
        "stability": _at(lambda: float(scores["stability"]["mean"])),
        "segments": _at(lambda: _segments(summary, scores, model["names"])),
        "continues": _at(lambda: model["info"]["continues"]),
        "kept_segments": _at(lambda: int(continued["n_kept"])),
        **{key: moved.get(key) for key in ("both", "stayed", "new", "left")},
        "cut_of": _at(lambda: model["info"]["cut_of"]),
        "warnings": _at(lambda: [str(w) for w in summary["warnings"]]),
        "seconds": _at(lambda: float(summary["seconds"])),
    }


def _segments(
    summary: dict[str, Any], scores: dict[str, Any], names: Sequence[str]
) -> list[dict[str, Any]]:
    each = zip(summary["segment_numbers"], names, scores["sizes"], strict=True)
    return [{"segment": int(n), "name": str(c), "customers": int(s)} for n, c, s in each]


def _tree(file: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, RecursionError):
        tree = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(tree, dict):
            return tree
    return {}


def _at(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _date(run: str) -> str | None:
    try:
        return datetime.strptime(run[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).isoformat()
    except ValueError:
        return None
