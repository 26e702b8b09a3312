"""Transactions as a run meets them: opened with the customers' table beside, gathered, told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from engine.config.input import InputConfig
from engine.config.sections import Config
from engine.config.transactions import TransactionsConfig
from engine.data_preparation.features.roles import named_as_id
from engine.data_preparation.reading.as_written import with_texts
from engine.data_preparation.reading.files import naming
from engine.data_preparation.reading.sources import Source, open_source
from engine.data_preparation.transactions.carried import CODE
from engine.data_preparation.transactions.carrying import carried_of, proposed
from engine.data_preparation.transactions.columns import find_columns
from engine.data_preparation.transactions.few_rows import about_few
from engine.data_preparation.transactions.gather import gather
from engine.data_preparation.transactions.purchases import Purchases, Writings
from engine.data_preparation.transactions.table import GIVEN
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress


@dataclass(frozen=True)
class Lines:
    """Opened transactions; nothing but headers was read.

    Attributes
    ----------
    source : Source
        The transactions.
    table : Source or None
        The customers' own table, joined to what they bought.
    """

    source: Source
    table: Source | None


def open_lines(settings: InputConfig) -> Lines:
    """Open transactions, and the customers' table where one is named, from headers alone.

    Raises
    ------
    DataError
        See :func:`engine.data_preparation.reading.sources.open_source`.
    """
    return with_table(open_source(settings), settings)


def with_table(source: Source, settings: InputConfig) -> Lines:
    """Open the customers' table, where one is named, beside opened transactions.

    Raises
    ------
    DataError
        The transactions have no rows, or the table cannot be opened.
    """
    source.check_rows()
    if settings.customers is None:
        return Lines(source, None)
    try:
        table = open_source(InputConfig(path=settings.customers, read=settings.read))
    except DataError as error:
        message = str(error).replace("input.path", "input.customers")
        raise DataError(message) from None
    return Lines(source, table)


def gather_customers(
    lines: Lines,
    config: Config,
    folder: Path,
    progress: Progress,
    categories: Sequence[str] | None = None,
    runtime: Runtime | None = None,
) -> tuple[Config, Purchases]:
    """Turn transactions into a table of customers, and say how the rest of the run reads it.

    Parameters
    ----------
    lines : Lines
    config : Config
    folder : Path
        Where the table and the cleaned lines are written.
    progress : Progress
    categories : sequence of str, optional
        Leading categories of a previous model; those of these lines if not given.
    runtime : Runtime, optional
        Of a cluster, whose workers see ``folder``.

    Returns
    -------
    config : Config
        Its input is the table of customers.
    purchases : Purchases
    """
    purchases = gather_lines(
        lines,
        config.input,
        config.transactions,
        folder,
        progress=progress,
        categories=categories,
        least=config.output.smallest_group,
        describe=config.features.describe,
        runtime=runtime,
    )
    about_few(purchases.facts, config.output.smallest_group)
    table = InputConfig(path=str(purchases.customers), id=purchases.id_column, fold_ids="never")
    purchases.facts["notices"] += _proposals(lines, config)
    codes = [c for c, kind in purchases.facts.get("carried", {}).items() if kind == CODE]
    named = {"categorical": (*config.features.categorical, *codes)}
    features = config.features.model_copy(update=named)
    return config.model_copy(update={"input": table, "features": features}), purchases


def _proposals(lines: Lines, config: Config) -> list[str]:
    features = config.features
    named = {*features.describe, *features.include, *features.exclude}
    columns = find_columns(lines.source, config.input)
    found = [c for c in proposed(columns, lines.source, lines.table) if c not in named]
    if not found:
        return []
    what = f"the column {found[0]!r}" if len(found) == 1 else f"columns {', '.join(found)}"
    return [
        f"lines have {what}, which may describe their customers: run again with "
        f"--set 'features.describe=[{', '.join(found)}]' to have segments described by it"
    ]


def with_asked(lines: Lines, config: Config, names: Sequence[str]) -> Config:
    """Give the configuration in which columns of the lines that are asked for describe customers.

    Parameters
    ----------
    lines : Lines
    config : Config
        Of a run on these lines.
    names : sequence of str
        In whatever case; those that the lines do not have, or cannot give, are left out.
    """
    columns = find_columns(lines.source, config.input)
    found = carried_of(columns, lines.source, lines.table, names)
    describe = tuple(dict.fromkeys((*config.features.describe, *found)))
    features = config.features.model_copy(update={"describe": describe})
    return config.model_copy(update={"features": features})


def with_writings(
    lines: Lines, config: Config, names: Sequence[str]
) -> tuple[Lines, dict[str, str]]:
    """Give the customers' table with the text of numbers beside them, where it is no typed file.

    Parameters
    ----------
    lines : Lines
    config : Config
        Of a run on these lines.
    names : sequence of str
        Columns of customers, in whatever case, or ``all``.

    Returns
    -------
    lines : Lines
    texts : dict of str to str
        Of each such column of numbers, what its text is called.
    """
    table = lines.table
    if table is None or table.typed:
        return lines, {}
    wanted = {name.casefold() for name in names}
    owner = find_columns(lines.source, config.input).named["customer_id"]
    found = []
    for column, kind in table.schema.items():
        given = f"{column}{GIVEN}"  # as it is called where the transactions have one of its name
        asked = not wanted.isdisjoint({"all", column.casefold(), given.casefold()})
        plain = kind.is_float() and column not in table.readings and given not in table.schema
        another = column != owner and (owner in table.schema or not named_as_id(column))
        if asked and plain and another:
            found.append(column)
    made, texts = with_texts(table, found)
    return replace(lines, table=made), texts


def called_there(texts: dict[str, str], columns: Collection[str]) -> dict[str, str]:
    """Give texts by what their columns are called among the customers that were gathered."""
    return {f"{c}{GIVEN}" if f"{c}{GIVEN}" in columns else c: text for c, text in texts.items()}


def gather_for_lists(
    lines: Lines, config: Config, folder: Path, *more: Any
) -> tuple[Config, Purchases]:
    """Gather as :func:`gather_customers`, and what ``output.columns`` shows as its CSV holds it.

    The texts lie in a file of their own: no run has features of them. O(customers), a copy of
    their table, and nothing where no such column is asked for.
    """
    lines, texts = with_writings(lines, config, config.output.columns)
    config, found = gather_customers(lines, config, folder, *more)
    if lines.table is None or not texts:
        return config, found
    held = found.customers.rename(found.customers.with_name("as_written.parquet"))
    table = pl.scan_parquet(held, glob=False)
    table.drop(texts.values()).sink_parquet(found.customers)
    texts = called_there(texts, table.collect_schema())
    joined = tuple(c for c in found.joined if c not in texts.values())
    writings = Writings(held, texts, lines.table.notation)
    return config, replace(found, joined=joined, writings=writings)


def gather_lines(
    lines: Lines, settings: InputConfig, policies: TransactionsConfig, folder: Path, **more: Any
) -> Purchases:
    """Gather, and tell how the files are written beside what was recognised in them."""
    files = [*lines.source.files, *(lines.table.files if lines.table else ())]
    with naming(lines.source.label, files):
        purchases = gather(lines.source, settings, policies, folder, customers=lines.table, **more)
    found = [*lines.source.found, *(lines.table.found if lines.table else ())]
    facts = purchases.facts
    if facts["date_order"]:
        found.append(f"dates were read as {facts['date_format']}")
    facts = facts | {"notices": [*found, *facts["notices"]]}
    return replace(purchases, facts=facts, label=lines.source.label)
