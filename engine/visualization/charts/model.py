"""Figures about the model: variance kept by PCA, the choice of k, the silhouette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from engine.visualization.charts.canvas import (
    ACCENT,
    MARK,
    MEAN,
    MUTED,
    WIDTH,
    colour,
    new_figure,
    spread,
    title,
)
from engine.visualization.labels import numbered
from engine.visualization.readable import amount, number
from engine.visualization.report_data import ReportData, best_method, segment_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCREE_COMPONENTS = 40
LIGHT = "#b9cfe0"


def scree(data: ReportData) -> Figure | None:
    """Draw the variance each component holds and their running total; None without PCA."""
    ratios = np.array([r if number(r) else 0.0 for r in data.explained_variance])
    if not len(ratios):
        return None
    total = np.cumsum(ratios)
    ratios, total = ratios[:SCREE_COMPONENTS], total[:SCREE_COMPONENTS]
    figure = new_figure(height=3.6)
    axes = figure.add_subplot()
    at = np.arange(1, len(ratios) + 1)
    kept = at <= data.n_components
    axes.bar(at[kept], ratios[kept], color=ACCENT, label=f"kept ({data.n_components})")
    if not kept.all():
        axes.bar(at[~kept], ratios[~kept], color=LIGHT, label="left out")
    axes.plot(at, total, color=MARK, marker="o", markersize=4, label="running total")
    axes.set(xlabel="component", ylabel="share of variance", ylim=(0, 1.05))
    axes.set_xlim(0.4, len(ratios) + 0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(visible=False, axis="x")
    title(figure, "Variance kept by the components")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def choice_of_k(data: ReportData) -> Figure | None:
    """Draw inertia and silhouette for each k tried; None when k was given."""
    if not data.k_sweep:
        return None
    ks = np.array([row["k"] for row in data.k_sweep])
    chosen = best_method(data.summary).get("k")
    figure = new_figure(height=4.9)
    top, bottom = figure.subplots(2, 1, sharex=True)
    _errors(top, ks, data.k_sweep)
    bottom.plot(ks, _column(data.k_sweep, "inertia"), color=ACCENT, marker="o", markersize=5)
    bottom.set(xlabel="number of segments, k", ylabel="inertia")
    bottom.yaxis.set_major_formatter(lambda value, _: amount(value))
    bottom.set_ylim(bottom=0)
    bottom.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    top.set_ylabel("silhouette")
    if number(chosen):
        for axes in (top, bottom):
            axes.axvline(chosen, color=MEAN, linestyle="--", linewidth=1.5)
    suffix = f": {chosen} chosen" if number(chosen) else ""
    title(figure, f"Choice of the number of segments{suffix}")
    return figure


def _column(rows: list[dict[str, Any]], key: str) -> np.ndarray:
    return np.array([np.nan if row.get(key) is None else row[key] for row in rows], dtype=float)


def _errors(axes: Axes, ks: np.ndarray, rows: list[dict[str, Any]]) -> None:
    value, low, high = (_column(rows, key) for key in ("silhouette", "low", "high"))
    below = np.nan_to_num(np.maximum(value - low, 0.0))
    above = np.nan_to_num(np.maximum(high - value, 0.0))
    axes.errorbar(ks, value, yerr=[below, above], color=ACCENT, marker="o", markersize=5, capsize=4)


def silhouette(data: ReportData) -> Figure | None:
    """Draw the knife: each segment's silhouettes, as thick as the customers they stand for."""
    there = np.isfinite(data.knife_values) & (data.knife_weights > 0)
    if not there.any():
        return None
    values, segments = data.knife_values[there], data.knife_segments[there]
    weights = data.knife_weights[there]
    ids = [int(s) for s in np.unique(segments)]
    height = min(3.2 + 0.28 * len(ids), 10.5)
    figure = new_figure(WIDTH, height)
    axes = figure.add_subplot()
    gap = 0.012 * weights.sum()
    middles, start = [], 0.0
    for segment in ids:
        mine = segments == segment
        stop = _blade(axes, values[mine], weights[mine], start, colour(segment))
        middles.append((start + stop) / 2)
        start = stop + gap
    _knife_labels(axes, data, ids, middles, (start - gap, height))
    mean = best_method(data.summary).get("silhouette", {}).get("value")
    mean = mean if number(mean) else float(np.average(values, weights=weights))
    axes.axvline(mean, color=MEAN, linestyle="--", linewidth=1.5)
    left = min(0.0, float(values.min())) - 0.03
    axes.set(xlabel="silhouette of a customer", xlim=(left, max(float(values.max()), mean) + 0.05))
    title(figure, f"Silhouette of each segment (mean {mean:.2f})")
    return figure


def _blade(axes: Axes, values: np.ndarray, weights: np.ndarray, start: float, fill: str) -> float:
    order = np.argsort(values, kind="stable")[::-1]
    edges = start + np.concatenate([[0.0], np.cumsum(weights[order])])
    y = np.repeat(edges, 2)[1:-1]
    x = np.repeat(values[order], 2)
    axes.fill_betweenx(y, 0.0, x, color=fill, linewidth=0)
    return float(edges[-1])


def _knife_labels(
    axes: Axes,
    data: ReportData,
    ids: list[int],
    middles: list[float],
    room: tuple[float, float],
) -> None:
    """Name the blades at the left; thin ones get a leader line to a label that has room."""
    top, height = room
    names = segment_names(data.profiles)
    places = spread(middles, 0.24 * top / (height - 1.2), 0.0, top)
    axes.set_ylim(top * 1.01, -top * 0.01)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    across = axes.get_yaxis_transform()
    for segment, middle, place in zip(ids, middles, places, strict=True):
        axes.plot(
            [-0.035, -0.005], [place, middle], transform=across, clip_on=False,
            color=colour(segment), linewidth=1.2,
        )  # fmt: skip
        axes.text(
            -0.045, place, numbered(segment, names, 20), transform=across,
            ha="right", va="center", fontsize=9.5,
        )  # fmt: skip
    axes.axvline(0.0, color=MUTED, linewidth=0.8)
