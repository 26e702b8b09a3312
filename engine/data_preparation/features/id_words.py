"""What is said of the rows' ids: which column, which rows were left out, what stops a run."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import DataError

NUMBERED = "no id column was recognised; customers are numbered by row, from 0"
"""Said where the file has no ids."""


def identified_words(column: str) -> str:
    """Say which column tells customers apart."""
    return f"customers are identified by the column {column!r}"


def pointed_words(pointed: int, ids: int, column: str) -> list[str]:
    """Say how many of the different ids are written with a point, where not all are."""
    if not 0 < pointed < ids:
        return []
    return [f"{pointed:,} of {ids:,} ids in {column!r} are written with a point, as 1001.0 is"]


def blank_words(lines: int) -> list[str]:
    """Count the empty lines, where there are any."""
    return [f"{lines:,} empty lines were skipped"] if lines else []


def dropped_words(nulls: int) -> str:
    """Count the rows that were dropped because they have no id."""
    return f"{nulls:,} rows without an id were dropped (preparation.null_ids: drop)"


def repeated_words(ids: int, beyond: int) -> str:
    """Count rows beyond the first of each id, and the ids that have several."""
    rows = "row that repeats an id" if beyond == 1 else "rows that repeat an id"
    several_rows = f"{ids:,} {'id has' if ids == 1 else 'ids have'} several rows"
    return f"{beyond:,} {rows} ({several_rows}) {'was' if beyond == 1 else 'were'} dropped"


def kept_words(ids: int, beyond: int, policy: str) -> str:
    """Say which row of each id was kept."""
    return (
        f"{repeated_words(ids, beyond)}, the {policy} row of each id kept "
        f"(preparation.duplicates: {policy})"
    )


def without_id(nulls: int, column: str, label: str) -> DataError:
    """Say that rows have no id."""
    message = (
        f"{label}: {nulls:,} rows have no id in the column {column!r}; "
        "fill them in, or set preparation.null_ids to drop."
    )
    return DataError(message)


def none_with_id(column: str, label: str) -> DataError:
    """Say that no row has an id."""
    message = f"{label}: no row has an id in the column {column!r}."
    return DataError(message)


def several_rows(ids: int, rows: int, written: Sequence[str], column: str, label: str) -> DataError:
    """Say that ids have several rows; ``written`` are the ways the first such id is written."""
    example, advice = written[0], ""
    if len(written) > 1:
        example = f"{written[0]!r} and {written[1]!r}"
        advice = ", or input.fold_ids to never where these are two customers"
    message = (
        f"{label}: in the id column {column!r} {ids:,} {'id has' if ids == 1 else 'ids have'} "
        f"several rows, {rows:,} in all (such as {example}); customers need one row "
        "each: name another column in input.id, or set preparation.duplicates to first or last"
        f"{advice}."
    )
    return DataError(message)


def check_at_least_two(customers: int, label: str) -> None:
    """Refuse a single customer.

    Raises
    ------
    DataError
    """
    if customers < 2:
        message = f"{label} holds {customers} customer; segments need at least two."
        raise DataError(message)
