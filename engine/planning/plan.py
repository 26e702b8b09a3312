"""``engine.plan``: what a run with a configuration would do, from headers and a few rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from engine.cluster.expecting import expected
from engine.config.clustering import IN_USE
from engine.config.everywhere import as_saved
from engine.config.loading import ConfigSource
from engine.config.sections import Config
from engine.data_preparation.fetching.fetched import fetched_aside
from engine.data_preparation.given import opened
from engine.data_preparation.prepare import load
from engine.data_preparation.transactions.lines import open_lines
from engine.delivery.own_folders import refuse_folders
from engine.delivery.own_input import refuse_input
from engine.delivery.reaching import look_at
from engine.errors import in_sentences
from engine.planning.customers import make_plan
from engine.planning.lines import plan_lines
from engine.planning.steps import Plan
from engine.utilities.progress import Progress


def plan(
    source: ConfigSource | Config | Any = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    k: int | Literal["auto"] | Sequence[int] | None = None,
    id: str | None = None,
    methods: str | Sequence[str] | None = None,
    transactions: bool | None = None,
    customers: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    include: str | Sequence[str] | None = None,
    exclude: str | Sequence[str] | None = None,
    categorical: str | Sequence[str] | None = None,
) -> Plan:
    """Say what a run with this configuration would do, from headers and a sample of rows.

    A sample says how long texts are and how many levels they have. What a step holds is what its
    process really takes beyond the imports: an upper bound of its anonymous memory, within 1.6
    times or 150 MiB of it (``benchmarks/memory.py`` measures both). Pages of files, such as a
    matrix that lies in one, are not counted: the system drops them when it needs the room.
    A cluster that a run would start is not started for it; one that is there is asked what its
    workers have. The model that is continued, a run's folders, and targets of segments
    (``output.segments``) are looked at as a run does before its work, and nothing is written.

    Parameters
    ----------
    source, overrides, k, id, methods, transactions, customers, columns, include, exclude, \
categorical
        As for :func:`engine.segment`.

    Returns
    -------
    plan : Plan

    Raises
    ------
    EngineError
        The configuration, the files' headers or the place are wrong; a target of segments is what
        the run reads; its folders cannot be written to; the model that is continued is not there.

    Examples
    --------
    >>> import engine, polars
    >>> frame = polars.DataFrame({"id": range(60), "spent": [5, 90, 400] * 20})
    >>> engine.plan(frame, k=3).refusals
    ()
    """
    words = {
        "k": k, "id": id, "methods": methods, "transactions": transactions, "columns": columns,
        "customers": customers, "include": include, "exclude": exclude, "categorical": categorical,
    }  # fmt: skip
    with opened(source, overrides, words, lambda _: None) as given:
        asked = given.config
        place = as_saved(asked).input.place
        refuse_folders(asked.output)
        refuse_input(asked)
        _refuse_predecessor(asked)
        targets = look_at(asked.output.segments)
        with (
            in_sentences(f"planning for {place}"),
            fetched_aside(asked.input, Progress().stage) as settings,
            expected(asked.compute) as runtime,
        ):
            config = asked.model_copy(update={"input": settings})
            if config.input.kind == "transactions":
                found = plan_lines(config, open_lines(config.input), runtime)
            else:
                found = make_plan(config, load(config), runtime)
        return replace(found, targets=targets)


def _refuse_predecessor(config: Config) -> None:
    """Refuse a model that is to be continued as a run does, by loading it.

    Raises
    ------
    EngineError
        There is no such model, or it cannot be used.
    """
    asked = config.clustering.continue_from
    if asked not in (None, IN_USE):
        from engine.model.model import load_model  # which takes a while, and few plans need

        load_model(asked, verify_with=config.output.verify_with, source=config)
