"""What a run on transactions would do: gathering, then the run on the customers it gives."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from engine.config.features import FeaturesConfig
from engine.config.sections import Config
from engine.data_preparation.features.roles import Roles, assign_roles, named_in
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.reading.blocks import row_bytes
from engine.data_preparation.reading.column_checks import check_columns
from engine.data_preparation.reading.most_rows import most_rows
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.carrying import carrying
from engine.data_preparation.transactions.columns import NUMBERS, Columns, find_columns
from engine.data_preparation.transactions.features import DESCRIBED, SPEND_SHARE, feature_names
from engine.data_preparation.transactions.lines import Lines
from engine.data_preparation.transactions.memory import gathering_bytes, lines_at_once
from engine.data_preparation.transactions.table import free_names
from engine.places.runtime import Runtime
from engine.planning import held
from engine.planning.customers import make_plan
from engine.planning.steps import Plan, Step
from engine.visualization.readable import memory

_BASKET_LINE = 40
_PRODUCTS = 100_000
"""Products whose sums a plan counts on; headers do not tell how many there are."""

_DESCRIBED: dict[str, pl.DataType] = dict.fromkeys(DESCRIBED, pl.Float64())

LINES_A_CUSTOMER = 5
"""Lines that a customer has at least, on average, where no table says how many there are."""


def plan_lines(config: Config, lines: Lines, runtime: Runtime) -> Plan:
    """Plan for opened transactions.

    How many customers they hold is known from the customers' table, otherwise guessed: the rest
    of the plan is then made again, and may refuse, once they are gathered.

    Raises
    ------
    DataError
        Columns that transactions need are missing, or what is to describe customers cannot.
    """
    n_lines = lines.source.estimate_rows()
    n = _customers(lines, n_lines)
    most = most_rows(lines.source, n_lines)
    found, asked = find_columns(lines.source, config.input), config.features.describe
    columns = carrying(found, lines.source, asked, lines.table)
    loaded = _expected(config, lines, columns)
    rest = make_plan(config, loaded, runtime, n_rows=n)
    known = "as its table says" if lines.table else "guessed"
    words = f"{most:,} lines of at most {n:,} customers ({known})"
    read = held.reading(
        Loaded(lines.source, None, Roles((), (), {})), list(lines.source.schema), most
    )
    line = _line_bytes(lines, columns, read)
    table = _texts(columns) | (lines.table.schema if lines.table else {})
    gathered = gathering_bytes(most, n, table, line=line, reading=read.held)
    gathering = Step("transactions", "partitions by customer", gathered, words)
    refusals = _too_large(gathering, runtime)
    if lines.table or rest.peak <= runtime.memory_limit:
        # Customers may be more than the table lists: whether k is too many shows when gathered.
        refusals += [r for r in rest.refusals if not r.startswith("clustering.k ")]
    steps = [gathering]
    for step in rest.steps:
        if step.name == "save" and columns.sells:
            selling = step.bytes + _selling_bytes(config, most, runtime, line)
            words = "best sellers, pairs, offers"
            steps.append(Step("what sells", "sparse baskets", selling, words))
        steps.append(step)
    return replace(rest, steps=tuple(steps), refusals=tuple(refusals))


def _line_bytes(lines: Lines, columns: Columns, read: held.Reading) -> float:
    """Give the bytes of a line once it is cleaned: dates and numbers of a CSV are text no more."""
    line = read.block / max(read.rows, 1)
    if not lines.source.typed:
        texts = [c for role, c in columns.named.items() if role in (*NUMBERS, "transaction_date")]
        line -= row_bytes(lines.source, texts) - 8 * len(texts)
    return line


def _selling_bytes(config: Config, n_lines: int, runtime: Runtime, line: float) -> int:
    """Bound a part as it is read, the baskets of products with support, and a table of products.

    Baskets take half the memory limit at most: the minimum support is raised until they do.
    """
    k = max(config.clustering.tried)
    part = int(lines_at_once(n_lines) * line)
    baskets = min(n_lines * _BASKET_LINE, runtime.memory_limit // 2)
    return part + baskets + min(n_lines, _PRODUCTS) * (k + 1) * 32


def _customers(lines: Lines, n_lines: int) -> int:
    if lines.table:
        return lines.table.estimate_rows()
    return max(2, n_lines // LINES_A_CUSTOMER)


def _expected(config: Config, lines: Lines, columns: Columns) -> Loaded:
    """Describe the table of customers that gathering gives, as far as headers tell."""
    named, id_column = columns.named, columns.named["customer_id"]
    leading = config.transactions.leading_categories if "category" in named else 0
    numbers = feature_names(
        products="product_id" in named, categories=[str(i) for i in range(leading)]
    )
    schema: dict[str, pl.DataType] = {id_column: lines.source.schema[id_column]}
    schema |= dict.fromkeys(numbers, pl.Float64())
    if lines.table:
        taken = {"id", *numbers, *DESCRIBED, id_column}
        names = free_names(list(lines.table.schema), taken)
        schema |= {names[c]: t for c, t in lines.table.schema.items() if names[c] not in schema}
    table = Source(lines.source.files, "parquet", schema, lines.source.read)
    every = schema | _DESCRIBED | _texts(columns)
    _check_names(config.features, replace(table, schema=every))
    roles = assign_roles(table, FeaturesConfig(), id_column, there=False)
    return Loaded(table, id_column, roles)


def _texts(columns: Columns) -> dict[str, pl.DataType]:
    return dict.fromkeys(columns.carried, pl.String())


def _check_names(features: FeaturesConfig, table: Source) -> None:
    """Refuse names of no column now, not after gathering; categories are not known yet."""
    named = named_in(features) | {"features.labels": tuple(features.labels)}
    for key, columns in named.items():
        check_columns({key: [n for n in columns if not n.startswith(SPEND_SHARE)]}, table)


def _too_large(gathering: Step, runtime: Runtime) -> list[str]:
    if gathering.bytes <= runtime.memory_limit:
        return []
    return [
        f"gathering {gathering.note} needs about {memory(gathering.bytes)}, more than "
        f"compute.memory_limit ({memory(runtime.memory_limit)}); raise the limit."
    ]
