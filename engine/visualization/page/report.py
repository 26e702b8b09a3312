"""The report: one HTML page that needs nothing else, written from saved numbers and figures."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from engine.errors import EngineError
from engine.utilities.atomic import replacing
from engine.utilities.effect_size import noticeable
from engine.visualization import readable, wording
from engine.visualization.charts.canvas import colour
from engine.visualization.charts.figures import CHARTS
from engine.visualization.page import compared, continued, cross_selling, purchases
from engine.visualization.page.facts import facts
from engine.visualization.page.rfm import rfm_view
from engine.visualization.page.side_by_side import side_by_side
from engine.visualization.page.what_if import what_if_view
from engine.visualization.report_data import best_method
from engine.visualization.verdict import SCALE

if TYPE_CHECKING:
    from engine.visualization.charts.figures import Chart
    from engine.visualization.report_data import ReportData

TEMPLATES = Path(__file__).parent / "templates"
PNG_START = b"\x89PNG\r\n\x1a\n"
SHOWN = 0.7
"""CSS pixels that a pixel of a figure takes on a wide screen: drawn at 150 dpi, text of 16 px."""

SCORES = (
    (
        "silhouette",
        "Silhouette",
        "How much closer customers are to their own segment than to the next one: 1 is perfect, "
        "0 is no better than a border, below 0 is misplaced. Measured on some customers against "
        "the others, with the range in brackets that most likely holds the true value; exact "
        "where everybody was measured.",
    ),
    (
        "silhouette_squared",
        "Silhouette, squared distances",
        "The same idea with squared distances, which can be computed over all customers; it is "
        "mostly further from 0 than the one above and only compares with itself.",
    ),
    (
        "davies_bouldin",
        "Davies-Bouldin",
        "How wide segments are compared with the distance to their nearest neighbour: lower is "
        "better, 0 is the best possible.",
    ),
    (
        "calinski_harabasz",
        "Calinski-Harabasz",
        "Spread between segments over spread within them: higher is better, and it only compares "
        "runs on the same data.",
    ),
    (
        "inertia",
        "Inertia",
        "Sum of squared distances from customers to their segment's centre, in prepared units: "
        "lower is tighter, and it always falls with more segments.",
    ),
)
"""Key in the summary, name and meaning of each score."""


@dataclass(frozen=True)
class Picture:
    """A figure ready for the page: its chart, its data URI and its size in CSS pixels."""

    chart: Chart
    uri: str
    width: int
    height: int


def write_report(data: ReportData, figures_folder: Path, path: Path) -> Path:
    """Write the report page, replacing an earlier one in one step.

    Parameters
    ----------
    data : ReportData
        What the run saved.
    figures_folder : Path
        Where :func:`engine.visualization.charts.figures.draw_figures` wrote; a figure that is not
        there is left out of the page.
    path : Path
        The HTML file; its folder is created when it does not exist.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    EngineError
        If a figure is not a PNG.

    Notes
    -----
    The page loads nothing from anywhere, runs no script, and holds aggregates only: no
    customer's row and no id. Names from the data are escaped.
    """
    page = _environment().get_template("report.html.j2").render(_view(data, figures_folder))
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path


def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        amount=readable.amount,
        percent=readable.percent,
        count=readable.count,
        money=readable.money,
        seconds=readable.seconds,
        memory=readable.memory,
        run_date=readable.run_date,
        colour=colour,
        breakable=_breakable,
        silhouette=wording.silhouette,
        held=readable.held,
        part_of=readable.part_of,
    )
    return environment


def _breakable(text: Any) -> Markup:
    """Escape a name and let long ones break after an underscore rather than anywhere."""
    return Markup(str(escape(text)).replace("_", "_<wbr>"))


def _view(data: ReportData, figures_folder: Path) -> dict[str, Any]:
    """Everything the template names, worked out here so that the template only lays out."""
    summary, profiles = data.summary, data.profiles
    best = best_method(summary)
    structure = compared.structure(best, len(profiles["segments"]))
    sales = _sales(data)
    read = sales["facts"] or {}
    return {
        "summary": summary,
        "least": profiles.get("smallest_group", 1),
        "profiles": profiles,
        "best": best,
        "structure": structure,
        "scale": SCALE,
        "headline": wording.headline(
            summary["n_customers"], len(profiles["segments"]), structure.word
        ),
        "cards": [_card(segment, profiles, best) for segment in profiles["segments"]],
        "beside": side_by_side(profiles),
        "pictures": _by_section(pictures(figures_folder)),
        "scores": _scores(summary),
        "facts": facts(data),
        "sales": sales,
        "compared": compared.methods_view(summary),
        "continuity": continued.continuity_view(summary),
        "what_if": what_if_view(summary, profiles.get("smallest_group", 1)),
        "warnings": _joined(summary.get("warnings"), read.get("warnings")),
        "notices": _joined(summary.get("notices"), read.get("notices")),
    }


def _sales(data: ReportData) -> dict[str, Any]:
    """Collect what the page says about purchases; every part is there, empty without any."""
    sales, profiles = data.sales or {}, data.profiles
    cross = sales.get("cross_sell") or {}
    return {
        "facts": purchases.facts_view(sales.get("facts")),
        "value": purchases.value_view(sales, profiles),
        "rfm": rfm_view(sales.get("rfm"), profiles, sales.get("facts")),
        "sellers": cross_selling.sellers_view(cross, profiles),
        "pairs": cross_selling.pairs_view(cross, profiles),
        "offers": cross_selling.offers_view(cross, profiles),
        "counting": cross_selling.counting_view(cross),
    }


def _joined(*lists: list[str] | None) -> list[str]:
    """Put lists of sentences together, each sentence once, in the order of the first."""
    return list(dict.fromkeys(str(text) for texts in lists for text in texts or []))


def _by_section(found: list[Picture]) -> dict[str, list[Picture]]:
    sections: dict[str, list[Picture]] = {chart.section: [] for chart in CHARTS}
    for picture in found:
        sections[picture.chart.section].append(picture)
    return sections


def _card(
    segment: dict[str, Any], profiles: dict[str, Any], best: dict[str, Any]
) -> dict[str, Any]:
    # Runs of earlier versions saved every feature as distinctive.
    told = {**segment, "distinctive": noticeable(segment.get("distinctive", []))}
    return {
        "segment": segment,
        "features": wording.feature_differences(told, profiles),
        "levels": wording.level_differences(segment),
        "fit": wording.fit(segment.get("silhouette"), best.get("silhouette") or {}),
    }


def pictures(folder: Path) -> list[Picture]:
    """Read the figures that are there, in the order of the page.

    Parameters
    ----------
    folder : Path
        Where the PNGs lie.

    Returns
    -------
    list of Picture

    Raises
    ------
    EngineError
        If a file is not a PNG.
    """
    return [_picture(c, folder / c.file) for c in CHARTS if (folder / c.file).is_file()]


def _picture(chart: Chart, path: Path) -> Picture:
    content = path.read_bytes()
    if len(content) < 24 or not content.startswith(PNG_START):
        message = f"{path} is not a PNG image; draw the figures again with `engine report`."
        raise EngineError(message)
    # The header chunk of every PNG: width and height, four bytes each.
    width, height = (int.from_bytes(content[i : i + 4], "big") for i in (16, 20))
    uri = "data:image/png;base64," + base64.b64encode(content).decode("ascii")
    return Picture(chart, uri, round(width * SHOWN), round(height * SHOWN))


def _scores(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a score: its name, its meaning and its value for each method."""
    return [
        {
            "name": name,
            "meaning": meaning,
            "values": [
                (method, _score(scores.get(key))) for method, scores in summary["methods"].items()
            ],
        }
        for key, name, meaning in SCORES
    ]


def _score(value: Any) -> str:
    if not isinstance(value, dict):
        if not readable.number(value):
            return readable.MISSING
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
    shown = _score(value.get("value"))
    low, high = value.get("low"), value.get("high")
    if value.get("exact"):
        return f"{shown} (exact)"
    if readable.number(low) and readable.number(high):
        shown += f" ({low:.3f} to {high:.3f})"
    return shown
