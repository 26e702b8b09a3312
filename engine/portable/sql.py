"""A model as one SELECT: every customer's segment, its name and the distance to its centre."""

from __future__ import annotations

from typing import Any

from engine.errors import ConfigError, DataError
from engine.portable.scoring import Fitted, Scoring, scoring_of
from engine.portable.sql_columns import ID, prepared
from engine.portable.sql_nearest import SEGMENT, SQUARE, decided, projected
from engine.portable.sql_nodes import DIALECTS, Steps, case, cast, column, text, whole


def sql_of(
    model: Fitted, dialect: str, *, table: str = "customers", id_column: str | None = None
) -> str:
    """Write a model as one SELECT.

    Parameters
    ----------
    model : Fitted
    dialect : {"duckdb", "sqlite", "postgres", "bigquery", "snowflake", "spark"}
    table : str
        Name of the table, as the dialect writes it.
    id_column : str, optional
        Its column of ids; the model's without.

    Returns
    -------
    statement : str
        Comments that say what it expects, and the SELECT: the id, ``segment``, ``segment_name``
        and ``distance``, as assigning gives them.

    Raises
    ------
    ConfigError
        No such dialect; no name of a table; no column of ids.
    DataError
        The model does what SQL cannot.
    """
    if dialect not in DIALECTS:
        problem = f"dialect {dialect!r}: is none of {', '.join(DIALECTS)}"
        raise ConfigError([problem], "to sql")
    scoring = scoring_of(model)
    _check(scoring, dialect)
    own = id_column or scoring.id_column
    if own is None:
        problem = "the model has no id, and rows of a table no order: say which column is (--id)"
        raise ConfigError([problem], "to sql")
    steps = Steps(dialect, _table(table, dialect))
    names = prepared(steps, scoring, own)
    if scoring.projection is not None:
        names = projected(steps, scoring.projection, names, [ID])
    space = names
    for projection in scoring.further:
        names = projected(steps, projection, names, [ID, *space])
    decided(steps, scoring, names, space)
    statement = steps.done(_result(scoring, id_column or scoring.id_name))
    return f"{_head(scoring, dialect, table)}{statement}"


def _result(scoring: Scoring, called: str) -> dict[str, Any]:
    from sqlglot import exp

    def by_segment(values: list[Any]) -> Any:
        known = enumerate(values)
        return case([(exp.EQ(this=column(SEGMENT), expression=whole(s)), v) for s, v in known])

    return {
        called: column(ID),
        "segment": by_segment([whole(n) for n in scoring.segments]),
        "segment_name": by_segment([text(name) for name in scoring.names]),
        "distance": cast(exp.Sqrt(this=column(SQUARE)), "FLOAT"),
    }


def _check(scoring: Scoring, dialect: str) -> None:
    """Refuse what SQLite would read as something else without a word."""
    if dialect != "sqlite":
        return
    for number in scoring.numbers:
        if number.typed == "numbers" or not number.plain:
            what = "numbers" if number.typed == "numbers" else "dates"
            message = (
                f"the model reads {what} that are written in a way of their own in the column "
                f"{number.column!r}, and SQLite, whose columns have no types, would read such text "
                "as something else without a word: fit a model to a file that holds them plainly."
            )
            raise DataError(message)


def _table(name: str, dialect: str) -> Any:
    """Give a table by its name as the dialect writes it.

    Raises
    ------
    ConfigError
        It is something else.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        read = sqlglot.parse(f"SELECT * FROM {name}", dialect=dialect)
    except SqlglotError:
        read = []
    found = [x.args["from_"].this for x in read if isinstance(x, exp.Select) and _plain(x)]
    if len(read) != 1 or not found:
        problem = (
            f"table {name!r}: is no name of a table in {dialect}; a name with blanks or marks "
            "stands in the quotes of the dialect"
        )
        raise ConfigError([problem], "to sql")
    return found[0]


def _plain(query: Any) -> bool:
    """Tell whether a query does nothing but name a table."""
    from sqlglot import exp

    parts = {name for name, part in query.args.items() if part}
    if not {"expressions", "from_"} >= parts or "from_" not in parts:
        return False
    table = query.args["from_"].this
    said = {name for name, part in table.args.items() if part}
    return isinstance(table, exp.Table) and said <= {"this", "db", "catalog"} and bool(table.name)


def _head(scoring: Scoring, dialect: str, table: str) -> str:
    """Say what the statement expects, in comments."""
    info = scoring.info
    lines = [
        f"Segments of every customer of {table!r}, for {dialect}: the model {info.get('name')!r}, "
        f"run {info.get('run_id')} ({info.get('method')}).",
        "Missing values are NULL; columns are read by the names below.",
    ]
    if info.get("transactions"):
        lines.append("The table has a row a customer, as gathered from transactions.")
    lines += [
        f"{n.column!r} must be of a type of {n.typed}, not text."
        for n in scoring.numbers
        if n.typed and dialect != "sqlite"
    ]
    lines += [
        f"{n.column!r} holds dates as text, such as 2014-06-29."
        for n in scoring.numbers
        if n.typed and dialect == "sqlite"
    ]
    return "".join(f"-- {line}\n" for line in dict.fromkeys(lines))
