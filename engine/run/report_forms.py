"""A saved report in another form: the page drawn again, slides, or a PDF."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config, OutputConfig
from engine.errors import ConfigError, in_sentences
from engine.run.reporting import few_left_out, rebuild_report, saved_data
from engine.storage.naming import named
from engine.storage.outputs import writing
from engine.utilities.targets import document

FORMS = ("html", "pptx", "pdf")
"""The page, slides, and the page printed."""


@in_sentences("writing the report")
def report(
    name: str | Path,
    to: str | Path = "html",
    overrides: Mapping[str, Any] | None = None,
    source: ConfigSource | Config = None,
) -> Path:
    """Write the report of a saved run: ``engine report NAME --to pptx``.

    Parameters
    ----------
    name : str or Path
        Name of the run's results, or a folder of its model or report.
    to : str or Path
        ``html`` draws figures and page again from what the run saved; ``pptx`` writes it as slides,
        ``pdf`` prints the page, both beside it; or a file that ends in one of the two.
    overrides : mapping of dotted path to value, optional
        Keys of ``output``.
    source : str, Path, dict, Config or None
        Says where results are (``output``).

    Returns
    -------
    path : Path
        What was written.

    Raises
    ------
    EngineError
        There is no such run, what it saved is damaged, it cannot be written so, or what writes it
        is not there: slides need python-pptx, a PDF needs a browser.

    Examples
    --------
    >>> import engine
    >>> engine.report("shop", to="pptx")  # doctest: +SKIP
    PosixPath('reports/shop/20261123T101500-3f2a9c/report.pptx')
    """
    form_of(to)
    settings = load_config(source, overrides)
    asked = named(settings.output, name)
    return report_of(asked.output(settings.output), asked.run, to)


def report_of(settings: OutputConfig, run: str, to: str | Path) -> Path:
    """Write the report of the run of that id, or the latest: see :func:`report`."""
    form, file = form_of(to)
    return rebuild_report(settings, run) if form == "html" else _written(settings, run, form, file)


def form_of(to: str | Path) -> tuple[str, Path | None]:
    """Tell which form is asked for, and the file that was named, if any.

    Raises
    ------
    ConfigError
        It is none of them.
    EngineError
        The file cannot be written to.

    Examples
    --------
    >>> form_of("pptx")
    ('pptx', None)
    """
    text = os.fspath(to)
    if text in FORMS:
        return text, None
    suffix = Path(text).suffix.lower().removeprefix(".")
    if suffix not in FORMS[1:]:
        problem = (
            f"--to {text}: must be {', '.join(FORMS[:-1])} or {FORMS[-1]}, or the name of a file "
            "that ends in .pptx or .pdf"
        )
        raise ConfigError([problem], "report")
    return suffix, document(text)


def _written(settings: OutputConfig, run: str, form: str, file: Path | None) -> Path:
    from engine.visualization.report_data import damage_named

    run, data = saved_data(settings, run)
    if few_left_out(data, settings):
        # What the page and the figures tell of few customers is taken out of them first.
        rebuild_report(settings, run)
    folder = Path(settings.reports) / settings.name / run
    page, figures = folder / "report.html", Path(settings.reports) / "figures" / settings.name / run
    if form == "pdf" and not page.is_file():
        rebuild_report(settings, run)
    path = file or folder / f"report.{form}"
    with writing(path), damage_named(folder):
        if form == "pdf":
            from engine.visualization.page.printing import print_page

            return print_page(page, path)
        from engine.visualization.few import without_few
        from engine.visualization.slides.deck import write_slides

        return write_slides(without_few(data, settings.smallest_group), figures, path)
