"""The choices behind a run, as the page lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.visualization import readable
from engine.visualization.report_data import best_method

if TYPE_CHECKING:
    from engine.visualization.report_data import ReportData


def facts(data: ReportData) -> list[tuple[str, str]]:
    """List the choices behind the run, as pairs of a name and a plain value."""
    summary, best = data.summary, best_method(data.summary)
    components = (
        f"{data.n_components} components kept, {readable.percent(_kept(data))} of the variance"
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
        ("Place", f"{summary['place']} ({summary['place_reason']})"),
        ("Random state", str(summary["random_state"])),
        ("Run", str(summary["run_id"])),
    ]
    given = summary.get("input") or {}
    found += [(f"Input: {key}", _fact(value)) for key, value in given.items() if value is not None]
    versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    return [*found, ("Versions", versions)]


def _settings(summary: dict[str, Any]) -> str:
    """List the settings of the method that is shown, as the configuration names them."""
    sections = (summary.get("config") or {}).get("clustering") or {}
    own = sections.get(summary["best"]) or {}
    told = [f"{key} {_fact(value)}" for key, value in own.items() if value is not None]
    return ", ".join(told) or "none"


def _fact(value: Any) -> str:
    counted = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,}" if counted else str(value)


def _kept(data: ReportData) -> float:
    kept = data.explained_variance[: data.n_components]
    return sum(ratio for ratio in kept if readable.number(ratio))


def _medians(kind: Any) -> str:
    return "from a sample of each segment" if kind == "sampled" else "over all customers"
