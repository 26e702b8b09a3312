"""SQL from the columns of a table to prepared values."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.native.tables import ASINH, LOG, Shape
from engine.portable.columns import LARGEST, Category, Number
from engine.portable.scoring import Scoring
from engine.portable.sql_nodes import (
    STRICT_TRUTHS,
    Steps,
    call,
    case,
    cast,
    column,
    doubled,
    less,
    number,
    text,
    times,
)

ID = "id"


def prepared(steps: Steps, scoring: Scoring, id_column: str) -> list[str]:
    """Add the steps that prepare a table's rows.

    Returns
    -------
    names : list of str
        The prepared columns; beside them stands the id.
    """
    numbers = {f"n{i}": x for i, x in enumerate(scoring.numbers)}
    categories = {f"t{i}": x for i, x in enumerate(scoring.categories)}
    steps.add(
        "taken",
        {
            ID: column(id_column),
            **{n: _taken(x, steps.dialect) for n, x in numbers.items()},
            **{n: cast(column(x.column), "TEXT") for n, x in categories.items()},
        },
    )
    texts = list(categories)
    filled = {n: _filled(n, x.shape) for n, x in numbers.items()}
    steps.add("filled", filled, [ID, *texts])
    clipped = {n: _clipped(n, x.shape) for n, x in numbers.items()}
    steps.add("clipped", clipped, [ID, *texts])
    shaped = {f"f{i}": _shaped(n, x.shape) for i, (n, x) in enumerate(numbers.items())}
    steps.add("shaped", shaped, [ID, *texts], single=True)
    levels: dict[str, Any] = {}
    for name, category in categories.items():
        made = _levels(name, category, steps.dialect)
        levels |= {f"f{len(shaped) + len(levels) + i}": x for i, x in enumerate(made)}
    if levels:
        steps.add("prepared", levels, [ID, *shaped])
    return [*shaped, *levels]


def _taken(of: Number, dialect: str) -> Any:
    """Take a number out of a table; what is missing is null."""
    given = column(of.column)
    if of.snapshot is not None:
        return _days(of, dialect)
    if dialect == "sqlite":  # where text would become the number that it begins with, or 0
        return cast(call("NULLIF", given, text("")), "DOUBLE")
    shape = of.shape
    truths = shape.low in (-np.inf, 0.0) and shape.high in (np.inf, 1.0)
    if truths and shape.fill in (0.0, 1.0) and dialect in STRICT_TRUTHS:
        written = [cast(column(of.column), "TEXT") for _ in range(3)]
        return doubled(
            [(_equal(call("LOWER", written[i]), word), number(1 - i)) for i, word in _TRUTHS],
            cast(written[2], "DOUBLE"),
        )
    return cast(given, "DOUBLE")


_TRUTHS = ((0, "true"), (1, "false"))


def _equal(node: Any, word: str) -> Any:
    from sqlglot import exp

    return exp.EQ(this=node, expression=text(word))


def _days(of: Number, dialect: str) -> Any:
    """Give the days from a date to the snapshot."""
    from sqlglot import exp

    assert of.snapshot is not None
    end = cast(text(of.snapshot.isoformat()), "DATE")
    given = column(of.column)
    if dialect == "postgres":  # which takes no text for a moment here
        day = cast(call("DATE_TRUNC", text("day"), given), "DATE")
        return cast(exp.Sub(this=end, expression=day), "DOUBLE")
    if dialect == "sqlite":
        far = [call("JULIANDAY", call("DATE", x)) for x in (text(str(of.snapshot)), given)]
        return cast(exp.Sub(this=far[0], expression=far[1]), "DOUBLE")
    day = cast(given, "DATE")
    return cast(exp.DateDiff(this=end, expression=day, unit=exp.var("DAY")), "DOUBLE")


def _filled(name: str, shape: Shape) -> Any:
    from sqlglot import exp

    known = exp.Between(this=column(name), low=number(-LARGEST), high=number(LARGEST))
    return doubled([(known, column(name))], number(shape.fill))


def _clipped(name: str, shape: Shape) -> Any:
    from sqlglot import exp

    bounds: list[tuple[Any, Any]] = []
    if np.isfinite(shape.low):
        low = exp.LT(this=column(name), expression=number(shape.low))
        bounds.append((low, number(shape.low)))
    if np.isfinite(shape.high):
        high = exp.GT(this=column(name), expression=number(shape.high))
        bounds.append((high, number(shape.high)))
    return doubled(bounds, column(name)) if bounds else column(name)


def _shaped(name: str, shape: Shape) -> Any:
    from sqlglot import exp

    value: Any = column(name)
    if shape.kind in (LOG, ASINH):

        def size() -> Any:
            return _logarithm(name, shape)

        below = exp.LT(this=column(name), expression=number(0))
        value = doubled([(below, exp.Neg(this=size()))], size())
    return times(less(value, shape.centre), number(1 / shape.scale))


def _logarithm(name: str, shape: Shape) -> Any:
    """Give log(1 + abs(x)), or asinh(abs(x) / unit)."""
    from sqlglot import exp

    def far() -> Any:
        size = exp.Abs(this=column(name))
        return size if shape.kind == LOG else times(size, number(1 / shape.unit))

    if shape.kind == LOG:
        return exp.Ln(this=exp.Add(this=far(), expression=number(1)))
    square = exp.Add(this=times(far(), far()), expression=number(1))
    return exp.Ln(this=exp.Add(this=far(), expression=exp.Sqrt(this=square)))


def _levels(name: str, category: Category, dialect: str) -> list[Any]:
    """Give a prepared column for each of a category's."""
    known = {t for texts in category.texts for t in texts}
    made = []
    for j in range(len(category.other)):
        groups: dict[float, list[str]] = {}
        for texts, values in zip(category.texts, category.values, strict=True):
            if values[j] != category.other[j]:
                groups.setdefault(float(values[j]), []).extend(_written(texts, known, dialect))
        branches = [(_missing(name), number(float(category.missing[j])))]
        branches += [(_among(name, texts), number(value)) for value, texts in groups.items()]
        made.append(cast(case(branches, number(float(category.other[j]))), "DOUBLE"))
    return made


def _written(texts: tuple[str, ...], known: set[str], dialect: str) -> list[str]:
    """Give what a level's texts are in a dialect: SQLite's truths are 1 and 0."""
    also = {"true": "1", "false": "0"}.get(texts[0]) if dialect == "sqlite" else None
    return [*texts, *([also] if also and also not in known else [])]


def _missing(name: str) -> Any:
    from sqlglot import exp

    return exp.Is(this=column(name), expression=exp.Null())


def _among(name: str, texts: list[str]) -> Any:
    from sqlglot import exp

    return exp.In(this=column(name), expressions=[text(t) for t in texts])
