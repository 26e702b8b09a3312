"""The runs that are kept of a name: which they are, which is in use, and another one taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.errors import DataError, in_sentences
from engine.model.files import JSON
from engine.model.of_run import load_of_run
from engine.model.signature import SIGNATURE
from engine.run.delivered import targets_of, unsent
from engine.storage.latest import LATEST, latest_id, run_ids
from engine.storage.meant import NEWEST, PREVIOUS, WrongRunError, listed, meant, parted
from engine.storage.naming import Named, alone, named, whole
from engine.storage.outputs import take

_COLUMNS: dict[str, Any] = {
    "run": pl.String, "date": pl.Datetime("us", "UTC"), "method": pl.String,
    "segments": pl.Int64, "customers": pl.Int64, "cut_of": pl.String, "in_use": pl.Boolean,
}  # fmt: skip


class Used(NamedTuple):
    """What :func:`use` did.

    Attributes
    ----------
    name, run : str
        What is in use now.
    before : str or None
        The run that was in use.
    notices : tuple of str
        Sentences for people.
    """

    name: str
    run: str
    before: str | None
    notices: tuple[str, ...]


@in_sentences("listing runs")
def runs(name: str | Path, source: ConfigSource | Config = None) -> pl.DataFrame:
    """List the runs that are kept of a name, newest first: ``engine runs NAME``.

    Parameters
    ----------
    name : str or Path
        Name of the results, or a folder of a model or report.
    source : str, Path, dict, Config or None
        Says where results are (``output``).

    Returns
    -------
    table : polars DataFrame
        ``run``, ``date`` (UTC), ``method``, ``segments``, ``customers``, ``cut_of`` (the run whose
        tree it is another cut of), ``in_use``. What a damaged model does not say is null.

    Raises
    ------
    DataError
        There is no such name.

    Examples
    --------
    >>> import engine
    >>> engine.runs("shop")["in_use"].sum()  # doctest: +SKIP
    1
    """
    root = _models(whole(load_config(source).output, name, "the list of runs"))
    used = latest_id(root)
    rows = [{"run": r, "in_use": r == used, **_told(root / r)} for r in reversed(run_ids(root))]
    return pl.DataFrame(rows, _COLUMNS)


def _models(found: Named) -> Path:
    root = found.models / found.name
    if not run_ids(root):
        message = f"there is no model under {root}, so no run of it can be listed or taken."
        raise DataError(message)
    return root


def _told(folder: Path) -> dict[str, Any]:
    """Say what a run's model says of itself; nothing of what is missing or damaged."""

    def part(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    tree = part(lambda: json.loads((folder / JSON).read_text(encoding="utf-8")))
    return {
        "date": part(
            lambda: datetime.strptime(folder.name[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        ),
        "method": part(lambda: str(tree["info"]["method"])),
        "segments": part(lambda: len(tree["names"])),
        "customers": part(lambda: int(tree["info"]["n_customers"])),
        "cut_of": part(lambda: str(tree["info"]["cut_of"] or "") or None),
    }


@in_sentences("taking another run")
def use(name: str | Path, run: str | None = None, source: ConfigSource | Config = None) -> Used:
    """Let another run that is kept be the one in use: ``engine use NAME RUN``.

    Model, report and figures change in one step: ``latest`` names this run from then on, until
    another one is taken or the next run ends. Nothing is sent to ``output.segments``: a notice
    says how.

    Parameters
    ----------
    name : str or Path
        Name of the results, with or without a run (``shop@previous``), or the folder of a run's
        model or report.
    run : str, optional
        A run id, the beginning or the end of one, ``previous`` (the one before that in use, by
        date) or ``newest``, also behind the name (``shop@previous``); left out where ``name``
        names a run.
    source : str, Path, dict, Config or None
        Says where results are (``output``).

    Returns
    -------
    used : Used

    Raises
    ------
    EngineError
        There is no such run, or more than one; its model is damaged, or not signed as
        ``output.verify_with`` asks; a folder cannot be written. What is in use stays so.

    Examples
    --------
    >>> import engine
    >>> engine.use("shop", "previous").run  # doctest: +SKIP
    '20261129T183208-2dfd7c'
    """
    settings = load_config(source)
    asked = named(settings.output, name)
    alone(asked, run, name)
    if (both := parted(run or "")) and both[0] == asked.name:  # ``use shop shop@previous``
        run = both[1]
    root, output = _models(asked), asked.output(settings.output)
    wanted = run if run is not None else asked.run
    if run == LATEST:
        message = (
            f"latest is the run of {asked.name} that is in use, so nothing changes; name another: "
            f"{PREVIOUS}, {NEWEST} or an id; {listed(root, asked.name)}"
        )
        raise WrongRunError(message)
    if wanted == LATEST:
        message = f"say which run of {asked.name} to take: {listed(root, asked.name)}"
        raise WrongRunError(message)
    found = meant(root, asked.name, str(wanted))
    load_of_run(output, found)  # a damaged one is refused
    before = take(output, found)
    notices = _unsigned(root, found, before)
    reports = asked.reports / asked.name  # a cut may know of no targets
    targets = targets_of(reports / found) or targets_of(reports / str(before))
    if targets and found != before:
        notices.append(unsent(asked.name, targets))
    return Used(asked.name, found, before, tuple(notices))


def _unsigned(root: Path, run: str, before: str | None) -> list[str]:
    signed = [bool(r) and (root / str(r) / SIGNATURE).is_file() for r in (run, before)]
    if signed != [False, True]:
        return []
    return [f"warning: run {before} is signed and run {run}, which is in use now, is not"]
