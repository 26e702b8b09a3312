"""Figures about the segments: the map of customers, the heatmap of differences, the sizes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Normalize

from engine.utilities.segment_numbers import on_page
from engine.visualization import labels
from engine.visualization.charts.canvas import INK, MUTED, WIDTH, colour, ink_on, new_figure, title
from engine.visualization.few import MARGIN, VIEW
from engine.visualization.readable import counted, held, number, part_of, percent, short
from engine.visualization.report_data import segment_names
from engine.visualization.wording import component_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from engine.visualization.report_data import ReportData

HEATMAP_FEATURES = 40
MOST_DRAWN = 60
"""Segments drawn one by one; a figure of more of them cannot be read."""


def customer_map(data: ReportData) -> Figure | None:
    """Draw the customers in two dimensions, coloured by segment; None without a point."""
    there = np.isfinite(data.map_points).all(axis=1)
    points, segments = data.map_points[there].astype(float), data.map_segments[there]
    if not len(points):
        return None
    # Drawn in a mixed order: no segment lies on top only because its customers came last.
    order = np.random.default_rng(0).permutation(len(points))
    points, segments = points[order], segments[order]
    one_axis = np.ptp(points[:, 1]) == 0
    if one_axis:
        points[:, 1] = np.random.default_rng(1).uniform(-1.0, 1.0, len(points))
    ids = [int(s) for s in np.unique(segments)]
    rows = -(-len(ids) // _legend_columns(_legend_names(data, ids)))
    figure = new_figure(height=4.6 + 0.19 * rows)
    axes = figure.add_subplot()
    fills = mpl.colors.to_rgba_array([colour(segment) for segment in ids])
    axes.scatter(
        points[:, 0], points[:, 1], c=fills[np.searchsorted(ids, segments)],
        s=float(np.clip(30_000 / len(points), 3.0, 26.0)), alpha=0.6, linewidths=0,
        rasterized=True,
    )  # fmt: skip
    outside = _view(axes, points)
    for segment in ids:
        _centre(axes, points[segments == segment].mean(axis=0), segment)
    axes.set_xlabel(_axis_label(data, 0, width=56), fontsize=10)
    axes.set_ylabel(_axis_label(data, 1, width=42), fontsize=10)
    if one_axis:
        axes.set_yticks([])
        axes.set_ylabel("spread at random, to tell customers apart", fontsize=10, color=MUTED)
    title(figure, f"Map of {len(points):,} customers")
    if outside:
        note = f"{counted(outside, 'far point')} outside the view"
        axes.set_title(note, loc="right", fontsize=9, color=MUTED)
    _legend(figure, data, ids)
    return figure


def _view(axes: Axes, points: np.ndarray) -> int:
    low, high = np.quantile(points, VIEW, axis=0)
    margin = np.where(high > low, MARGIN * (high - low), 0.5)
    low, high = low - margin, high + margin
    inside = ((points >= low) & (points <= high)).all(axis=1)
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(low[1], high[1])
    return int((~inside).sum())


def _centre(axes: Axes, at: np.ndarray, segment: int) -> None:
    box = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": colour(segment)}
    axes.annotate(
        str(on_page(segment)), (float(at[0]), float(at[1])), ha="center", va="center", fontsize=9,
        fontweight="bold", color=INK, bbox={**box, "linewidth": 2}, annotation_clip=True,
        in_layout=False,
    )  # fmt: skip


def _axis_label(data: ReportData, axis: int, width: int) -> str:
    label = short(labels.label(data.profiles, data.map_axes[axis]), width)
    if not data.n_components:
        return label
    ratio = data.explained_variance[axis] if axis < len(data.explained_variance) else None
    if number(ratio):
        label += f" ({percent(ratio)} of variance)"
    words = component_words(data.loadings, axis, profiles=data.profiles)
    lines = textwrap.wrap(f"{words} \u2192", width, max_lines=2, placeholder=" \u2026")
    return "\n".join([label, *lines]) if words else label


def _legend(figure: Figure, data: ReportData, ids: list[int]) -> None:
    handles = [
        mpl.lines.Line2D([], [], linestyle="", marker="o", markersize=7, color=colour(segment))
        for segment in ids
    ]
    full = _legend_names(data, ids)
    columns = _legend_columns(full)
    cut = [short(name, 64 if columns == 1 else 30) for name in full]
    figure.legend(
        handles, cut, loc="outside lower center", ncols=columns, fontsize=9,
        handletextpad=0.2, columnspacing=1.0,
    )  # fmt: skip


def _legend_names(data: ReportData, ids: list[int]) -> list[str]:
    names = segment_names(data.profiles)
    return [labels.numbered(segment, names, 200) for segment in ids]


def _legend_columns(names: list[str]) -> int:
    return 1 if len(names) <= 8 and max(map(len, names)) > 30 else 2


def most_distinctive(profiles: dict[str, Any], limit: int) -> list[str]:
    """Order the features by their largest z-score in any segment, and keep the first ones.

    Parameters
    ----------
    profiles : dict
        The profiles.
    limit : int
        How many to keep.

    Returns
    -------
    list of str
    """
    largest = {
        feature: max((abs(z) for z in _row(profiles, feature) if np.isfinite(z)), default=-1.0)
        for feature in profiles["features"]
    }
    return sorted(largest, key=lambda feature: -largest[feature])[:limit]


def _row(profiles: dict[str, Any], feature: str) -> list[float]:
    found = (segment["features"].get(feature, {}).get("z") for segment in profiles["segments"])
    return [z if number(z) else float("nan") for z in found]


def heatmap(data: ReportData) -> Figure | None:
    """Draw the z-score of each segment in each feature; None without a numeric feature."""
    features = most_distinctive(data.profiles, HEATMAP_FEATURES)
    profiles = data.profiles | {"segments": [s for s in shown(data.profiles) if not s.get("few")]}
    ids = [int(segment["segment"]) for segment in profiles["segments"]]
    if not features or not ids:
        return None
    scores = np.array([_row(profiles, feature) for feature in features])
    figure = new_figure(max(WIDTH, 3.4 + 0.48 * len(ids)), 2.6 + 0.32 * len(features))
    axes = figure.add_subplot()
    finite = np.abs(scores[np.isfinite(scores)])
    limit = float(np.clip(finite.max() if len(finite) else 1.0, 1.0, 2.5))
    palette = mpl.colormaps["RdBu_r"].with_extremes(bad="#eeeeee")
    norm = Normalize(-limit, limit)
    edges = [np.arange(n + 1) - 0.5 for n in scores.shape]
    # Cells with white edges: as minor ticks of a grid each would be drawn and laid out.
    image = axes.pcolormesh(
        edges[1], edges[0], np.ma.masked_invalid(scores), cmap=palette, norm=norm,
        edgecolors="white", linewidth=1.5,
    )  # fmt: skip
    axes.invert_yaxis()
    for (row, column), z in np.ndenumerate(scores):
        ink = ink_on(palette(norm(z))) if np.isfinite(z) else MUTED
        axes.text(
            column, row, _signed(z), ha="center", va="center", fontsize=8.5, color=ink,
            in_layout=False,
        )  # fmt: skip
    _heatmap_axes(axes, data, features, ids)
    beyond = bool(len(finite)) and finite.max() > limit
    bar = figure.colorbar(
        image, ax=axes, location="bottom", shrink=0.7, aspect=40, pad=0.04,
        extend="both" if beyond else "neither",
    )  # fmt: skip
    bar.set_label("z-score: standard deviations from everyone's mean", fontsize=9.5)
    bar.ax.tick_params(labelsize=9)
    bar.outline.set_visible(False)
    title(figure, f"How the segments differ from everyone{_of(data.profiles)}")
    return figure


def shown(profiles: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the segments that are drawn one by one: the largest, in their order."""
    segments: list[dict[str, Any]] = profiles["segments"]
    if len(segments) <= MOST_DRAWN:
        return segments
    largest = sorted(segments, key=lambda s: (-int(s["customers"]), int(s["segment"])))
    kept = {int(s["segment"]) for s in largest[:MOST_DRAWN]}
    return [s for s in segments if int(s["segment"]) in kept]


def _of(profiles: dict[str, Any]) -> str:
    n = len(profiles["segments"])
    return f" (the {MOST_DRAWN} largest of {n})" if n > MOST_DRAWN else ""


def _signed(z: float) -> str:
    if not np.isfinite(z):
        return "\u2013"
    tenths = round(z, 1)
    return f"{tenths:+.1f}".replace("-", "\u2212") if tenths else "0.0"


def _heatmap_axes(axes: Axes, data: ReportData, features: list[str], ids: list[int]) -> None:
    names = segment_names(data.profiles)
    across = [labels.numbered(segment, names) for segment in ids]
    axes.set_xticks(range(len(ids)), across, rotation=40, ha="left", rotation_mode="anchor")
    down = [short(labels.label(data.profiles, feature), 32) for feature in features]
    axes.set_yticks(range(len(features)), down)
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    axes.tick_params(labelsize=9.5)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    everything = len(data.profiles["features"])
    if everything > len(features):
        axes.set_xlabel(
            f"the {len(features)} most distinctive of {everything} features", color=MUTED
        )


def sizes(data: ReportData) -> Figure | None:
    """Draw the number of customers of each segment; None without a segment."""
    segments = shown(data.profiles)
    if not segments:
        return None
    least = data.profiles.get("smallest_group", 1)
    counts = [max(int(segment["customers"]), least) for segment in segments]
    at = np.arange(len(segments))
    figure = new_figure(height=1.3 + 0.34 * len(segments))
    axes = figure.add_subplot()
    axes.barh(at, counts, color=[colour(int(segment["segment"])) for segment in segments])
    for y, (segment, count) in enumerate(zip(segments, counts, strict=True)):
        text = f" {held(segment, least)}  ({part_of(segment['share'], segment, least)})"
        axes.text(count, y, text, va="center", fontsize=9.5)
    names = segment_names(data.profiles)
    down = [labels.numbered(int(s["segment"]), names) for s in segments]
    axes.set_yticks(at, down, fontsize=9.5)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(segments) - 0.4, -0.6)
    axes.set_xlim(0, max(1.5 * max(counts), 1.0))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.locator_params(axis="x", nbins=4, integer=True)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("customers")
    title(figure, f"Customers in each segment{_of(data.profiles)}")
    return figure
