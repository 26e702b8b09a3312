"""The base of every configuration section: frozen, strict about unknown keys."""

from __future__ import annotations

from typing import Any, LiteralString, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

_LARGEST = 2**62
_NUMBERS: dict[type, tuple[LiteralString, LiteralString]] = {
    int: ("int_type", "Input should be a valid integer"),
    float: ("float_type", "Input should be a valid number"),
}
"""How pydantic says that a value is no number."""


class Params(BaseModel):
    """A frozen section; an unknown key is an error rather than a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _computable(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse whole numbers of more digits than anything here computes with, or can be shown.

        And truths in the place of numbers, for which pydantic takes them.
        """
        if isinstance(value, bool) and info.field_name:
            wanted = cls.model_fields[info.field_name].annotation
            kinds = get_args(wanted) or (wanted,)
            for kind, (code, words) in _NUMBERS.items():
                if kind in kinds and bool not in kinds:
                    raise PydanticCustomError(code, words)
        if isinstance(value, int) and abs(value) >= _LARGEST:
            message = "must be a number that can be computed with"
            raise ValueError(message)
        return value

    @property
    def decides_k(self) -> bool:
        """Whether a method's own settings decide the number of segments."""
        return False

    def for_sample(self) -> Self:
        """Give settings for a small sample, where the number of segments is said from outside."""
        return self


def auto_or_whole(value: Any, most: int) -> Any:
    """Give one sentence of what a number that may be "auto" is, for pydantic gives one a kind.

    Raises
    ------
    PydanticCustomError
        Neither "auto" nor a whole number from 1 to ``most``.
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value != "auto" and not (whole and 1 <= value <= most):
        words: LiteralString = "Input should be auto or a whole number from 1 to {most}"
        kind: LiteralString = "expected"
        raise PydanticCustomError(kind, words, {"most": f"{most:,}"})
    return value
