"""Runs compared: what is asked for, and the result with its tables, its page and its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from engine.comparing import tables
from engine.comparing.files import beside, folder_of, save
from engine.comparing.given import of_data
from engine.comparing.matching import tracks
from engine.comparing.page import page_of
from engine.comparing.periods import Period, labelled, of_name, of_result
from engine.comparing.steps import Step, steps_of
from engine.comparing.told import sentences, told
from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.data_preparation.given import is_data
from engine.data_preparation.in_memory import as_file, is_table
from engine.errors import DataError, in_sentences
from engine.storage.meant import AT, PREVIOUS
from engine.storage.naming import find
from engine.utilities.formulas import told as marked
from engine.utilities.progress import Progress
from engine.utilities.scratch import scratch_folder

MOST = 1_000
"""Customers whose moves are listed of each step, where nobody says how many."""
_SECOND = len("20261201T145156")  # letters of a run's id that say when it began


@dataclass(frozen=True, repr=False)
class Comparison:
    """What :func:`compare` gives back.

    Attributes
    ----------
    summary : dict
        The same as ``comparison.json``.
    migration : polars DataFrame
        A row for each pair of segments with customers: how many, shares, and money where there
        are transactions; exactly. Numbers of segments are those of files, from 0.
    changes : polars DataFrame
        A row for each segment and column: means of both periods, and the effect size.
    sizes : polars DataFrame
        A row for each segment of each period; ``track`` is one for the same segment.
    moves : polars DataFrame
        The customers whose move matters most.
    notices : tuple of str
        What was met on the way, for people.
    """

    summary: dict[str, Any]
    migration: pl.DataFrame = field(repr=False)
    changes: pl.DataFrame = field(repr=False)
    sizes: pl.DataFrame = field(repr=False)
    moves: pl.DataFrame = field(repr=False)
    notices: tuple[str, ...]
    _settings: Config = field(repr=False)

    def __repr__(self) -> str:
        """Say in a sentence a step what was found."""
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)
        return f"<div>{said}{self.sizes._repr_html_()}</div>"

    @property
    def sentences(self) -> list[str]:
        """What was found, in a sentence for each step."""
        return sentences(self.summary)

    @property
    def movers(self) -> int:
        """Customers whom the moves could list, over all steps: with ``most`` large enough."""
        return tables.movers(self.migration)

    @cached_property
    def html(self) -> str:
        """The page, which needs no other file."""
        return page_of(self.summary, len(self.moves))

    def answer(self) -> dict[str, Any]:
        """Give what ``engine compare --json`` says of periods and steps; the files say more."""
        periods, steps = self.summary["periods"], self.summary["steps"]
        sums = ("both", "about_both", "stayed", "about", "rounded_to", "new", "left")
        return {
            "periods": [
                {k: p[k] for k in ("label", "run", "name", "customers", "segments")}
                for p in periods
            ],
            "steps": [
                {k: s[k] for k in ("from", "to", *sums)} | {"matched_by": s["matched"]["by"]}
                for s in steps
            ],
        }

    @in_sentences("writing a comparison")
    def write(self, folder: str | Path | None = None) -> Path:
        """Write page, JSON, ``migration.csv`` and ``moves.csv`` into a folder, all in one step.

        Parameters
        ----------
        folder : str or Path, optional
            Beside the reports of the last run's name if not given.

        Returns
        -------
        folder : Path

        Raises
        ------
        EngineError
            It cannot be written; what was there is as it was.
        """
        return self.saved(folder)[0]

    def saved(self, folder: str | Path | None = None) -> tuple[Path, list[str]]:
        """Do as :meth:`write`, and say what was changed in tables on the way."""
        there = folder_of(self._settings.output, self.summary["periods"])
        where = there if folder is None else Path(folder)
        cells = save(where, self.html, self.summary, self.moves, self._settings.output)
        return where, marked(cells, f"the tables of {where}")


@in_sentences("comparing runs")
def compare(
    runs: Any,
    source: ConfigSource | Config = None,
    *,
    most: int = MOST,
    labels: Sequence[str] = (),
    overrides: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare runs, one after the other: who moved, what changed (``engine compare A B ...``).

    Parameters
    ----------
    runs : sequence, or str
        Each a name of results (``shop``, its run in use), a name with a run (``shop@previous``,
        ``shop@newest``, ``shop@`` and an id or a part of one), a folder of a model or report, or a
        :class:`engine.Result`; all but the first also data, a path or a table, which the model of
        the run before gives their segments. Of a name alone the previous run and that in use are
        compared.
    source : str, Path, dict, Config or None
        Says where results are (``output``).
    most : int
        Customers whose move is listed, of each step.
    labels : sequence of str, optional
        What the periods are called, one each.
    overrides : mapping of dotted path to value, optional
        Of ``output``, and what is other in data than in training, as of ``Model.assign``.
    progress : Progress, optional

    Returns
    -------
    comparison : Comparison

    Raises
    ------
    EngineError
        There is no such run, or it is damaged; two that follow each other have no customer in
        common.

    Notes
    -----
    See :func:`engine.comparing.steps.steps_of` for what it takes.

    Examples
    --------
    >>> import engine
    >>> engine.compare(["shop@previous", "shop"]).migration.columns[:2]  # doctest: +SKIP
    ['from_period', 'to_period']
    """
    asked = [runs] if isinstance(runs, str | Path) else list(runs)
    if len(asked) == 1 and isinstance(asked[0], str | Path):
        asked = [f"{asked[0]}{AT}{PREVIOUS}", asked[0]]
    if len(asked) < 2:
        message = "give two runs or more to compare, the earlier first."
        raise DataError(message)
    said = dict(overrides or {})
    settings = load_config(source, {k: v for k, v in said.items() if k.startswith("output.")})
    shown = progress or Progress()
    with _periods(asked, settings, said, shown) as (periods, notices):
        steps = steps_of(labelled(periods, labels), most, shown)
        return _comparison(steps, settings, notices)


def compare_of_result(result: Any, others: Sequence[Any], most: int) -> Comparison:
    """Compare the run of a result with others, in the order of time; data come last.

    Raises
    ------
    EngineError
        As :func:`compare`.
    """
    settings = load_config(result.summary["config"])
    if not others:
        message = "give a run, or data, to compare with."
        raise DataError(message)
    with _periods([result, *others], settings, {}, Progress(), in_time=True) as (periods, notices):
        return _comparison(steps_of(labelled(periods), most, Progress()), settings, notices)


def _comparison(steps: Sequence[Step], settings: Config, notices: Sequence[str]) -> Comparison:
    periods = [steps[0].old, *(step.new for step in steps)]
    least = max(settings.output.smallest_group, *(_least(p) for p in periods))
    last = next(p for p in reversed(periods) if not p.data)
    settings = beside(settings, last.customers.path)
    own = tracks([step.matched for step in steps], [len(p.names) for p in periods])
    said = list(notices)
    for step in steps:
        said += _repeated(step)
    return Comparison(
        told(steps, own, least, said),
        tables.migration(steps),
        tables.changes(steps),
        tables.sizes(steps, own),
        tables.moves(steps),
        tuple(said),
        settings,
    )


def _least(period: Period) -> int:
    return int(period.profiles["smallest_group"])


def _repeated(step: Step) -> list[str]:
    found = zip((step.old, step.new), step.cells.repeated, strict=True)
    return [
        f"warning: {n:,} rows of {p.label} repeat an id, of which the first row counts"
        for p, n in found
        if n
    ]


@contextmanager
def _periods(
    asked: Sequence[Any],
    settings: Config,
    said: Mapping[str, Any],
    progress: Progress,
    *,
    in_time: bool = False,
) -> Iterator[tuple[list[Period], list[str]]]:
    """Give what is asked for; what data become on the way is removed in the end."""
    notices: list[str] = []
    found: list[Period] = []
    with ExitStack() as held:
        given = [(item, _as_data(item, settings, held, notices)) for item in asked]
        if in_time:
            runs = [of_item(item, settings) for item, data in given if data is None]
            found = sorted(runs, key=lambda period: period.run[:_SECOND])  # stable
            given = [(item, data) for item, data in given if data is not None]
        for item, data in given:
            if data is None:
                found.append(of_item(item, settings))
                continue
            if not found:
                message = f"{item} is data: put the run before it whose model knows segments."
                raise DataError(message)
            folder = held.enter_context(scratch_folder("engine-compared"))
            period, more = of_data(found[-1], data, folder, said, progress)
            found.append(period)
            notices += more
        yield found, notices


def of_item(item: Any, settings: Config) -> Period:
    """Give the run that is named, or that a result is of."""
    if isinstance(item, str | Path):
        return of_name(item, settings)
    if not all(hasattr(item, name) for name in ("model", "summary", "report_path")):
        message = f"a {type(item).__name__} is no run: give a name, a folder or a result."
        raise DataError(message)
    return of_result(item.model, item.summary, item.report_path)


def _as_data(item: Any, settings: Config, held: ExitStack, notices: list[str]) -> Any:
    """Give the path of data; None for a run."""
    if is_table(item):
        kept = held.enter_context(as_file(item, notices.append))
        held.callback(kept.remove)
        return next(iter(kept.folder.iterdir()))
    if not isinstance(item, str | Path) or find(settings.output, item) is not None:
        return None
    return item if is_data(item) else None
