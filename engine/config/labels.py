"""What people call a column: its label, its unit, and how its numbers are written."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from engine.utilities.params import Params

LONGEST = 80
"""Letters of a label."""

_LONGEST_UNIT = 20

Format = Literal["number", "whole", "money", "percent", "days", "date"]


class Label(Params):
    """What people call a column, instead of its name in the file.

    Examples
    --------
    >>> Label(label="Spent in all", unit="EUR", format="money").label
    'Spent in all'
    """

    label: str | None = None
    unit: str | None = None
    format: Format | None = None

    @field_validator("label", "unit")
    @classmethod
    def _one_line(cls, value: str | None, info: Any) -> str | None:
        if value is None:
            return None
        most = LONGEST if info.field_name == "label" else _LONGEST_UNIT
        if not value.strip() or len(value) > most or not value.isprintable():
            message = f"must be 1 to {most} letters on one line"
            raise ValueError(message)
        return " ".join(value.split())


def labels_of(value: Any) -> Any:
    """Let a text stand for a label that has no more than that.

    Raises
    ------
    ValueError
        It is no section of columns.

    Examples
    --------
    >>> labels_of({"recency": "Last order"})
    {'recency': {'label': 'Last order'}}
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        message = "must be a section such as {recency: Last order}"
        raise ValueError(message)
    return {c: {"label": text} if isinstance(text, str) else text for c, text in value.items()}
