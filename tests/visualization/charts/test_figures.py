"""Figures: drawn for ordinary and extreme data, the same bytes each time, no global state."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from engine.visualization.charts import canvas
from engine.visualization.charts.figures import CHARTS, draw_figures
from engine.visualization.charts.segments import most_distinctive
from tests.children import finished

pytestmark = pytest.mark.usefixtures("pixels")

ALL = {c.file for c in CHARTS if c.section in ("figures", "apart")} - {"dendrogram.png"}
"""The figures of a run on a customer table."""


def _check(paths: list[Path], folder: Path) -> set[str]:
    for path in paths:
        with Image.open(path) as image:
            image.verify()
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert round(image.info["dpi"][0]) == 150
            assert len(image.convert("RGB").getcolors(1 << 24) or []) > 2, f"{path} is blank"
    assert {path.name for path in folder.iterdir()} == {path.name for path in paths}
    return {path.name for path in paths}


@pytest.fixture(scope="module")
def full(make_data, tmp_path_factory) -> list[Path]:
    """Draw the figures of a run with components and a choice of k."""
    return draw_figures(make_data(components=2, sweep=True), tmp_path_factory.mktemp("full"))


def test_every_figure_of_a_full_run(full: list[Path]) -> None:
    assert _check(full, full[0].parent) == ALL


def test_without_pca_and_sweep_those_figures_of_an_earlier_run_are_removed(
    make_data, full: list[Path], tmp_path: Path
) -> None:
    shutil.copytree(full[0].parent, tmp_path, dirs_exist_ok=True)
    assert _check(draw_figures(make_data(), tmp_path), tmp_path) == ALL - {
        "scree.png", "choice_of_k.png",
    }  # fmt: skip


@pytest.mark.long
def test_extreme_data_draws_everything(extreme, tmp_path: Path) -> None:
    assert _check(draw_figures(extreme, tmp_path), tmp_path) == ALL


@pytest.mark.long
def test_one_feature_one_segment_and_one_customer(make_data, tmp_path: Path) -> None:
    _check(draw_figures(make_data(features=["spend"], segments=2), tmp_path / "a"), tmp_path / "a")
    data = make_data()
    single = dataclasses.replace(
        data,
        profiles=data.profiles | {"segments": data.profiles["segments"][:1]},
        map_points=data.map_points[:1],
        map_segments=np.zeros(1, np.int32),
        knife_values=np.zeros(1),
        knife_segments=np.zeros(1, np.int32),
        knife_weights=np.ones(1),
    )
    _check(draw_figures(single, tmp_path / "b"), tmp_path / "b")


def test_nothing_to_show_draws_nothing(make_data, tmp_path: Path) -> None:
    data = make_data()
    empty = dataclasses.replace(
        data,
        profiles=data.profiles | {"segments": [], "features": []},
        map_points=np.empty((0, 2), np.float32),
        map_segments=np.empty(0, np.int32),
        knife_values=np.full(3, np.nan),
        knife_segments=np.zeros(3, np.int32),
        knife_weights=np.ones(3),
    )
    assert draw_figures(empty, tmp_path) == []


@pytest.mark.long
def test_the_same_data_gives_the_same_bytes_whatever_the_settings(
    make_data, full: list[Path], tmp_path: Path
) -> None:
    data = make_data(components=2, sweep=True)
    with mpl.rc_context({"font.size": 25, "axes.facecolor": "red", "savefig.bbox": "tight"}):
        second = draw_figures(data, tmp_path)
        assert mpl.rcParams["font.size"] == 25
    for a, b in zip(full, second, strict=True):
        assert a.read_bytes() == b.read_bytes(), a.name


def test_drawing_loads_no_pyplot_and_shows_no_window() -> None:
    code = (
        "import sys, engine.visualization.charts.figures, engine.visualization.page.report\n"
        "from engine.visualization.charts.canvas import drawing, new_figure\n"
        "with drawing(): new_figure()\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    finished([sys.executable, "-c", code], check=True)


def test_a_segment_keeps_its_colour_and_thirty_differ() -> None:
    assert len({canvas.colour(segment) for segment in range(30)}) == 30
    assert canvas.colour(3) == canvas.colour(3)
    assert canvas.colour(-1) == canvas.NO_SEGMENT


def test_the_heatmap_keeps_the_most_distinctive_features() -> None:
    def of(z: float | None) -> dict[str, float | None]:
        return {"z": z}

    profiles = {
        "features": ["a", "b", "c", "d"],
        "segments": [
            {"features": {"a": of(0.1), "b": of(-2.0), "c": of(None), "d": of(1.0)}},
            {"features": {"a": of(0.2), "b": of(0.0), "c": of(float("nan")), "d": of(-1.5)}},
        ],
    }
    assert most_distinctive(profiles, 3) == ["b", "d", "a"]


@pytest.mark.parametrize("places", [[0.0, 0.0, 0.0, 0.0], [9.9, 10.0, 10.0], [0.0, 5.0, 5.1, 5.2]])
def test_labels_are_spread_apart_inside_the_room(places: list[float]) -> None:
    moved = canvas.spread(places, gap=1.0, low=0.0, high=10.0)
    assert min(np.diff(moved)) >= 1.0 - 1e-9
    assert min(moved) >= 0.0
    assert max(moved) <= 10.0


def test_labels_that_cannot_fit_are_spread_evenly() -> None:
    assert canvas.spread([5.0] * 5, gap=9.0, low=0.0, high=8.0) == [0.0, 2.0, 4.0, 6.0, 8.0]
