"""SQL from prepared values to a segment and the squared distance to its centre."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.errors import DataError
from engine.portable.scoring import Lifted, Points, Projection, Scoring
from engine.portable.sql_columns import ID
from engine.portable.sql_nodes import (
    Steps,
    added,
    call,
    case,
    column,
    doubled,
    least,
    less,
    number,
    squares,
    times,
    whole,
)

FEW = 64
"""Points up to which each is a column of its own; more are a table that rows are joined with."""

MOST = 50_000
"""Numbers of points that a statement holds at most: about 1 MB, as much as BigQuery and Snowflake
take."""

ROW, SEGMENT, SQUARE, BEST, RANK, ORDER = "row", "segment", "square", "best", "rank", "number"


def projected(steps: Steps, by: Projection, names: Sequence[str], keep: list[str]) -> list[str]:
    """Add the step that gives components of columns; beside them stands what is kept."""
    start = "p" if not names[0].startswith("p") else f"{names[0][0]}p"
    made = {f"{start}{j}": _component(by, names, j) for j in range(by.directions.shape[1])}
    steps.add("components" if start == "p" else "inner_components", made, keep, single=True)
    return list(made)


def _component(by: Projection, names: Sequence[str], j: int) -> Any:
    return added(
        times(less(column(n), float(m)), number(float(w)))
        for n, m, w in zip(names, by.mean, by.directions[:, j], strict=True)
    )


def decided(steps: Steps, scoring: Scoring, names: Sequence[str], space: list[str]) -> None:
    """Add the steps that give each row's segment, by index, and the squared distance.

    Parameters
    ----------
    steps : Steps
    scoring : Scoring
    names : sequence of str
        Columns where the points are.
    space : list of str
        Columns where the centres are.
    """
    by, keep = scoring.decided, [ID, *space]
    if isinstance(by, Lifted):
        names, by = _lifted(steps, by, names, keep), by.marks
    if len(by.points) <= FEW:
        _by_columns(steps, by, names, keep)
    else:
        _by_rows(steps, by, names, keep)
    if not scoring.nearest_centre:
        own = [
            (_is(SEGMENT, s), squares([lambda n=n: column(n) for n in space], centre))
            for s, centre in enumerate(scoring.centres)
        ]
        steps.add("measured", {SQUARE: doubled(own)}, [ID, SEGMENT])


def _is(name: str, value: int) -> Any:
    from sqlglot import exp

    return exp.EQ(this=column(name), expression=whole(value))


def _by_columns(steps: Steps, by: Points, names: Sequence[str], keep: list[str]) -> None:
    """Give the nearest of few points."""
    from sqlglot import exp

    given = [lambda n=n: column(n) for n in names]
    made = {f"d{i}": squares(given, point) for i, point in enumerate(by.points)}
    steps.add("distances", made, keep)
    best = least(steps.dialect, [column(n) for n in made])
    steps.add("nearest", {SQUARE: best}, [*keep, *made])
    found = [
        (exp.EQ(this=column(n), expression=column(SQUARE)), whole(int(s)))
        for n, s in zip(made, by.segments, strict=True)
    ]
    steps.add("assigned", {SEGMENT: case(found)}, [*keep, SQUARE])


def _by_rows(steps: Steps, by: Points, names: Sequence[str], keep: list[str]) -> None:
    """Give the nearest of many points, which are a table."""
    beside = by.segments[:, None].astype(np.int64)
    ranked(steps, by.points, beside, [SEGMENT], names, keep, 1)


def ranked(
    steps: Steps,
    points: np.ndarray,
    beside: np.ndarray,
    called: Sequence[str],
    names: Sequence[str],
    keep: Sequence[str],
    few: int,
) -> None:
    """Add the steps that give each row with its nearest points, of equals the first."""
    from sqlglot import exp

    check_size(points.size + beside.size, len(points))
    axes = [f"x{i}" for i in range(points.shape[1])]
    rows = [
        [whole(i), *(number(float(v)) for v in p), *map(_value, b)]
        for i, (p, b) in enumerate(zip(points, beside, strict=True))
    ]
    _values(steps, "points", rows, [ORDER, *axes, *called])
    by_id = exp.Order(expressions=[exp.Ordered(this=column(ID))])
    steps.add("numbered", {ROW: exp.Window(this=exp.RowNumber(), order=by_id)}, [*keep, *names])
    apart = added(
        times(*(exp.Paren(this=exp.Sub(this=column(n), expression=column(a))) for _ in range(2)))
        for n, a in zip(names, axes, strict=True)
    )
    points_there = exp.to_table(steps.named("points"))
    rows_there = steps.source
    steps.add("pairs", {SQUARE: apart}, [ROW, ORDER],
              clauses=lambda query: query.join(points_there, join_type="cross"))  # fmt: skip
    order = exp.Order(expressions=[exp.Ordered(this=column(n)) for n in (SQUARE, ORDER)])
    rank = exp.Window(this=exp.RowNumber(), partition_by=[column(ROW)], order=order)
    steps.add("ranked", {RANK: rank}, [ROW, ORDER, SQUARE])

    def beside_again(query: Any) -> Any:
        near = exp.LTE(this=column(RANK), expression=whole(few))
        query = query.join(rows_there, using=[column(ROW)])
        return query.join(points_there, using=[column(ORDER)]).where(near)

    steps.add("found", {}, [ROW, *keep, *called, SQUARE], clauses=beside_again)


def _value(given: Any) -> Any:
    return whole(int(given)) if isinstance(given, np.integer) else number(float(given))


def _values(steps: Steps, name: str, rows: list[list[Any]], columns: list[str]) -> None:
    """Add a table of values, whose columns a dialect names in the way it knows."""
    from sqlglot import exp

    values = exp.Values(expressions=[exp.Tuple(expressions=row) for row in rows])
    if steps.dialect == "sqlite":
        steps.table(name, steps.sql(values), columns)
        return
    called = [exp.to_identifier(c, quoted=True) for c in columns]
    values.set("alias", exp.TableAlias(this=exp.to_identifier("given"), columns=called))
    query: Any = exp.Select(expressions=[exp.Star()])
    query.set("from_", exp.From(this=values))
    steps.table(name, steps.sql(query))


def check_size(numbers: int, points: int) -> None:
    """Refuse a statement that would be too long.

    Raises
    ------
    DataError
    """
    if numbers > MOST:
        message = (
            f"the model holds every customer against {points:,} points, {numbers:,} numbers in all:"
            f" more than the {MOST:,} that a statement takes, about 1 MB; write it as ONNX "
            "(--to onnx), assign with the engine, or fit k-means, which needs a point a segment."
        )
        raise DataError(message)


def _lifted(steps: Steps, by: Lifted, names: Sequence[str], keep: list[str]) -> list[str]:
    """Give rows the mean coordinates of their nearest landmarks, weighted by affinity."""
    from sqlglot import exp

    axes = [f"y{j}" for j in range(by.coordinates.shape[1])]
    ranked(steps, by.points, by.coordinates, axes, names, keep, by.nearest)
    each = exp.Window(this=exp.Sum(this=column(SQUARE)), partition_by=[column(ROW)])
    scale = times(each, number(2 / by.nearest))
    steps.add("scaled", {"scale": scale}, [ROW, *keep, *axes, SQUARE])
    wide = doubled(
        [(exp.GT(this=column("scale"), expression=number(0)), column("scale"))], number(1)
    )
    share = exp.Div(this=exp.Neg(this=column(SQUARE)), expression=wide)
    steps.add("weighed", {"weight": exp.Exp(this=share)}, [ROW, *keep, *axes])
    total = [exp.Sum(this=times(column("weight"), column(a))) for a in axes]
    made = {
        f"l{j}": exp.Div(this=t, expression=exp.Sum(this=column("weight")))
        for j, t in enumerate(total)
    }
    taken = {n: call("MIN", column(n)) for n in keep}
    steps.add("lifted", {**taken, **made}, clauses=lambda query: query.group_by(column(ROW)))
    steps.add("lifted_once", {n: column(n) for n in made}, keep, single=True)
    return list(made)
