"""The dendrogram: branches that do not cross, one colour a segment, a line where it was cut."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from engine.clustering.agglomerative.cutting import MOST_BRANCHES, branches
from engine.clustering.agglomerative.fit import join
from engine.clustering.agglomerative.params import AgglomerativeParams
from engine.clustering.algorithm import Task
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority
from engine.visualization.charts.canvas import NO_SEGMENT, colour, drawing
from engine.visualization.charts.figures import draw_figures
from engine.visualization.charts.tree import dendrogram
from engine.visualization.page.report import write_report
from engine.visualization.report_data import ReportData
from tests.fitting import task_of

pytestmark = pytest.mark.usefixtures("pixels")


def grown(make_data, k: int, linkage: str = "ward", customers: int = 400) -> ReportData:
    data = make_data(segments=k, customers=customers)
    x = np.ascontiguousarray(data.map_points)
    task = task_of(x, k)
    found = join(task, AgglomerativeParams(linkage=linkage), Runtime())
    return dataclasses.replace(data, tree=branches(found.tree, found.fit(k).representatives))


def lines(data: ReportData) -> tuple[list[tuple[np.ndarray, np.ndarray, str]], float | None]:
    """Branches as (across, down, colour), and where the cut stands."""
    with drawing():
        figure = dendrogram(data)
        assert figure is not None
        (axes,) = figure.axes
        found = [(ln.get_xdata(), ln.get_ydata(), ln.get_color()) for ln in axes.lines]
    drawn = [(np.asarray(x, float), np.asarray(y, float), c) for x, y, c in found if len(x) == 3]
    cuts = [x[0] for x, _, _ in found if len(x) == 2]
    return drawn, cuts[0] if cuts else None


@pytest.mark.parametrize("linkage", ["ward", "single", "average"])
@pytest.mark.parametrize("k", [2, 3, 7])
def test_the_cut_crosses_one_branch_a_segment(make_data, k, linkage):
    data = grown(make_data, k, linkage)
    drawn, cut = lines(data)
    crossed = [shade for across, _, shade in drawn if across[0] < cut < across[1]]
    assert sorted(crossed) == sorted(colour(s) for s in range(k))
    assert NO_SEGMENT not in crossed


def test_branches_do_not_cross(make_data):
    drawn, _ = lines(grown(make_data, 4))
    level = [(x[0], x[1], y[0]) for x, y, _ in drawn]
    upright = [(x[1], *sorted((y[1], y[2]))) for x, y, _ in drawn]
    for left, right, at in level:
        for x, low, high in upright:
            assert not (left < x < right and low < at < high)


def test_all_customers_are_in_the_branches(make_data):
    tree = grown(make_data, 3).tree
    assert sum(tree["customers"]) == 400
    low, high = tree["cut"]
    assert sum(h >= high for h in tree["heights"]) == 2
    assert sum(h > low for h in tree["heights"]) == 2


def test_few_customers_and_many_segments(make_data):
    few = dataclasses.replace(grown(make_data, 2), tree=None)
    assert dendrogram(few) is None
    data = make_data(segments=2)
    rows = np.array([[0.0, 0.0], [1.0, 0.0]], np.float32)
    found = join(Task(rows, 2, row_priority(2, 0), 0), AgglomerativeParams(), Runtime())
    tree = branches(found.tree, found.fit(2).representatives)
    assert tree["cut"] == [None, 1.0]
    assert len(lines(dataclasses.replace(data, tree=tree))[0]) == 2
    many = grown(make_data, MOST_BRANCHES + 1)
    assert many.tree is None
    assert dendrogram(many) is None


def test_it_is_on_the_page_and_survives_saving(make_data, tmp_path: Path):
    data = grown(make_data, 3)
    data.save(tmp_path)
    loaded = ReportData.load(tmp_path)
    assert loaded.tree == data.tree
    assert tmp_path / "dendrogram.png" in draw_figures(loaded, tmp_path)
    page = write_report(loaded, tmp_path, tmp_path / "report.html").read_text()
    assert "How the segments would join" in page
