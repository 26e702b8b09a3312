"""The report: one HTML page that needs nothing else, written from saved numbers and figures."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from engine.utilities.atomic import replacing
from engine.utilities.segment_numbers import on_page
from engine.visualization import readable, wording
from engine.visualization.charts.canvas import colour, ink_on
from engine.visualization.page.contents import contents
from engine.visualization.page.terms import terms_of
from engine.visualization.page.view import view

if TYPE_CHECKING:
    from engine.visualization.report_data import ReportData

TEMPLATES = Path(__file__).parent / "templates"
_BREAKS = re.compile(r"(?<=_)(?=.)|(?<=[a-z])(?=[A-Z])")
_PIXELS = re.compile(r'src="data:[^"]*"')


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
    shown = view(data, figures_folder)
    told: dict[str, Any] = {field.name: getattr(shown, field.name) for field in fields(shown)}
    template = environment().get_template("report.html.j2")
    # The key of terms holds those that the rest of the page uses.
    body = template.render(told, terms=[], contents=contents(shown))
    terms = terms_of(_PIXELS.sub("", body))
    page = template.render(told, terms=terms, contents=contents(shown, terms=bool(terms)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path


def environment() -> Environment:
    """Give what renders the templates: names are escaped, numbers written as people read them."""
    made = Environment(
        autoescape=True,
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        amount=readable.amount,
        percent=readable.percent,
        count=readable.count,
        money=readable.money,
        seconds=readable.seconds,
        memory=readable.memory,
        run_date=readable.run_date,
        colour=colour,
        ink_on=ink_on,
        on_page=on_page,
        breakable=_breakable,
        silhouette=wording.silhouette,
        held=readable.held,
        part_of=readable.part_of,
    )
    return made


def _breakable(text: Any) -> Markup:
    """Escape a name and let long ones break between their words rather than anywhere."""
    return Markup(_BREAKS.sub("<wbr>", str(escape(text))))
