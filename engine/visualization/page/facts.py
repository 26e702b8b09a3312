"""The choices behind a run, as the page lists them."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from engine.visualization import readable
from engine.visualization.report_data import best_method

if TYPE_CHECKING:
    from engine.visualization.report_data import ReportData

_FILES_SHOWN = 3
_ROWS = {"customers": "one customer", "transactions": "one line of an invoice"}


def facts(data: ReportData) -> list[tuple[str, str]]:
    """List the choices behind the run, as pairs of a name and a plain value."""
    summary, best = data.summary, best_method(data.summary)
    components = (
        f"{readable.counted(data.n_components, 'component')} kept, "
        f"{readable.percent(_kept(data))} of the variance"
        if data.n_components
        else "off: the prepared features are used as they are"
    )
    found = [
        ("Method", str(summary["best"])),
        ("Its settings", _settings(summary)),
        ("Number of segments", str(best.get("k", len(data.profiles["segments"])))),
        ("How it was chosen", summary.get("k_rule") or "given in the configuration"),
        ("Features", f"{summary['n_features']:,}"),
        ("Principal components", components),
        ("Medians", _medians(data.profiles.get("medians"))),
        ("Computed on", f"{summary['place']} ({summary['place_reason']})"),
        *_parts(summary.get("parts") or {}),
        ("Seed of random choices (random_state)", str(summary["random_state"])),
        ("Run", f"{summary['run_id']} ({readable.run_date(str(summary['run_id']))})"),
    ]
    found += _input(summary.get("input") or {})
    versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    return [*found, ("Versions", versions)]


def _parts(parts: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """Tell what did which part of a run on a GPU, and why."""
    told = "; ".join(f"{name}: {part['by']} ({part['why']})" for name, part in parts.items())
    return [("On the GPU", told)] if told else []


def _input(given: dict[str, Any]) -> list[tuple[str, str]]:
    """Tell the files by their names: where they lie is nobody's business who gets the page."""
    files = given.get("files") or [path for path in [given.get("path")] if path]
    names = [PurePath(str(file)).name for file in files]
    more = max(int(given.get("n_files") or 0), len(names)) - _FILES_SHOWN
    told = ", ".join(names[:_FILES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
    found = [("Files" if len(names) > 1 else "File", told)] if told else []
    if kind := given.get("kind"):
        found.append(("A row is", _ROWS.get(kind, str(kind))))
    if column := given.get("id"):
        found.append(("Customers are told apart by", str(column)))
    return found


def _settings(summary: dict[str, Any]) -> str:
    """List the settings of the method that is shown, as the configuration names them."""
    sections = (summary.get("config") or {}).get("clustering") or {}
    return plain(sections.get(summary["best"]) or {}) or "none"


def plain(value: Any) -> str:
    """Write a setting as text: nested ones by their names, lists by commas, none left out.

    Examples
    --------
    >>> plain({"method": "agglomerative", "settings": {"linkage": "average"}, "share": None})
    'method agglomerative, linkage average'
    >>> plain([True, 20_000, "a"])
    'yes, 20,000, a'
    """
    if isinstance(value, dict):
        told = [
            plain(inner) if isinstance(inner, dict) else f"{key} {plain(inner)}"
            for key, inner in value.items()
            if inner is not None and inner not in ([], {})
        ]
        return ", ".join(told)
    if isinstance(value, list | tuple):
        return ", ".join(plain(inner) for inner in value if inner is not None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _kept(data: ReportData) -> float:
    kept = data.explained_variance[: data.n_components]
    return sum(ratio for ratio in kept if readable.number(ratio))


def _medians(kind: Any) -> str:
    return "from a sample of each segment" if kind == "sampled" else "over all customers"
