"""The runs of a name over time, and all names at a glance."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.errors import DataError, in_sentences
from engine.storage.folders import Places
from engine.storage.history import remembered
from engine.storage.latest import latest_id, run_ids
from engine.storage.names import names
from engine.storage.naming import whole
from engine.utilities.disk_use import bytes_in

_WHEN = pl.Datetime("us", "UTC")
_ENTRY: dict[str, Any] = {
    "run": pl.String, "date": _WHEN, "method": pl.String, "k": pl.Int64,
    "customers": pl.Int64, "apart": pl.Int64, "structure": pl.String, "silhouette": pl.Float64,
    "stability": pl.Float64,
    "segments": pl.List(
        pl.Struct({"segment": pl.Int64, "name": pl.String, "customers": pl.Int64})
    ),
    "continues": pl.String, "kept_segments": pl.Int64, "both": pl.Int64, "stayed": pl.Int64,
    "new": pl.Int64, "left": pl.Int64, "cut_of": pl.String, "warnings": pl.List(pl.String),
    "seconds": pl.Float64, "kept": pl.Boolean, "in_use": pl.Boolean,
}  # fmt: skip
_NAME: dict[str, Any] = {
    "name": pl.String, "date": _WHEN, "run": pl.String, "k": pl.Int64, "customers": pl.Int64,
    "method": pl.String, "structure": pl.String, "runs": pl.Int64, "bytes": pl.Int64,
}  # fmt: skip


@in_sentences("reading the history")
def history(name: str | Path, source: ConfigSource | Config = None) -> pl.DataFrame:
    """Tell the runs of a name in their order, also those that were removed: ``engine history``.

    Parameters
    ----------
    name : str or Path
        Name of the results, or a folder of a model or report.
    source : str, Path, dict, Config or None
        Says where results are (``output``).

    Returns
    -------
    table : polars DataFrame
        A row a run, oldest first: ``run``, ``date`` (UTC), ``method``, ``k``, ``customers``,
        ``apart`` (without a segment), ``structure``, ``silhouette``, ``stability``, ``segments``
        (a list of ``segment``, ``name``, ``customers``); ``continues`` (a run),
        ``kept_segments``, ``both`` (customers of this and of that run), ``stayed`` (of them, those
        whose segment continues theirs), ``new``, ``left``; ``cut_of``, ``warnings``, ``seconds``,
        ``kept`` (whether its files are there), ``in_use``. What is not known is null.

    Raises
    ------
    DataError
        There is no such name; or one of its runs is named.

    Examples
    --------
    >>> import engine
    >>> engine.history("shop")["customers"].to_list()  # doctest: +SKIP
    [4102, 4180, 4233]
    """
    found = whole(load_config(source).output, name, "the history")
    models = found.models / found.name
    entries = remembered(models, found.reports / found.name)
    if not entries:
        message = f"nothing is remembered of runs of {found.name}, as no model is under {models}."
        raise DataError(message)
    used = latest_id(models)
    rows = [{**e, "date": _date(e["date"]), "in_use": e["run"] == used} for e in entries]
    return pl.DataFrame([{c: row.get(c) for c in _ENTRY} for row in rows], _ENTRY, strict=False)


@in_sentences("listing the names")
def overview(source: ConfigSource | Config = None) -> pl.DataFrame:
    """List all names of results, each with its run in use: ``engine list``.

    Parameters
    ----------
    source : str, Path, dict, Config or None
        Says where results are (``output``).

    Returns
    -------
    table : polars DataFrame
        ``name``, and of its run in use ``date`` (UTC), ``run``, ``k``, ``customers``, ``method``,
        ``structure``; ``runs`` that are kept and the ``bytes`` that all of them take.

    Examples
    --------
    >>> import engine
    >>> engine.overview()["name"].to_list()  # doctest: +SKIP
    ['policyholders', 'shop']
    """
    output = load_config(source).output
    rows = []
    for name in names(output):
        roots = Places(output.model_copy(update={"name": name}), "").roots
        models, used = roots[2], latest_id(roots[2])
        entries = {e["run"]: e for e in remembered(models, roots[1])}
        told = entries.get(str(used), {})
        sizes = {"runs": len(run_ids(models)), "bytes": sum(map(bytes_in, roots))}
        rows.append({**told, "name": name, "run": used, "date": _date(told.get("date")), **sizes})
    return pl.DataFrame([{c: row.get(c) for c in _NAME} for row in rows], _NAME, strict=False)


def _date(text: Any) -> datetime | None:
    with suppress(ValueError, TypeError):
        return datetime.fromisoformat(text)
    return None
