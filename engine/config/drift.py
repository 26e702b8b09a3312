"""The section ``drift`` of a configuration: from which size on a shift since the fit counts.

What a key means stands in ``config.yaml``, key by key.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from engine.utilities.params import Params


class DriftConfig(Params):
    """Shifts since the fit: which are told, which are to be looked at, which ask for a new fit.

    Examples
    --------
    >>> DriftConfig().psi_large
    0.25
    """

    psi_moderate: float = Field(0.1, gt=0)
    psi_large: float = Field(0.25, gt=0)
    slight: float = Field(0.05, gt=0)
    effect_moderate: float = Field(0.2, gt=0)
    effect_large: float = Field(0.5, gt=0)
    shares_moderate: float = Field(0.1, gt=0, le=1)
    shares_large: float = Field(0.25, gt=0, le=1)
    nowhere_moderate: float = Field(0.01, gt=0, le=1)
    nowhere_large: float = Field(0.05, gt=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> DriftConfig:
        for what in ("psi", "effect", "shares", "nowhere"):
            moderate, large = f"{what}_moderate", f"{what}_large"
            if getattr(self, moderate) > getattr(self, large):
                message = f"{moderate} is above {large}"
                raise ValueError(message)
        return self
