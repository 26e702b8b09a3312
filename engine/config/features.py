"""The section ``features``: which columns form segments, describe them, say their worth."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from engine.config.labels import Label, labels_of
from engine.utilities.params import Params
from engine.utilities.shown import shown

AUTO, OFF = "auto", "off"


class FeaturesConfig(Params):
    """Which columns become features, which only describe, and which says what customers are worth.

    Examples
    --------
    >>> FeaturesConfig(describe="gender", categorical=("gender", "tariff")).codes
    ('tariff',)
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    labels: dict[str, Label] = Field(default_factory=dict)
    describe: tuple[str, ...] = ()
    value: str = AUTO

    @field_validator("include", "exclude", "categorical", "describe", mode="before")
    @classmethod
    def _one_name(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("labels", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        return labels_of(value)

    @field_validator("value", mode="before")
    @classmethod
    def _word_off(cls, value: Any) -> Any:
        """YAML 1.1 reads ``off`` as false."""
        return OFF if value is False or value is None else value

    @model_validator(mode="after")
    def _one_way(self) -> FeaturesConfig:
        """Refuse a column that is to form segments and not to form them, or never to be used."""
        for key in ("include", "exclude"):
            for column in self.describe:
                if column in getattr(self, key):
                    message = (
                        f"{key} and describe both name {shown(column)}: a column forms segments "
                        "(include), describes them (describe) or is never used (exclude)"
                    )
                    raise ValueError(message)
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """Numbers that are codes, of the columns that form segments."""
        return tuple(c for c in self.categorical if c not in self.describe)
