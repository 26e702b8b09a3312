"""All figures of a run, drawn from its saved numbers alone: one table, one file each."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.visualization.charts import model as charts_model
from engine.visualization.charts import sales as charts_sales
from engine.visualization.charts import segments as charts_segments
from engine.visualization.charts import tree as charts_tree
from engine.visualization.charts import what_if as charts_what_if
from engine.visualization.charts.canvas import drawing, rendered, save_png

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.figure import Figure

    from engine.visualization.report_data import ReportData


@dataclass(frozen=True)
class Chart:
    """One figure of the report.

    Attributes
    ----------
    file : str
        The name of its PNG.
    title : str
        What it is called on the page.
    alt : str
        What it shows, for someone who cannot see it.
    reading : str
        One sentence on how to read it.
    draw : callable
        Draws it, or returns None where the run has nothing to show.
    full_colour : bool
        Whether its shades are read as numbers, and so are kept exactly.
    section : str
        Where on the page it stands: ``figures``, ``what_if``, ``value`` or ``sellers``; ``apart``
        is drawn for others, since the page says the same in words and bars.
    """

    file: str
    title: str
    alt: str
    reading: str
    draw: Callable[[ReportData], Figure | None]
    full_colour: bool = False
    section: str = "figures"


CHARTS = (
    Chart(
        "sizes.png",
        "Sizes",
        "Bar chart: one bar a segment, its length the number of customers.",
        "Each bar is a segment, with its customers and its share of all customers.",
        charts_segments.sizes,
        section="apart",
    ),
    Chart(
        "heatmap.png",
        "What sets the segments apart",
        "Heatmap: features down, segments across, each cell a z-score against everyone.",
        "Red means above the average customer and blue below; +1.0 is one standard deviation, "
        "so a cell beyond 1 either way is a strong difference.",
        charts_segments.heatmap,
        full_colour=True,
    ),
    Chart(
        "customer_map.png",
        "Map of customers",
        "Scatter plot: a sample of customers in two dimensions, coloured by segment, with the "
        "number of each segment at its centre.",
        "Each dot is a customer and the numbers stand at the segments' centres: dots that lie "
        "close are alike in what the two axes show, and segments that seem to overlap here may "
        "differ in what they do not show.",
        charts_segments.customer_map,
    ),
    Chart(
        "silhouette.png",
        "How well customers fit their segment",
        "Silhouette plot: for each segment the silhouettes of its customers from best to worst, "
        "as thick as its number of customers, with a dashed line at the mean.",
        "The further a blade reaches to the right, the better its customers fit; customers left "
        "of zero lie closer to another segment, and the dashed line is the mean.",
        charts_model.silhouette,
    ),
    Chart(
        "choice_of_k.png",
        "Choice of the number of segments",
        "Two line charts over the number of segments: the silhouette with its interval, and the "
        "inertia, with a dashed line at the number chosen.",
        "Higher is better in the upper panel; in the lower one inertia always falls, and a bend "
        "means that further segments add little. The dashed line is the number used.",
        charts_model.choice_of_k,
    ),
    Chart(
        "scree.png",
        "Variance kept",
        "Bar chart: the share of variance of each component, those kept in a darker colour, with "
        "a line for the running total.",
        "Each bar is the share of the differences between customers that a component holds; the "
        "line adds them up, and dark bars were used to form the segments.",
        charts_model.scree,
    ),
    Chart(
        "dendrogram.png",
        "How the segments would join",
        "Dendrogram: branches from single groups of customers at the left to everyone at the "
        "right, coloured by segment, with a dashed line where the tree was cut.",
        "Two branches become one at the height where they meet: the further right, the more "
        "they differ. The dashed line is the cut, and each branch that it crosses is a segment; "
        "moved to the right it would leave fewer. The numbers are customers.",
        charts_tree.dendrogram,
    ),
    Chart(
        "what_if.png",
        "Who goes where",
        "Flow diagram: a column of bars for each number of segments, each bar as tall as its "
        "share of customers, with bands from one column to the next.",
        "Each column is the same customers in another number of segments. A band is customers "
        "who are in the segment at its left end with fewer segments and in the one at its right "
        "end with more; its colour is that of the described segment that most of them are in.",
        charts_what_if.what_if,
        section="what_if",
    ),
    Chart(
        "value_shares.png",
        "Size against revenue share",
        "Dumbbell chart: for each segment a hollow dot at its share of customers, a full dot at "
        "its share of gross revenue and a stroke at its share of revenue net of returns.",
        "A full dot right of the hollow one is a segment that earns more than its number of "
        "customers suggests; a stroke left of the full dot is one that returns more than others.",
        charts_sales.value_shares,
        section="value",
    ),
    Chart(
        "top_lifts.png",
        "Products that stand out in each segment",
        "Dot plot: the products with the highest lift in each segment, with their intervals, and "
        "a dashed line at 1.",
        "Each dot is how many times more common a product's buyers are in the segment than among "
        "everyone (gross: returns are not taken off), and its line is where the true value may "
        "lie: the dashed line is no difference, and a line that crosses it may be chance. A "
        "segment without a product above 1 is left out.",
        charts_sales.top_lifts,
        section="sellers",
    ),
)
"""Every figure; those of one section in the order of the page."""


def draw_figures(data: ReportData, folder: Path) -> list[Path]:
    """Draw every figure the run has numbers for.

    Parameters
    ----------
    data : ReportData
        What the run saved.
    folder : Path
        Where the PNGs go; created when it does not exist. A figure of an earlier call that
        this data has nothing for is removed.

    Returns
    -------
    list of Path
        The files written, in the order of the page. The same data gives the same bytes with
        the same version of Matplotlib.

    Notes
    -----
    O(m) for the m <= 20,000 points of the map; a second or two in all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[Path, Future[None]] = {}
    # While one figure is written the next is drawn.
    with drawing(), ThreadPoolExecutor(1) as writer:
        for chart in CHARTS:
            path = folder / chart.file
            figure = chart.draw(data)
            if figure is None:
                path.unlink(missing_ok=True)
                continue
            image = rendered(figure)
            written[path] = writer.submit(save_png, image, path, full_colour=chart.full_colour)
    for done in written.values():
        done.result()
    return list(written)
