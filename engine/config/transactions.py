"""The section ``transactions`` of a configuration: what happens to rows that are not plain sales.

What a key means stands in ``config.yaml``, key by key.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field, field_validator

from engine.utilities.params import Params

NON_PRODUCTS = (
    "POST", "DOT", "M", "D", "S", "B", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS",
    "ADJUST", "ADJUST2", "TEST001", "TEST002",
)  # fmt: skip
"""Product codes that shops use for postage, fees, discounts, samples and corrections."""


def as_day(value: Any) -> Any:
    """Take ``auto``, a day, or one as text."""
    if value == "auto" or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        message = "must be auto or a day such as 2011-12-10"
        raise ValueError(message) from None


class TransactionsConfig(Params):
    """How transactions become customers.

    Examples
    --------
    >>> TransactionsConfig(snapshot="2011-12-10").returns
    'net'
    """

    duplicates: Literal["drop", "keep"] = "drop"
    repeated_invoices: Literal["merge", "keep"] = "merge"
    missing_ids: Literal["drop", "error"] = "drop"
    missing_dates: Literal["drop", "error"] = "drop"
    missing_amounts: Literal["drop", "error"] = "drop"
    zero_prices: Literal["drop", "keep"] = "drop"
    negative_prices: Literal["drop", "keep", "error"] = "drop"
    returns: Literal["net", "ignore", "error"] = "net"
    cancellations: Literal["auto", "always", "never"] = "auto"
    non_products: Literal["money_only", "drop", "keep"] = "money_only"
    non_product_codes: tuple[str, ...] = NON_PRODUCTS
    snapshot: Literal["auto"] | date = "auto"
    leading_categories: int = Field(5, ge=0, le=100)

    @property
    def has_usual_codes(self) -> bool:
        """Whether the codes are the usual ones, of which letters may be a shop's products."""
        return self.non_product_codes == NON_PRODUCTS

    @field_validator("non_product_codes", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        if value is None:
            return ()
        codes = [value] if isinstance(value, str | int) else value
        return tuple(str(c) for c in codes) if isinstance(codes, list | tuple) else value

    @field_validator("snapshot", mode="before")
    @classmethod
    def _day(cls, value: Any) -> Any:
        return as_day(value)
