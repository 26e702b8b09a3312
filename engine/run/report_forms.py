"""A saved report in another form: the page drawn again, slides, or a PDF."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config, OutputConfig
from engine.errors import ConfigError, in_sentences
from engine.run.reporting import few_left_out, rebuild_report, saved_data
from engine.storage.naming import named
from engine.storage.outputs import as_seen, writing
from engine.utilities.atomic import replacing
from engine.utilities.targets import document

if TYPE_CHECKING:
    from engine.visualization.report_data import ReportData

Note = Callable[[str], object]
"""Is told a sentence."""

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


def report_of(settings: OutputConfig, run: str, to: str | Path, note: Note | None = None) -> Path:
    """Write the report of the run of that id, or the latest: see :func:`report`.

    What is gone with an earlier page is told to ``note``, or in a warning.
    """
    form, file = form_of(to)
    note = note or (lambda said: warnings.warn(said, UserWarning, stacklevel=5))
    if form == "html":
        return rebuild_report(settings, run, note)
    return _written(settings, run, form, file, note)


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


def _written(settings: OutputConfig, run: str, form: str, file: Path | None, note: Note) -> Path:
    run, data = saved_data(settings, run)
    folder = Path(settings.reports) / settings.name / run
    page, path = folder / "report.html", file or folder / f"report.{form}"
    if few_left_out(data, settings) or (form == "pdf" and not page.is_file()):
        # What the page and the figures tell of few customers is taken out of them first.
        rebuild_report(settings, run, lambda said: said.startswith(path.name) or note(said))
    seen = {page: page.read_bytes()} if page.is_file() else {}
    _, data = saved_data(settings, run)  # of that page
    with ExitStack() as held, writing(path), replacing(path) as fresh:
        _write(data, settings, run, fresh)
        if file is None:
            held.enter_context(as_seen(settings, run, seen))
    return path


def _write(data: ReportData, settings: OutputConfig, run: str, file: Path) -> None:
    from engine.visualization.few import without_few
    from engine.visualization.page.printing import print_page
    from engine.visualization.report_data import damage_named
    from engine.visualization.slides.deck import write_slides

    reports = Path(settings.reports)
    folder, figures = reports / settings.name / run, reports / "figures" / settings.name / run
    with damage_named(folder):
        if file.suffix.lower() == ".pdf":
            print_page(folder / "report.html", file)
        else:
            write_slides(without_few(data, settings.smallest_group), figures, file)
