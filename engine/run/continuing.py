"""Which model a run continues, and what the run that saved it says of today's customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from engine.clustering.scored import Scored
from engine.config.clustering import IN_USE
from engine.config.sections import Config
from engine.continuity.migration import migration
from engine.continuity.previously import Previously, Saved, as_modelled, as_saved
from engine.continuity.steps import Predecessor
from engine.data_preparation.transactions.purchases import Purchases
from engine.errors import EngineError
from engine.model.model import Model
from engine.run.job import Job
from engine.run.saved_customers import SEGMENTS
from engine.storage.latest import latest_run
from engine.storage.naming import find
from engine.utilities.permissions import check_readable
from engine.utilities.rows import is_spread, mapped
from engine.utilities.segment_numbers import Numbers
from engine.utilities.tables import parts_of


def continuing(config: Config, note: Callable[[str], None]) -> Config:
    """Say which model is meant where a run continues the one in use.

    Parameters
    ----------
    config : Config
        ``clustering.continue_from`` may be ``latest``: the run in use of ``output.name``.
    note : callable
        Told that there is none yet.

    Returns
    -------
    config : Config
        With the folder of that run's model; without one, where this is the first run.
    """
    if config.clustering.continue_from != IN_USE:
        return config
    used = latest_run(Path(config.output.models) / config.output.name)
    if used is None:
        note(f"the first run of {config.output.name}: nothing to continue")
    meant = {"continue_from": None if used is None else str(used)}
    return config.model_copy(
        update={"clustering": config.clustering.model_copy(update=meant)},
    )


def moved(
    run: Job,
    before: Predecessor | None,
    continued: dict[str, Any] | None,
    best: Scored,
    names: Sequence[str],
    numbers: Numbers,
    purchases: Purchases | None,
) -> tuple[Previously | None, dict[str, Any] | None]:
    """Say in which segment of the previous run each of today's customers was, and who moved.

    Its own table says so where it is kept; otherwise its model is asked, as it is for today.

    Parameters
    ----------
    run : Job
    before : Predecessor or None
    continued : dict or None
        What is told of the segments that are continued.
    best, names, numbers
        Today's segments.
    purchases : Purchases or None
        With the customers who are in no segment.

    Returns
    -------
    then : Previously or None
        None where nothing is continued.
    continued : dict or None
        With ``migration``, and a sentence on it.
    """
    if before is None or continued is None:
        return None, continued
    labels, least = best.fit.labels, run.config.output.smallest_group
    with run.stages("previous customers", len(before.identity.ids)):
        then = _previously(run.config, before, labels, purchases)
        told = migration(then, labels, names, numbers, least)
    sentences = [*continued["sentences"], told["sentence"]]
    for sentence in sentences:
        run.stages.progress.note(sentence)
    return then, continued | {"migration": told, "sentences": sentences}


def _previously(
    config: Config, before: Predecessor, labels: Any, purchases: Purchases | None
) -> Previously:
    model, ids = before.model, before.identity.ids
    names = dict(zip(model.numbers.public, model.names, strict=True))
    run_id = str(model.info.get("run_id"))
    found = _table(config, model, spread=is_spread(ids))
    if isinstance(found, Saved):
        try:
            apart = purchases.apart.to_series() if purchases else None
            return as_saved(found, run_id, names, ids, labels, apart)
        except (OSError, pl.exceptions.PolarsError):
            found = "the table of its customers cannot be read"
    assigned = mapped(model.numbers.of, before.assigned())
    return as_modelled(run_id, names, assigned, purchases.n_apart if purchases else 0, found)


def _table(config: Config, model: Model, *, spread: bool) -> Saved | str:
    """Find the previous run's table of customers; or say why there is none to go by."""
    if model.plan.id_column is None:
        return "customers have no id by which they could be found again"
    asked, run_id = config.clustering.continue_from, str(model.info.get("run_id"))
    places = [find(config.output, asked)] if asked is not None else []
    own = Path(config.output.reports)
    for place in (*places, find(config.output, config.output.name)):
        if place is None:
            continue
        file = replace(place, run=run_id).report / SEGMENTS
        if not file.exists():
            continue
        if spread and place.reports.resolve() != own.resolve():
            return "the table of its customers lies where workers may not see it"
        try:
            check_readable(file)
            return Saved(tuple(part.resolve() for part in parts_of(file)), model.id_name)
        except (OSError, EngineError):
            return "the table of its customers cannot be read"
    return "the table of its customers is gone"
