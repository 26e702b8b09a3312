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
from engine.data_preparation.in_memory import as_file, is_table
from engine.data_preparation.reading.lists import MemberReading
from engine.errors import DataError, InputMissingError, in_sentences
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
        who : int, str, or sequence of these, optional
            Ids of those who are explained, 10,000 at most; all of them without.
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
        asked = None if who is None else _asked(who)
        named = {} if customers is None else {"input.customers": str(customers)}
        said = {**(overrides or {}), **named}
        data = pl.DataFrame(dict(data)) if isinstance(data, Mapping) else data
        with as_file(data, lambda _: None) if is_table(data) else nullcontext() as kept:
            path = kept.folder / AS_FILE if kept else data
            with stream(self, path, None, said) as opened:
                found = list(_rows(self, opened, asked))
                done = opened.done()
        for note in done.notes():
            warnings.warn(note, UserWarning, stacklevel=3)
        _check_all(asked, [table[self.id_name] for table in found], str(data), table=bool(kept))
        return pl.concat([pl.DataFrame(schema=_schema(self, opened.schema)), *found])


def _asked(who: Any) -> set[str]:
    alone = isinstance(who, str | int | np.integer)
    found = {str(each) for each in ([who] if alone else who) if each is not None}
    if not found:
        message = "no ids were given; name at least one customer."
        raise DataError(message)
    return found


def _rows(model: Explaining, opened: Any, asked: set[str] | None) -> Iterator[pl.DataFrame]:
    """Yield the reasons of those who are asked about, block by block of the data."""
    reasoner, seen, n = Reasoner(model), [], 0
    for frame in opened.frames(lambda block, labels: seen.append((block, labels))):
        if not seen:  # customers without a segment, who bought nothing
            continue
        block, labels = seen.pop()
        keep = np.arange(frame.height)
        if asked is not None:
            keep = np.flatnonzero(frame[model.id_name].cast(pl.String).is_in(asked).to_numpy())
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


def _check_all(asked: set[str] | None, found: list[pl.Series], data: str, *, table: bool) -> None:
    """Refuse to leave somebody out.

    Raises
    ------
    InputMissingError
    """
    there = {str(id_) for ids in found for id_ in ids.unique()}
    if lacking := sorted((asked or set()) - there):
        more = f" and {len(lacking) - _NAMED:,} more" if len(lacking) > _NAMED else ""
        who = ", ".join(shown(id_) for id_ in lacking[:_NAMED])
        where = "the table" if table else data
        message = f"{where} holds no customer with a segment and the id {who}{more}."
        raise InputMissingError(message)


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
