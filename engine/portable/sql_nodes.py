"""Pieces of a statement, and what dialects differ in beside what sqlglot writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sqlglot import exp

DIALECTS = ("duckdb", "sqlite", "postgres", "bigquery", "snowflake", "spark")
"""Those that a model is written in."""

SINGLE = {"duckdb", "postgres", "spark"}
"""Those that have numbers in single precision."""

HELD = {"postgres", "sqlite"}
"""Those that would write a step into every place it is used at, if it were not materialized."""

STRICT_TRUTHS = {"postgres", "bigquery", "snowflake"}
"""Those that make no number of a truth."""

_SPLIT = 2.0**29 + 1
"""What parts a number of 53 bits after 24 (Dekker, 1971): x * s - (x * s - x) is x in single."""


def column(name: str, table: str | None = None) -> exp.Column:
    """Name a column; quoted, as it stands."""
    from sqlglot import exp

    return exp.column(exp.to_identifier(name, quoted=True), table=table)


def number(value: float) -> Any:
    """Write a number so that every dialect takes it for one in double precision."""
    from sqlglot import exp

    text = repr(float(abs(value)))
    literal = exp.Literal.number(text if "e" in text else f"{text}e0")
    return exp.Neg(this=literal) if value < 0 else literal


def whole(value: int) -> Any:
    """Write a whole number."""
    from sqlglot import exp

    return exp.Literal.number(str(int(value)))


def text(value: str) -> Any:
    """Write a text."""
    from sqlglot import exp

    return exp.Literal.string(value)


def _inner(node: Any) -> Any:
    from sqlglot import exp

    return exp.Paren(this=node) if isinstance(node, exp.Binary | exp.Neg) else node


def added(parts: Iterable[Any]) -> Any:
    """Add up, from the left."""
    from sqlglot import exp

    return reduce(lambda a, b: exp.Add(this=a, expression=b), parts)


def less(a: Any, b: float) -> Any:
    """Subtract a number."""
    from sqlglot import exp

    if b == 0:
        return a
    made = exp.Add if b < 0 else exp.Sub
    return made(this=_inner(a), expression=number(abs(b)))


def times(a: Any, b: Any) -> Any:
    """Multiply."""
    from sqlglot import exp

    return exp.Mul(this=_inner(a), expression=_inner(b))


def call(name: str, *arguments: Any) -> Any:
    """Call a function by its name in the dialect."""
    from sqlglot import exp

    return exp.Anonymous(this=name, expressions=list(arguments))


def cast(node: Any, to: str) -> Any:
    """Convert to a type."""
    from sqlglot import exp

    return exp.Cast(this=node, to=exp.DataType.build(to))


def case(branches: Sequence[tuple[Any, Any]], otherwise: Any = None) -> Any:
    """Write what holds under conditions, the first that is true."""
    from sqlglot import exp

    ifs = [exp.If(this=when, true=then) for when, then in branches]
    return exp.Case(ifs=ifs, default=otherwise)


def doubled(branches: Sequence[tuple[Any, Any]], otherwise: Any = None) -> Any:
    """Write the same of numbers, in double precision."""
    return cast(case(branches, otherwise), "DOUBLE")


def squares(names: Sequence[Any], point: np.ndarray) -> Any:
    """Write the squared distance of columns to a point."""
    return added(times(less(n(), v), less(n(), v)) for n, v in zip(names, point, strict=True))


def least(dialect: str, nodes: Sequence[Any]) -> Any:
    """Write the least of some numbers; of one, that one."""
    if len(nodes) == 1:
        return nodes[0]
    return call("MIN" if dialect == "sqlite" else "LEAST", *nodes)


@dataclass
class Steps:
    """A statement in steps, each of which reads the one before.

    Attributes
    ----------
    dialect : str
    source : Any
        The table, or the last step's name.
    """

    dialect: str
    source: Any
    _written: list[str] = field(default_factory=list)
    _taken: str = ""

    def __post_init__(self) -> None:
        """Take note of the table's name, which no step may have."""
        self._taken = str(self.source.name).casefold()

    def add(
        self,
        name: str,
        made: Mapping[str, Any],
        keep: Sequence[str] = (),
        *,
        single: bool = False,
        clauses: Callable[[Any], Any] | None = None,
    ) -> None:
        """Add a step.

        Parameters
        ----------
        name : str
        made : mapping of str to node
            Columns that the step makes.
        keep : sequence of str
            Columns that it takes over.
        single : bool
            Whether what is made is kept in single precision.
        clauses : callable, optional
            Adds to the step what stands after its columns.
        """
        inline = single and self.dialect in SINGLE
        columns = {n: _singled(x) for n, x in made.items()} if inline else made
        self._step(name, {**{n: column(n) for n in keep}, **columns}, clauses)
        if single and not inline:
            halves = {n: _parted(n) for n in made}
            self._step(f"{name}_single", {**{n: column(n) for n in keep}, **halves}, None)

    def _step(self, name: str, columns: Mapping[str, Any], clauses: Any) -> None:
        from sqlglot import exp

        self.table(name, self._query(columns, clauses))
        self.source = exp.to_table(self.named(name))

    def _query(self, columns: Mapping[str, Any], clauses: Any = None) -> str:
        """Write a query, each of its columns on a line."""
        from sqlglot import exp

        query: Any = exp.Select(expressions=[exp.Star()])
        query.set("from_", exp.From(this=self.source))
        rest = self.sql(clauses(query) if clauses else query).removeprefix("SELECT * ")
        named = (exp.alias_(x, n, quoted=True, copy=False) for n, x in columns.items())
        lines = ",\n    ".join(self.sql(c) for c in named)
        return f"  SELECT\n    {lines}\n  {rest}"

    def sql(self, node: Any) -> str:
        """Write a piece in the dialect."""
        return str(node.sql(dialect=self.dialect, copy=False, comments=False))

    def named(self, name: str) -> str:
        """Give a step's name, which is not the table's."""
        return f"{name}_" if name == self._taken else name

    def table(self, name: str, query: str, columns: Sequence[str] = ()) -> None:
        """Add a table under a name, which is not the last step."""
        from sqlglot import exp

        called = ", ".join(self.sql(exp.to_identifier(c, quoted=True)) for c in columns)
        held = "MATERIALIZED " if self.dialect in HELD and not called else ""
        head = f"{self.named(name)}({called})" if called else self.named(name)
        self._written.append(f"{head} AS {held}(\n{query}\n)")

    def done(self, columns: Mapping[str, Any]) -> str:
        """Write the statement, which gives these columns of the last step."""
        return f"WITH {', '.join(self._written)}\n{self._query(columns)}\n"


def _singled(node: Any) -> Any:
    return cast(cast(node, "FLOAT"), "DOUBLE")


def _parted(name: str) -> Any:
    from sqlglot import exp

    far = times(column(name), number(_SPLIT))
    rest = exp.Sub(this=times(column(name), number(_SPLIT)), expression=column(name))
    return exp.Sub(this=far, expression=exp.Paren(this=rest))
