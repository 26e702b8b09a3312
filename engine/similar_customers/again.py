"""A run's customers read from its input again, as they were clustered; others are refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.config.sections import Config
from engine.data_preparation import prepare
from engine.data_preparation.features.as_planned import as_planned
from engine.data_preparation.features.identity import Identity
from engine.data_preparation.features.visiting import customers
from engine.data_preparation.fetching.fetched import fetch
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.reading.numbers import PLAIN, Notation
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.lines import (
    Lines,
    called_there,
    gather_customers,
    open_lines,
    with_asked,
    with_writings,
)
from engine.errors import DataError
from engine.similar_customers.asked_run import Run
from engine.utilities.permissions import make_folder
from engine.utilities.progress import Progress

_SAME = 1e-4
"""Distances to centres that differ by more than rounding, also that of a GPU, are of others."""


@dataclass(frozen=True)
class Again:
    """The customers of a run, in its order.

    Attributes
    ----------
    run : Run
    source : Source
        Its input; of transactions the table of customers that was gathered from them.
    identity : Identity
    texts : dict of str to str
        Of gathered columns of numbers from a CSV of customers, columns of their text.
    notation : Notation
        How that CSV writes numbers.
    """

    run: Run
    source: Source
    identity: Identity
    texts: dict[str, str] = field(default_factory=dict)
    notation: Notation = PLAIN

    def blocks(self, columns: Sequence[str] = ()) -> Iterator[tuple[int, Any, np.ndarray]]:
        """Yield the number of a first customer, a block with some columns, and where they are.

        Raises
        ------
        DataError
            These are not the customers that were segmented.
        """
        run, model = self.run, self.run.model
        known = run.distances()
        read = list(dict.fromkeys((*model.plan.columns, *columns)))
        for start, block in customers(self.source, self.identity, read, run.runtime):
            part = model.plan.transform(block)
            if model.pca is not None:
                part = model.pca.transform(part)
            here = slice(start, start + len(part))
            found = model.representatives.distances(part, run.labels[here], runtime=run.runtime)
            if not np.allclose(found, known[here], rtol=_SAME, atol=_SAME):
                raise _others(run)
            yield start, block, part


def read_again(run: Run, folder: Path, names: Sequence[str] = ()) -> Again:
    """Open the input of a run, and look whether its customers are still those.

    Parameters
    ----------
    run : Run
    folder : Path
        Where transactions are gathered, which is left to the caller; made where it is needed.
    names : sequence of str
        Columns of transactions, in whatever case, that are gathered for their customers, too.

    Raises
    ------
    EngineError
        The input has moved, cannot be read or holds other customers.
    """
    config = _fetched(run, folder)
    lines, texts = _opened(config, names)
    config, loaded = _loaded(run, config, lines, folder, names)
    run.model.check_columns(list(loaded.source.schema), loaded.source.label)
    identity = prepare.identify(loaded, config)
    if identity.ids.dtype != run.ids.dtype or not identity.ids.equals(run.ids):
        raise _others(run)
    source = as_planned(loaded.source, run.model.plan)
    notation = lines.table.notation if lines and lines.table else PLAIN
    return Again(run, source, identity, called_there(texts, source.schema), notation)


def _fetched(run: Run, folder: Path) -> Config:
    found = fetch(run.config.input, folder.with_name("fetched"), Progress().stage)
    return run.config.model_copy(update={"input": found.settings})


def _opened(config: Config, names: Sequence[str]) -> tuple[Lines | None, dict[str, str]]:
    """Open transactions, with the text of the customers' own numbers that are asked for."""
    if config.input.kind != "transactions":
        return None, {}
    return with_writings(open_lines(config.input), config, names)


def _loaded(
    run: Run, config: Config, lines: Lines | None, folder: Path, names: Sequence[str]
) -> tuple[Config, Loaded]:
    """Open the input of the run; transactions become customers as they did."""
    if lines is None:
        return config, prepare.load(config)
    make_folder(folder)
    leading = run.model.info["transactions"]["leading_categories"]
    config = with_asked(lines, config, names)
    # Its own progress: lines are not the customers that are counted here.
    gathered, purchases = gather_customers(lines, config, folder, Progress(), leading)
    return gathered, prepare.load(gathered, purchases)


def _others(run: Run) -> DataError:
    message = (
        f"{run.config.input.place} has changed since run {run.run_id}: its customers are not those "
        "that were segmented; run the engine on it again, or say where those of the run are "
        "(input.path)."
    )
    return DataError(message)
