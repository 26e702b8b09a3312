"""From what a run found to its figures and its page, and the same again from what it saved."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.agglomerative.cutting import branches
from engine.clustering.algorithm import Fit
from engine.config.sections import OutputConfig
from engine.errors import DataError
from engine.model.of_run import load_of_run
from engine.places.runtime import Runtime
from engine.run.results import Outcome
from engine.storage.latest import LATEST, of_latest
from engine.storage.naming import called
from engine.storage.outputs import RunFolders, new_run, writing
from engine.utilities.sampling import draw
from engine.utilities.segment_numbers import Numbers

if TYPE_CHECKING:
    from engine.visualization.report_data import ReportData

MAP_POINTS = 20_000
"""Customers on the map; what leaves a run for drawing is capped at this."""


def report_data(outcome: Outcome, summary: dict[str, Any], runtime: Runtime) -> ReportData:
    """Collect what figures and page show: aggregates and a capped map, never an id."""
    from engine.visualization.few import without_few
    from engine.visualization.report_data import ReportData

    best, pca, names = outcome.best, outcome.pca, outcome.prepared.plan.names
    numbers = outcome.numbers
    labels = best.fit.labels
    rows = draw(outcome.prepared.identity.priority, MAP_POINTS)
    points = np.zeros((len(rows), 2), np.float32)
    points[:, : outcome.space.shape[1]] = runtime.take(outcome.space, rows)[:, :2]
    anchors = best.silhouette.anchor_labels
    weights = np.array(best.scores.sizes)[anchors] / np.maximum(np.bincount(anchors), 1)[anchors]
    loadings = {"features": names, "components": pca.components[:2].tolist()} if pca else None
    data = ReportData(
        summary=summary,
        profiles=outcome.profiles.tree,
        explained_variance=[float(v) for v in pca.explained_variance_ratio] if pca else [],
        n_components=pca.n_components if pca else 0,
        loadings=loadings,
        k_sweep=list(best.choice.sweep) if best.choice else [],
        map_points=points,
        map_segments=numbers.of(labels[rows]),
        map_axes=("component 1", "component 2") if pca else (names[0], (*names, "")[1]),
        knife_values=best.silhouette.anchor_values,
        knife_segments=numbers.of(anchors),
        knife_weights=weights,
        sales=outcome.sales.tree() if outcome.sales else None,
        tree=_branches(best.fit, numbers),
    )
    return without_few(data, outcome.profiles.tree["smallest_group"])


def _branches(fit: Fit, numbers: Numbers) -> dict[str, Any] | None:
    """Give the top of a fit's tree with the numbers of its segments."""
    found = branches(fit.tree, fit.representatives)
    return found and found | {"segments": numbers.of(np.array(found["segments"])).tolist()}


def draw_report(data: ReportData, folders: RunFolders) -> None:
    """Write figures and page into the staging folders, with what ``engine report`` needs."""
    data.save(folders.reports, folders.settings.permissions)
    _draw(data, folders)


def _draw(data: ReportData, folders: RunFolders) -> None:
    from engine.visualization.charts.figures import draw_figures
    from engine.visualization.page.report import write_report

    draw_figures(data, folders.figures)
    write_report(data, folders.figures, folders.reports / "report.html")


def draw_again(data: ReportData, folders: RunFolders, least: int) -> None:
    """Draw figures and page of what a run saved into staging folders, without what is of few."""
    from engine.visualization.few import without_few

    _draw(without_few(data, least), folders)


def rebuild_report(
    settings: OutputConfig, run: str = LATEST, note: Callable[[str], object] | None = None
) -> Path:
    """Draw the figures and the page again from what a run saved.

    They are drawn aside, and take the place of those of that run all in one step: whatever happens
    on the way, that run has its earlier figures and page, and no other run gets them.

    Parameters
    ----------
    settings : OutputConfig
        Where results are; ``name`` says whose.
    run : str
        A run id, or ``latest``: the run that this is when drawing begins.
    note : callable, optional
        Told which files, made of the page as it was, are gone.

    Returns
    -------
    path : Path
        The page.

    Raises
    ------
    DataError
        There is no such run, or it was removed meanwhile.
    EngineError
        What it saved is damaged, or its figures and page cannot be written.
    """
    from engine.visualization.few import without_few
    from engine.visualization.report_data import damage_named

    run, saved = saved_data(settings, run)
    reports = Path(settings.reports) / settings.name
    with damage_named(reports / run):
        data = without_few(saved, settings.smallest_group)
    with new_run(settings) as folders:
        with writing(reports / run), damage_named(reports / run):
            _draw(data, folders)
        gone = folders.redrawn(run)
    if note is not None:
        for said in gone_told(gone, called(settings, run)):
            note(said)
    return reports / run / "report.html"


def gone_told(gone: Sequence[str], name: str) -> list[str]:
    """Say which files were made of a page that is another now, and how to make them again.

    Examples
    --------
    >>> gone_told(["report.pdf"], "shop")
    ['report.pdf was of the page as it was and is gone: engine report shop --to pdf writes it anew']
    """
    return [
        f"{file} was of the page as it was and is gone: engine report {shlex.quote(name)} --to "
        f"{Path(file).suffix[1:]} writes it anew"
        for file in gone
    ]


def saved_data(settings: OutputConfig, run: str = LATEST) -> tuple[str, ReportData]:
    """Read what a run saved for its report, and which run it is; raises as the report does."""
    from engine.visualization.report_data import JSON_NAME, ReportData

    models, reports = Path(settings.models) / settings.name, Path(settings.reports) / settings.name

    def read(folder: Path) -> tuple[str, ReportData]:
        if not (reports / folder.name / JSON_NAME).is_file():
            raise _no_run(settings)
        if settings.verify_with is not None:
            load_of_run(settings, folder.name)
        return folder.name, ReportData.load(reports / folder.name)

    if run != LATEST:
        found: tuple[str, ReportData] | None = read(reports / run)
    else:  # the model's link is what counts, where the models are here
        found = of_latest(models, read) or of_latest(reports, read)
    if found is None:
        raise _no_run(settings)
    return found


def few_left_out(data: ReportData, settings: OutputConfig) -> bool:
    """Tell whether settings ask for more customers of each figure than the run told of."""
    return bool(settings.smallest_group > data.profiles.get("smallest_group", 1))


def _no_run(settings: OutputConfig) -> DataError:
    message = (
        f"there is no run named {settings.name!r} under {settings.reports}; "
        "run the engine first, or name another."
    )
    return DataError(message)
