"""A saved run as :func:`engine.segment` gave it: ``engine.load_result``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.descriptive_stats.cross_selling.read_back import FILES, read_back
from engine.descriptive_stats.cross_selling.selling import CrossSell
from engine.descriptive_stats.table import table_of
from engine.errors import DataError, in_sentences
from engine.model.of_run import load_of_run
from engine.run.results import Result
from engine.storage.alive import remembered
from engine.storage.latest import LATEST, of_latest
from engine.storage.meant import meant
from engine.storage.naming import Named, alone, named
from engine.storage.saved_runs import saved_profiles, saved_summary

_LOST = "the run cannot be loaded"


@in_sentences("loading a run")
def load_result(
    name: str | Path, run: str | None = None, source: ConfigSource | Config = None
) -> Result:
    """Give a saved run as :func:`engine.segment` gave it.

    Parameters
    ----------
    name : str or Path
        Name of the results, with or without a run (``shop@previous``), or a folder of a model or
        report.
    run : str, optional
        A run id, the beginning or the end of one, ``previous`` (the one before that in use) or
        ``newest``; the run in use without.
    source : str, Path, dict, Config or None
        Says where results are (``output``).

    Returns
    -------
    result : Result
        Segments' names are those of today. ``explain``, ``similar`` and ``export`` read the input
        where it was, as far as they need it; the configuration in its summary says where results
        are now.

    Raises
    ------
    EngineError
        There is no such run, or its files are missing, damaged, or not signed as
        ``output.verify_with`` asks.

    Examples
    --------
    >>> import engine
    >>> engine.load_result("shop").profiles["segment_name"].to_list()  # doctest: +SKIP
    ['Loyal big spenders', 'Lapsed occasional buyers', 'Low-income small spenders']
    """
    settings = load_config(source)
    asked = named(settings.output, name)
    alone(asked, run, name)
    settings, root = asked.within(settings), asked.models / asked.name
    wanted = meant(root, asked.name, run) if run is not None else asked.run

    def of(folder: Path) -> Result:
        return _of(asked, settings, folder.name)

    if wanted != LATEST:
        return of(root / wanted)
    found = of_latest(root, of)
    if found is None:
        message = f"{root} holds no run that is in use; engine runs {asked.name} lists all."
        raise DataError(message)
    return found


def _of(asked: Named, settings: Config, run: str) -> Result:
    model = load_of_run(settings.output, run)
    summary = saved_summary(settings, run, _LOST)
    where = {"models": str(asked.models), "reports": str(asked.reports), "name": asked.name}
    output = {**summary["config"].get("output", {}), **where}
    output |= {key: getattr(settings.output, key) for key in ("processed", "verify_with")}
    summary["config"]["output"] = output
    profiles = saved_profiles(settings, run)
    folder = asked.reports / asked.name / run
    table, kept = remembered(run)
    cross_sell = _cross_sell(folder)
    page = folder / "report.html"
    return Result(summary, table_of(profiles), model, page, cross_sell, kept, table)


def _cross_sell(folder: Path) -> CrossSell | None:
    """Read what sells to whom; None where the run's input named no products."""
    if not (folder / FILES["offers"]).is_file():
        return None
    file = folder / "report_data.json"
    try:
        tree: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return read_back(folder, dict(tree["sales"]["cross_sell"]["facts"]))
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        message = f"what sells to whom is missing or damaged in {folder}, so {_LOST}."
        raise DataError(message) from None
