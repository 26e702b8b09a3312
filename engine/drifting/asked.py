"""``engine.drift``: a model and new customers in, how far these have shifted out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config.everywhere import AS_FILE
from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.data_preparation.in_memory import as_file, is_table
from engine.drifting.columns import shifts
from engine.drifting.found import Drift
from engine.drifting.seeing import Seen, see
from engine.drifting.segments import segments_of
from engine.drifting.words import named
from engine.errors import DataError, in_sentences
from engine.model.model import Model, load_model
from engine.storage.naming import find
from engine.utilities.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_DATA = ("input", "transactions")
"""Sections of which keys say how new customers are read."""

FEW = 100
"""Customers below which little can be told."""


@in_sentences("measuring drift")
def drift(
    model: Any,
    data: Any,
    source: ConfigSource | Config = None,
    *,
    customers: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Drift:
    """Say how customers have shifted since a model was fitted on others: ``engine drift``.

    Parameters
    ----------
    model : Model, Result, str or Path
        Or the name of a run (``shop``, ``shop@previous``), or a folder of its model.
    data : dataframe, mapping of str to sequence, str or Path
        Customers as :meth:`engine.Model.assign` takes them, of any size: a file is streamed.
        For a model of transactions, a file or a table of invoices.
    source : str, Path, dict, Config or None
        Says the thresholds (``drift``), and where results are that a name is one of (``output``).
    customers : str or Path, optional
        For transactions: the customers' table that was joined in training.
    overrides : mapping of dotted key to value, optional
        Of ``source``; and of ``input`` and ``transactions`` what is other in this file than in
        training.
    progress : Progress, optional

    Returns
    -------
    drift : Drift
        ``verdict``, ``reasons``, ``columns``, ``features`` and ``shares`` (tables), ``write``.

    Raises
    ------
    EngineError
        The model cannot be read; or the data are without customers, have none of its columns, or
        one of another type. Those that are only missing stand in ``lacks``.

    Examples
    --------
    >>> import engine
    >>> engine.drift("shop", "july.parquet").verdict  # doctest: +SKIP
    'stable'
    """
    asked = dict(overrides or {})
    of_data = {k: v for k, v in asked.items() if k.split(".")[0] in _OF_DATA}
    settings = load_config(source, {k: v for k, v in asked.items() if k not in of_data})
    known = getattr(model, "model", model)
    if not isinstance(known, Model):
        known = load_model(known, verify_with=settings.output.verify_with, source=settings)
    if customers is not None:
        of_data["input.customers"] = str(customers)
    shown = progress or Progress()
    table = is_table(data)
    with as_file(data, shown.note) if table else nullcontext() as kept:
        path = kept.folder / AS_FILE if kept else data
        with shown.stage("drift"):
            seen = see(known, path, of_data, shown)
    return compared(known, seen, "a table" if table else str(data), settings)


def compared(model: Model, seen: Seen, data: str, settings: Config) -> Drift:
    """Hold what was seen against what a model kept.

    Raises
    ------
    DataError
        Nobody was seen.
    """
    if not seen.rows:
        message = f"{data} holds no customers, so there is nothing to compare with the fit."
        raise DataError(message)
    info, least = model.info, settings.output.smallest_group
    about = {
        "run_id": info.get("run_id"),
        "name": info.get("name") or "model",
        "method": info.get("method"),
        "customers": info.get("n_customers"),
    }
    return Drift(
        about,
        data,
        seen.rows,
        shifts(model, seen, settings.drift, least),
        segments_of(model, seen, settings.drift, least),
        settings.drift,
        tuple(_lacks(model, seen)),
        tuple(seen.notices),
        tuple(seen.warnings),
    )


def _lacks(model: Model, seen: Seen) -> Iterator[str]:
    """Say what cannot be compared, and why."""
    if not model.info.get("reference"):
        yield (
            "The model is of an earlier build, which kept nothing of its columns and distances: "
            "only the segments' shares are compared; fit it again for the rest."
        )
    elif seen.lacking:
        yield (
            f"The data lack {named(seen.lacking)}: the other columns are compared, but the "
            "segments' shares and who belongs nowhere are left out, as the model gives segments "
            "by all of its columns."
        )
    elif left := [c for c in model.plan.columns if c not in {*seen.numbers, *seen.levels}]:
        yield f"The model kept nothing of {', '.join(map(repr, left))}."
    elif not model.info["reference"]["segments"]:
        yield (
            "The model is a cut that nobody ran: its segments were not measured, so only columns "
            "are compared."
        )
    if seen.rows < FEW:
        yield f"Of {seen.rows:,} customers little can be told: only large shifts are seen."


def folder_for(found: Drift, model: Any, settings: Config) -> Path:
    """Give a new folder for what was found: ``reports/<name>/drift/<time>``; it is not made here.

    Parameters
    ----------
    found : Drift
    model : str or Path
        As it was named: the reports of that run.
    settings : Config
    """
    run = find(settings.output, model)
    reports, name = (run.reports, run.name) if run else (Path(settings.output.reports), None)
    root = reports / (name or str(found.model["name"])) / "drift"
    tries = (root / f"{found.stamp}{f'-{i}' if i else ''}" for i in range(10_000))
    return next(folder for folder in tries if not folder.exists())
