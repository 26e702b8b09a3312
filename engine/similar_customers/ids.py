"""Who is asked about: ids as they are given, and their rows in the index of a run."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.config.input import InputConfig
from engine.data_preparation.features.id_forms import ALWAYS, keys
from engine.data_preparation.features.identity import ids_in, whole_numbers
from engine.data_preparation.reading.files import KINDS
from engine.data_preparation.reading.layout import names_told
from engine.data_preparation.reading.sources import open_source
from engine.errors import DataError, InputMissingError, first_line
from engine.similar_customers.asked_run import Run
from engine.utilities.formulas import marked_names

_FILES = (".txt", *KINDS)
_NAMED = 5
"""Unknown ids that are named."""


def asked_ids(ids: Any, name: str) -> pl.Series:
    """Read who is asked about, each once, in their order.

    Parameters
    ----------
    ids : int, float, str, Path, polars Series, numpy array, or sequence of numbers or str
        12353.0 is 12353. Text holds ids with commas between them, or names a file as a Path does.
    name : str
        The column of ids in a .csv or .parquet file.

    Raises
    ------
    DataError
        There are none, or the file cannot be read.
    """
    if isinstance(ids, str | PathLike):
        file = Path(ids)
        in_file = not isinstance(ids, str) or file.suffix.lower() in _FILES
        values = _in_file(file, name) if in_file else pl.Series(_words(str(ids)), dtype=pl.String)
    elif isinstance(ids, int | float | np.number):
        values = pl.Series([ids])
    else:
        try:
            values = pl.Series(ids if isinstance(ids, pl.Series | np.ndarray) else list(ids))
        except (TypeError, pl.exceptions.PolarsError) as error:
            message = f"ids must be numbers or text, all of one kind ({first_line(error)})."
            raise DataError(message) from None
    if values.dtype.is_float():
        values = whole_numbers(values)
    values = values.drop_nulls().unique(maintain_order=True)
    if not len(values):
        message = "no ids were given; name at least one customer."
        raise DataError(message)
    return values


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _in_file(file: Path, name: str) -> pl.Series:
    if not file.is_file():
        message = f"{file} does not exist; give a file of ids, or ids with commas between them."
        raise InputMissingError(message)
    if file.suffix.lower() not in _FILES:
        message = f"{file}: ids are read from files that end in {', '.join(_FILES)}."
        raise DataError(message)
    if file.suffix.lower() == ".txt":
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        return pl.Series([line.strip() for line in lines if line.strip()], dtype=pl.String)
    source = open_source(InputConfig(path=str(file)))
    written = next((n for n in (name, *marked_names([name]).values()) if n in source.schema), None)
    if written is None:
        message = (
            f"{file} lacks the column of ids {name!r}; it has {names_told(list(source.schema))}."
        )
        raise DataError(message)
    if not source.typed:
        source = source.with_types({written: pl.String()})
    parts = [ids_in(block[written], source) for block in source.batches([written])]
    return pl.concat(parts) if parts else pl.Series(name, [], dtype=pl.String)


def row_numbers(asked: pl.Series, run: Run) -> np.ndarray:
    """Find the row numbers of ids in the index of a run: int64 array of shape (n_asked,).

    An id that no customer has as it is written is the customer whose id is another writing of it,
    by the rule of the run (``input.fold_ids``), where that is one.

    Raises
    ------
    DataError
        Counting the ids that the run does not know, and naming up to five.
    """
    known = pl.DataFrame({"id": run.ids}).with_row_index("number")
    question = pl.DataFrame({"id": _like(asked, run.ids.dtype), "given": asked})
    found = question.join(known, on="id", how="left", maintain_order="left")
    if found["number"].null_count() and (folds := _folds(run)):
        found = _otherwise_written(found, known, folds)
    missing = found.filter(pl.col("number").is_null())["given"]
    if len(missing):
        raise DataError(_unknown(missing, len(asked), run.run_id))
    return found["number"].cast(pl.Int64).unique(maintain_order=True).to_numpy()


def without_segment(asked: pl.Series, run: Run) -> pl.DataFrame:
    """Find those who are asked about and have no segment: their ``id`` as text, and the reason."""
    apart = run.apart()
    known = apart.filter(pl.col("id").is_in(asked.cast(pl.String).implode()))
    return known.select("id", "reason")


def _folds(run: Run) -> tuple[str, ...]:
    """Give what the run folded in ids."""
    gathering = run.model.info.get("transactions")
    asked = gathering.get("fold_ids", "never") if gathering else run.config.input.fold_ids
    if asked == "never":
        return ()
    return ALWAYS if asked == "auto" else (*ALWAYS, *asked)


def _otherwise_written(
    found: pl.DataFrame, known: pl.DataFrame, folds: tuple[str, ...]
) -> pl.DataFrame:
    """Find those that are missing by what all writings of an id have in common."""
    as_text = known.with_columns(key=keys(known["id"].cast(pl.String), folds))
    once = as_text.filter(~pl.col("key").is_duplicated()).select("key", other="number")
    asked = found.with_columns(key=keys(found["given"].cast(pl.String), folds))
    joined = asked.join(once, on="key", how="left", maintain_order="left")
    return joined.with_columns(number=pl.coalesce("number", "other"))


def _unknown(missing: pl.Series, asked: int, run_id: str) -> str:
    first = ", ".join(map(str, missing.head(_NAMED)))
    if asked == 1:
        return f"run {run_id} clustered no customer with the id {first}."
    many, named = len(missing), f": {first}"
    if many > _NAMED:
        named = f", such as {first}"
    belong = "belongs" if many == 1 else "belong"
    return f"{many:,} of the {asked:,} ids {belong} to no customer of run {run_id}{named}."


def _like(asked: pl.Series, kind: pl.DataType) -> pl.Series:
    """Give ids the type of the run's; those that cannot have it become null."""
    typed = asked.cast(kind, strict=False)
    if kind == pl.String or asked.dtype != pl.String:
        return typed
    # 007 is the number 7 only to a parser.
    same = (typed.cast(pl.String) == asked).fill_null(value=False)
    return typed.to_frame("id").select(pl.when(same).then("id"))["id"]
