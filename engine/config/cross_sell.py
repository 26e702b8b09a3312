"""The section ``cross_sell`` of a configuration: what counts as sold together, what is kept.

What a key means stands in ``config.yaml``, key by key.
"""

from __future__ import annotations

from pydantic import Field

from engine.utilities.params import Params


class CrossSellConfig(Params):
    """What sells to whom, and what to offer next.

    Examples
    --------
    >>> CrossSellConfig().min_support
    0.001
    """

    min_support: float = Field(0.001, gt=0, lt=1)
    min_baskets: int = Field(20, ge=1)
    min_buyers: int = Field(20, ge=1)
    basket_cap: int = Field(200, ge=2, le=10_000)
    min_confidence: float = Field(0.1, ge=0, lt=1)
    offer_below: float = Field(0.2, gt=0, le=1)
    best_sellers: int = Field(50, ge=1, le=100_000)
    pairs: int = Field(1_000, ge=1, le=1_000_000)
    offers: int = Field(20, ge=1, le=10_000)
