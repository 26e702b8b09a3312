"""Why customers whom no run has seen are where a model puts them, column by column."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.config.everywhere import AS_FILE
from engine.data_preparation.features.id_forms import ALWAYS, keys
from engine.data_preparation.in_memory import as_file, is_table
from engine.data_preparation.reading.lists import MemberReading
from engine.errors import DataError, in_sentences
from engine.model.assigning import stream
from engine.model.fitted import Fitted
from engine.model.reasons import Reasoner, pooled
from engine.utilities.shown import shown

if TYPE_CHECKING:
    from engine.data_preparation.features.feature_plan import FeaturePlan

MOST = 10_000
"""Customers who are explained at a time."""

_NAMED = 5
"""Unknown customers who are named."""


@dataclass(frozen=True)
class Explaining(Fitted):
    """A fitted segmentation that says why customers are where it puts them."""

    @in_sentences("explaining segments")
    def explain(
        self,
        data: Any,
        who: Any = None,
        *,
        customers: str | Path | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> pl.DataFrame:
        """Say what each column adds to the segment of customers, those of the run or others.

        Parameters
        ----------
        data : dataframe, mapping of str to sequence, str or Path
            As :meth:`engine.Model.assign` takes it.
        who : int, float, str, or sequence of these, optional
            Ids of those who are explained, 10,000 at most; all of them without. One that no
            customer has as it is written is the customer of another writing: 12353.0 is 12353.
        customers : str or Path, optional
            For files of transactions: the customers' table that was joined in training.
        overrides : mapping of dotted key to value, optional
            As of :meth:`engine.Model.assign`.

        Returns
        -------
        table : polars DataFrame
            A row for each customer and column, the most telling column first: the id, ``segment``,
            ``segment_name``, ``second_segment``, ``second_segment_name``, ``margin``, ``feature``,
            ``value``, ``contribution``, ``share``, as of :func:`engine.explain`. Contributions add
            up to the difference of the squared distances to the next best segment and to the own.

        Raises
        ------
        DataError
            The data do not go with the model, somebody is not in them, or too many are asked about.

        Warns
        -----
        UserWarning
            As :meth:`engine.Model.assign`.

        Notes
        -----
        Data are streamed; see :mod:`engine.model.reasons`.

        Examples
        --------
        >>> import engine
        >>> frame = pl.DataFrame({"id": range(60), "spent": [5, 90, 400] * 20})
        >>> model = engine.segment(frame, k=3, ephemeral=True).model
        >>> table = model.explain({"id": [61], "spent": [390]})
        >>> table.select("feature", "value", "share").row(0)
        ('spent', '390', 1.0)
        """
        table, notes = reasons_of(self, data, who, customers, overrides)
        for note in notes:
            warnings.warn(note, UserWarning, stacklevel=3)
        return table


@in_sentences("explaining segments")
def reasons_of(
    model: Explaining, data: Any, who: Any, customers: str | Path | None,
    overrides: Mapping[str, Any] | None,
) -> tuple[pl.DataFrame, list[str]]:  # fmt: skip
    """Give the table of :meth:`Explaining.explain`, and what it warns of."""
    asked = None if who is None else _asked(who)
    named = {} if customers is None else {"input.customers": str(customers)}
    said = {**(overrides or {}), **named}
    data = pl.DataFrame(dict(data)) if isinstance(data, Mapping) else data
    with as_file(data, lambda _: None) if is_table(data) else nullcontext() as kept:
        path = kept.folder / AS_FILE if kept else data
        with stream(model, path, None, said) as opened:
            found = list(_rows(model, opened, asked))
            done = opened.done()
    table = pl.concat([pl.DataFrame(schema=_schema(model, opened.schema)), *found])
    if asked is not None:
        table = _those(table, model.id_name, asked, "the table" if kept else str(data))
    return table, done.notes()


def _asked(who: Any) -> pl.Series:
    """Read who is asked about, as text, each once."""
    alone = isinstance(who, str | int | float | np.number)
    try:
        found = [str(each) for each in ([who] if alone else who) if each is not None]
    except TypeError as error:
        message = f"ids must be numbers or text ({error})."
        raise DataError(message) from None
    if not found:
        message = "no ids were given; name at least one customer."
        raise DataError(message)
    return pl.Series("id", found, dtype=pl.String).unique(maintain_order=True)


def _rows(model: Explaining, opened: Any, asked: pl.Series | None) -> Iterator[pl.DataFrame]:
    """Yield the reasons of those who are asked about, block by block of the data."""
    reasoner, seen, n = Reasoner(model), [], 0
    for frame in opened.frames(lambda block, labels: seen.append((block, labels))):
        if not seen:  # customers without a segment, who bought nothing
            continue
        block, labels = seen.pop()
        keep = np.arange(frame.height)
        if asked is not None:
            ids = keys(frame[model.id_name].cast(pl.String), ALWAYS)
            keep = np.flatnonzero(ids.is_in(keys(asked, ALWAYS).implode()).to_numpy())
        n += len(keep)
        if n > MOST:
            message = f"{MOST:,} customers are explained at a time; say whose ids are asked about."
            raise DataError(message)
        if len(keep):
            ids = frame[model.id_name].gather(keep)
            taken = block[keep.tolist()]
            yield _table(model, reasoner, ids, taken, labels[keep], opened.schema)


def _table(
    model: Explaining, reasoner: Reasoner, ids: pl.Series, taken: pl.DataFrame,
    labels: np.ndarray, of: Mapping[str, Any],
) -> pl.DataFrame:  # fmt: skip
    found = reasoner(model.plan.transform(taken), labels)
    values = values_of(model.plan, taken)
    names, numbers = [c.name for c in reasoner.columns], model.numbers.public
    rows = []
    for i, (id_, own) in enumerate(zip(ids, values.rows(named=True), strict=True)):
        segment, second, shares = int(found.own[i]), int(found.second[i]), found.shares[i]
        other = (None, None) if second < 0 else (numbers[second], model.names[second])
        total = sum(shares.tolist())
        for j in np.argsort(-np.abs(shares), kind="stable").tolist():
            value, adds = own[names[j]], float(shares[j])
            rows.append((
                id_, numbers[segment], model.names[segment], *other, float(found.margin[i]),
                names[j], None if value is None else str(value), adds,
                adds / total if total else None,
            ))  # fmt: skip
    return pl.DataFrame(rows, _schema(model, of), orient="row")


def _schema(model: Explaining, of: Mapping[str, Any]) -> dict[str, Any]:
    return {
        model.id_name: of[model.id_name], "segment": pl.Int32, "segment_name": pl.String,
        "second_segment": pl.Int32, "second_segment_name": pl.String, "margin": pl.Float32,
        "feature": pl.String, "value": pl.String, "contribution": pl.Float64, "share": pl.Float64,
    }  # fmt: skip


def _those(table: pl.DataFrame, id_name: str, asked: pl.Series, where: str) -> pl.DataFrame:
    """Keep those who are asked about: as their ids are written, or by the only other writing.

    Raises
    ------
    DataError
        Somebody is not there.
    """
    text = table[id_name].cast(pl.String)
    there = text.unique()
    known = pl.DataFrame({"known": there, "key": keys(there, ALWAYS)})
    once = known.filter(~pl.col("key").is_duplicated())
    wanted = pl.DataFrame({"id": asked, "key": keys(asked, ALWAYS)}).join(
        once, on="key", how="left"
    )
    same = pl.when(pl.col("id").is_in(there.implode())).then("id").otherwise("known")
    wanted = wanted.with_columns(known=same)
    lacking = sorted(wanted.filter(pl.col("known").is_null())["id"])
    if lacking:
        more = f" and {len(lacking) - _NAMED:,} more" if len(lacking) > _NAMED else ""
        who = ", ".join(shown(id_) for id_ in lacking[:_NAMED])
        message = f"{where} holds no customer with a segment and the id {who}{more}."
        raise DataError(message)
    return table.filter(text.is_in(wanted["known"].implode()))


def values_of(plan: FeaturePlan, block: pl.DataFrame) -> pl.DataFrame:
    """Give values as people know them: of a list, made flags of, its members."""
    told = []
    for column in pooled(plan):
        features: list[Any] = [plan.features[i] for i in column.features]
        if not isinstance(getattr(features[0], "reading", None), MemberReading):
            told.append(pl.col(features[0].column).alias(column.name))
        else:
            named = [
                pl.when(pl.col(f.column) == 1).then(pl.lit(f.reading.member)) for f in features
            ]
            told.append(pl.concat_str(named, separator=", ", ignore_nulls=True).alias(column.name))
    return block.select(told)
