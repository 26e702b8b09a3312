"""WHEN: a run from top to bottom: load, prepare, reduce, cluster, evaluate, describe, draw."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.clustering.algorithm import Fit, Task, algorithm
from engine.config import Config, Source, load_config
from engine.data_preparation import prepare
from engine.data_preparation.prepare import Loaded, Prepared
from engine.descriptive_stats.profiles import Profiles, describe
from engine.dimensionality_reduction.pca import PCA, fit_pca, project
from engine.errors import DataError
from engine.evaluation.choose_k import ChoiceOfK, choose_k, structure
from engine.evaluation.scores import InternalScores, internal_scores
from engine.evaluation.silhouette import Silhouette, silhouette
from engine.model import Model
from engine.outputs import RunFolders, new_run, writing
from engine.planning import check, make_plan
from engine.runtime import Runtime, choose
from engine.utilities.json_files import write_json
from engine.utilities.progress import Progress
from engine.utilities.sampling import draw
from engine.utilities.stages import Stages
from engine.utilities.tables import write_table

MAP_POINTS = 20_000
"""Customers on the map; what leaves a run for drawing is capped at this."""

_LIBRARIES = ("numpy", "polars", "narwhals", "scipy", "scikit-learn")


@dataclass(frozen=True)
class Scored:
    """One method's clustering with its scores."""

    method: str
    fit: Fit
    scores: InternalScores
    silhouette: Silhouette
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Its entry in the summary."""
        return {
            **self.scores.to_json(),
            "silhouette": self.silhouette.to_json(),
            "n_iter": self.fit.n_iter,
            "seconds": round(self.seconds, 4),
        }


@dataclass(frozen=True)
class Result:
    """What :func:`engine.segment` gives back.

    Attributes
    ----------
    summary : dict
        The same as ``summary.json``.
    profiles : polars DataFrame
        One row a segment: size, share, and mean, median and z-score of each feature.
    model : Model
        Assigns new customers.
    report_path : Path
        The HTML page.
    """

    summary: dict[str, Any]
    profiles: pl.DataFrame = field(repr=False)
    model: Model = field(repr=False)
    report_path: Path

    @cached_property
    def segments(self) -> pl.DataFrame:
        """One row a customer: the id, ``segment``, ``segment_name``, ``distance``."""
        return pl.read_parquet(self.report_path.parent / "segments.parquet")

    @property
    def scores(self) -> dict[str, Any]:
        """Scores of the best method."""
        scores: dict[str, Any] = self.summary["methods"][self.summary["best"]]
        return scores


def segment(
    source: Source | Config = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    progress: Progress | None = None,
) -> Result:
    """Segment customers: the whole job of ``engine run``.

    Parameters
    ----------
    source : str, Path, dict, Config or None
        A YAML file, the same as a dictionary, or None for the defaults.
    overrides : mapping of dotted path to value, optional
        For example ``{"clustering.k": 5}``.
    progress : Progress, optional
        Shown while it runs; nothing by default.

    Returns
    -------
    result : Result

    Raises
    ------
    EngineError
        With one sentence: what is wrong with the configuration, the data, the place or the
        output folders. Earlier results stay as they were.

    Examples
    --------
    >>> import engine
    >>> result = engine.segment({"input": {"path": "customers.csv"}})  # doctest: +SKIP
    >>> result.report_path                                             # doctest: +SKIP
    PosixPath('reports/customers/20261123T101500-3f2a9c/report.html')
    """
    config = load_config(source, overrides)
    stages = Stages(progress or Progress())
    runtime = replace(choose(config.compute), on_rows=stages.progress.advance)
    loaded = prepare.load(config)
    check(make_plan(config, loaded, runtime), runtime)
    with new_run(config.output) as folders:
        return _run(config, loaded, runtime, folders, stages)


def _run(
    config: Config, loaded: Loaded, runtime: Runtime, folders: RunFolders, stages: Stages
) -> Result:
    started = time.perf_counter()
    loaded, prepared, in_file = _prepare(config, loaded, runtime, folders, stages)
    n = len(prepared.matrix)
    space, pca = _reduce(config, prepared, runtime, stages, folders if in_file else None)
    k, choice = _number_of_segments(config, space, prepared, runtime, stages)
    scored = [
        _cluster(method, k, config, space, prepared, runtime, stages)
        for method in config.clustering.methods
    ]
    best = max(scored, key=lambda s: _comparable(s.silhouette.value))
    with stages("describe", n, passes=1):
        profiles = describe(
            loaded.source,
            prepared,
            best.fit.labels,
            silhouettes=best.silhouette.per_segment,
            runtime=replace(runtime, on_rows=None),
            progress=stages.progress,
        )
    summary = _summary(config, loaded, prepared, pca, choice, scored, best, runtime, folders)
    model = _model(config, prepared, pca, best, profiles, summary)
    with stages("save", n), writing(folders.reports):
        _save(folders, model, profiles, space, best, prepared, runtime)
    drawing = _report_data(summary, stages, profiles, pca, choice, space, best, prepared)
    del space
    with stages("draw"), writing(folders.reports):
        _draw(drawing, folders)
    summary["stages"] = stages.records
    summary["seconds"] = round(time.perf_counter() - started, 3)
    with writing(folders.reports):
        write_json(folders.reports / "summary.json", summary)
    folders.publish()
    report = folders.published(folders.roots[1]) / "report.html"
    return Result(summary, profiles.table(), model, report)


def _prepare(
    config: Config, loaded: Loaded, runtime: Runtime, folders: RunFolders, stages: Stages
) -> tuple[Loaded, Prepared, bool]:
    with stages("load"):
        identity = prepare.identify(loaded, config)
    n = len(identity.ids)
    for notice in identity.notices:
        stages.progress.note(notice)
    with stages("prepare", n, passes=2):
        loaded, surveyed, plan, report = prepare.learn(loaded, identity, config, stages.progress)
        planned = make_plan(config, loaded, runtime, n_rows=n, n_columns=len(plan.names))
        check(planned, runtime)
        file = folders.scratch / "matrix.npy" if planned.in_file else None
        with writing(folders.scratch):
            matrix = prepare.build_matrix(
                loaded.source, identity, plan, file=file, progress=stages.progress
            )
    for warning in (*identity.warnings, *report.warnings):
        stages.progress.note(f"warning: {warning}")
    return loaded, Prepared(matrix, identity, plan, surveyed, report), planned.in_file


def _reduce(
    config: Config,
    prepared: Prepared,
    runtime: Runtime,
    stages: Stages,
    folders: RunFolders | None,
) -> tuple[np.ndarray, PCA | None]:
    components = config.pca.components
    if components == "off":
        return prepared.matrix, None
    n = len(prepared.matrix)
    with stages("reduce", n, passes=2):
        pca = fit_pca(prepared.matrix, components, runtime=runtime)
        file = folders.scratch / "components.npy" if folders else None
        with writing(file.parent if file else Path()):
            space = prepare.new_matrix((n, pca.n_components), file)
            runtime.reduce(lambda x, out: project(pca, x, out), prepared.matrix, space)
    return space, pca


def _number_of_segments(
    config: Config, space: np.ndarray, prepared: Prepared, runtime: Runtime, stages: Stages
) -> tuple[int, ChoiceOfK | None]:
    settings = config.clustering
    if settings.k != "auto":
        return int(settings.k), None
    # Passes over a sample say nothing about rows per second.
    runtime = replace(runtime, on_rows=None)
    rows = draw(prepared.identity.priority, settings.k_sample_rows)
    sample, priority = np.ascontiguousarray(space[rows]), prepared.identity.priority[rows]
    method = settings.methods[0]
    row, params = algorithm(method), settings.params(method)

    def fit(x: np.ndarray, k: int) -> np.ndarray:
        task = Task(x, k, priority, config.random_state)
        return row.runs[runtime.place](task, params, runtime).labels

    with stages("choose k"):
        choice = choose_k(
            sample,
            range(settings.k_min, settings.k_max + 1),
            fit,
            priority=priority,
            runtime=runtime,
            anchors=config.evaluation.anchors,
            reference=config.evaluation.reference_rows,
        )
    return choice.k, choice


def _cluster(
    method: str,
    k: int,
    config: Config,
    space: np.ndarray,
    prepared: Prepared,
    runtime: Runtime,
    stages: Stages,
) -> Scored:
    row, priority = algorithm(method), prepared.identity.priority
    start = time.perf_counter()
    with stages(f"cluster {method}", len(space)):
        task = Task(space, k, priority, config.random_state)
        fit = row.runs[runtime.place](task, config.clustering.params(method), runtime)
    seconds = time.perf_counter() - start
    with stages(f"evaluate {method}", len(space)):
        scores = internal_scores(space, fit.labels, runtime=runtime, k=k)
        trust = silhouette(
            space,
            fit.labels,
            priority=priority,
            runtime=runtime,
            anchors=config.evaluation.anchors,
            reference=config.evaluation.reference_rows,
            confidence=config.evaluation.confidence,
        )
    return Scored(method, fit, scores, trust, seconds)


def _comparable(value: float) -> float:
    return value if np.isfinite(value) else -2.0


def _summary(
    config: Config,
    loaded: Loaded,
    prepared: Prepared,
    pca: PCA | None,
    choice: ChoiceOfK | None,
    scored: list[Scored],
    best: Scored,
    runtime: Runtime,
    folders: RunFolders,
) -> dict[str, Any]:
    identity, report = prepared.identity, prepared.report
    warnings = [*identity.warnings, *report.warnings]
    value = best.silhouette.value
    if np.isfinite(value) and structure(value) == "none":
        warnings.append(
            f"no clear structure: a silhouette of {value:.2f} is what data without groups give; "
            "treat the segments as a way to slice customers, not as groups that exist"
        )
    return {
        "run_id": folders.run_id,
        "name": config.output.name,
        "n_customers": len(identity.ids),
        "n_features": len(prepared.plan.features),
        "n_columns": len(prepared.plan.names),
        "n_components": pca.n_components if pca else len(prepared.plan.names),
        "place": str(runtime.place),
        "place_reason": runtime.reason,
        "threads": runtime.threads,
        "memory_limit": runtime.memory_limit,
        "random_state": config.random_state,
        "versions": versions(),
        "warnings": warnings,
        "notices": list(identity.notices),
        "best": best.method,
        "k_rule": choice.rule if choice else None,
        "methods": {s.method: s.to_json() for s in scored},
        "input": {
            "path": config.input.path,
            "files": [str(f) for f in loaded.source.files[:20]],
            "n_files": len(loaded.source.files),
            "id": identity.column,
        },
        "preparation": report.columns,
        "config": config.model_dump(mode="json"),
        "stages": [],
    }


def versions() -> dict[str, str]:
    """Versions of what computes, for summaries and models."""
    found = {name: version(name) for name in _LIBRARIES}
    return {"engine": version("engine-segments"), "python": platform.python_version(), **found}


def _model(
    config: Config,
    prepared: Prepared,
    pca: PCA | None,
    best: Scored,
    profiles: Profiles,
    summary: dict[str, Any],
) -> Model:
    info = {
        "run_id": summary["run_id"],
        "name": summary["name"],
        "method": best.method,
        "params": config.clustering.params(best.method).model_dump(mode="json"),
        "n_customers": summary["n_customers"],
        "random_state": config.random_state,
        "scores": best.to_json(),
        "versions": summary["versions"],
        "read": config.input.read.model_dump(mode="json"),
    }
    names = tuple(profiles.names)
    return Model(prepared.plan, pca, best.fit.representatives, names, info)


def _save(
    folders: RunFolders,
    model: Model,
    profiles: Profiles,
    space: np.ndarray,
    best: Scored,
    prepared: Prepared,
    runtime: Runtime,
) -> None:
    labels, ids = best.fit.labels, prepared.identity.ids
    distances = best.fit.representatives.distances(space, labels, runtime=runtime)
    first = model.result_frame(ids[:0], labels[:0], distances[:0])
    step = 1_000_000
    frames = (
        model.result_frame(ids[s : s + step], labels[s : s + step], distances[s : s + step])
        for s in range(0, len(ids), step)
    )
    write_table(frames, first.schema, folders.reports / "segments.parquet")
    profiles.table().write_csv(folders.reports / "profiles.csv")
    write_json(folders.reports / "profiles.json", profiles.tree)
    model.save(folders.model)


def _report_data(
    summary: dict[str, Any],
    stages: Stages,
    profiles: Profiles,
    pca: PCA | None,
    choice: ChoiceOfK | None,
    space: np.ndarray,
    best: Scored,
    prepared: Prepared,
) -> Any:
    from engine.visualization.report_data import ReportData

    labels = best.fit.labels
    rows = draw(prepared.identity.priority, MAP_POINTS)
    points = np.zeros((len(rows), 2), np.float32)
    points[:, : space.shape[1]] = space[rows][:, :2]
    anchors = best.silhouette.anchor_labels
    weights = np.bincount(labels)[anchors] / np.maximum(np.bincount(anchors), 1)[anchors]
    names = prepared.plan.names
    return ReportData(
        summary={**summary, "stages": list(stages.records)},
        profiles=profiles.tree,
        explained_variance=[float(v) for v in pca.explained_variance_ratio] if pca else [],
        n_components=pca.n_components if pca else 0,
        loadings=({"features": names, "components": pca.components[:2].tolist()} if pca else None),
        k_sweep=list(choice.sweep) if choice else [],
        map_points=points,
        map_segments=labels[rows],
        map_axes=("component 1", "component 2") if pca else (names[0], (*names, "")[1]),
        knife_values=best.silhouette.anchor_values,
        knife_segments=anchors,
        knife_weights=weights,
    )


def _draw(data: Any, folders: RunFolders) -> None:
    from engine.visualization.figures import draw_figures
    from engine.visualization.report import write_report

    data.save(folders.reports)
    draw_figures(data, folders.figures)
    write_report(data, folders.figures, folders.reports / "report.html")


def rebuild_report(settings: Any, run: str = "latest") -> Path:
    """Draw the figures and the page again from what a run saved.

    Parameters
    ----------
    settings : OutputConfig
        Where results are; ``name`` says whose.
    run : str
        A run id, or ``latest``.

    Returns
    -------
    path : Path
        The page.

    Raises
    ------
    DataError
        There is no such run.
    """
    from engine.visualization.figures import draw_figures
    from engine.visualization.report import write_report
    from engine.visualization.report_data import ReportData

    folder = Path(settings.reports) / settings.name / run
    if not (folder / "report_data.json").is_file():
        message = (
            f"there is no run named {settings.name!r} under {settings.reports}; "
            "run the engine first, or name another."
        )
        raise DataError(message)
    data = ReportData.load(folder)
    figures = Path(settings.reports) / "figures" / settings.name / run
    with writing(folder):
        figures.mkdir(parents=True, exist_ok=True)
        draw_figures(data, figures)
        return write_report(data, figures, folder / "report.html")
