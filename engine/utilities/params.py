"""The base of every configuration section: frozen, strict about unknown keys."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict


class Params(BaseModel):
    """A frozen section; an unknown key is an error rather than a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @property
    def decides_k(self) -> bool:
        """Whether a method's own settings decide the number of segments."""
        return False

    def for_sample(self) -> Self:
        """Give settings for a small sample, where the number of segments is said from outside."""
        return self
