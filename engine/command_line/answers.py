"""What commands answer with ``--json``: the keys, which docs/scheduling.md lists.

Segments count from 0 here, as in files; of a segment of few customers (``output.smallest_group``)
no count is told. Nothing is said of single customers.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polars import DataFrame

    from engine.config.sections import Config
    from engine.customer_lists.export import Exported
    from engine.model.assigned import Assigned
    from engine.planning.steps import Plan
    from engine.run.results import Result
    from engine.run.unchanged import Unchanged


def of_run(result: Result, config: Config) -> dict[str, Any]:
    """Say what a run found, and where it is."""
    summary = result.summary
    scores = summary["methods"][summary["best"]]
    stable = scores.get("stability") or {}
    return {
        "skipped": False,
        "name": summary["name"],
        "run_id": summary["run_id"],
        "customers": summary["n_customers"],
        "segments": scores["k"],
        "method": summary["best"],
        "structure": summary["structure"]["word"],
        "silhouette": scores["silhouette"]["value"],
        "stability": stable.get("mean"),
        "each_segment": _segments(result.profiles, config.output.smallest_group),
        "seconds": sum(stage["seconds"] for stage in summary["stages"]),
        "warnings": summary["warnings"],
        **_paths(config, summary["run_id"]),
    }


def of_skipped(same: Unchanged, config: Config) -> dict[str, Any]:
    """Say which run there is already."""
    told = {"skipped": True, "reason": same.reason, "name": same.name, "run_id": same.run_id}
    return told | _paths(config, same.run_id)


def _segments(profiles: DataFrame, least: int) -> list[dict[str, Any]]:
    told = []
    for row in profiles.iter_rows(named=True):
        few = row["customers"] < least
        told.append(
            {
                "segment": row["segment"],
                "name": row["segment_name"],
                "customers": None if few else row["customers"],
                "share": None if few else row["share"],
            }
        )
    return told


def _paths(config: Config, run_id: str) -> dict[str, Path]:
    output = config.output
    folder = Path(output.reports) / output.name / run_id
    return {
        "report": folder / "report.html",
        "segments_file": folder / "segments.parquet",
        "model": Path(output.models) / output.name / run_id,
    }


def of_plan(plan: Plan) -> dict[str, Any]:
    """Say what would run, and why not."""
    return {
        "customers": plan.n_rows,
        "place": str(plan.runtime.place),
        "place_reason": plan.runtime.reason,
        "parts": plan.runtime.parts_told(),
        "methods": plan.methods,
        "left_out": dict(plan.left_out),
        "steps": [{"step": s.name, "method": s.method, "bytes": s.bytes} for s in plan.steps],
        "peak_bytes": plan.peak,
        "memory_limit": plan.runtime.memory_limit,
        "device_peak_bytes": plan.device_peak,
        "refusals": plan.refusals,
        "targets": [
            {"target": t.target, "reachable": t.error is None, "why": t.error and str(t.error)}
            for t in plan.targets
        ],
    }


def of_assigned(done: Assigned, output: str, seconds: float) -> dict[str, Any]:
    """Say how many customers were assigned, and what was wrong with them."""
    return {
        "customers": done.rows,
        "without_segment": done.apart,
        "output": output,
        "seconds": seconds,
        "notices": done.notices,
        "warnings": done.notes(),
    }


def of_exported(done: Exported, output: str) -> dict[str, Any]:
    """Say how many customers were written."""
    return {
        "customers": done.rows,
        "of_segments": done.segments or None,
        "where": done.where or None,
        "output": output,
        "notices": done.notices,
    }


def of_runs(found: list[tuple[str, DataFrame]]) -> dict[str, Any]:
    """List runs, newest first."""
    return {"runs": [{"name": name, **row} for name, runs in found for row in runs.to_dicts()]}


def of_doctor() -> tuple[dict[str, Any], list[str]]:
    """Say what is here: places, versions, memory and threads; and the problems."""
    from engine.command_line.doctor import gpu_report
    from engine.native.library import told
    from engine.places import extras
    from engine.places.choice import probe
    from engine.places.machine import available_memory, available_threads
    from engine.run.summaries import versions

    gpu, problems = gpu_report()
    return {
        "places": [
            {"place": str(s.place), "usable": s.available, "why": s.reason} for s in probe()
        ],
        "threads": available_threads(),
        "memory_free": available_memory(),
        "system": platform.platform(),
        "kernels": told(),
        "versions": versions(),
        "extras": {name: not extras.missing(name) for name in extras.EXTRAS},
        "gpu": gpu,
    }, problems
