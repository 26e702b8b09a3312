"""The section ``transactions`` of a configuration: what happens to rows that are not plain sales.

What a key means stands in ``config.yaml``, key by key.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator

from engine.utilities.params import Params
from engine.utilities.shown import shown

NON_PRODUCTS = (
    "POST", "DOT", "M", "D", "S", "B", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS",
    "ADJUST", "ADJUST2", "TEST001", "TEST002",
)  # fmt: skip
"""Product codes that shops use for postage, fees, discounts, samples and corrections."""


StatusMeaning = Literal["purchase", "return", "refund", "none"]
"""What a word of a status may mean: see ``config.yaml``."""


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
    statuses: Literal["auto", "off"] | dict[str, StatusMeaning] = "auto"
    unsettled: Literal["keep", "drop"] = "keep"
    refund: Literal["auto", "line", "order", "off"] = "auto"
    discount: Literal["auto", "share", "percent", "amount", "off"] = "auto"
    currency: str | dict[str, Annotated[float, Field(gt=0)]] = "auto"
    non_products: Literal["money_only", "drop", "keep"] = "money_only"
    non_product_codes: tuple[str, ...] = NON_PRODUCTS
    spellings: Literal["fold", "all", "keep"] = "fold"
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

    @field_validator("statuses", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        """YAML 1.1 reads ``off`` as false, ``yes`` as true and codes as numbers."""
        if value is False:
            return "off"
        if value in ("auto", "off"):
            return value
        if not isinstance(value, dict):
            message = "must be auto, off or a table such as {shipped: purchase, lost: none}"
            raise ValueError(message)
        words = {_word(k): "none" if v is None else v for k, v in value.items()}
        wrong = [k for k, v in words.items() if v not in get_args(StatusMeaning)]
        if wrong:
            message = f"must give {shown(wrong[0])} one of {', '.join(get_args(StatusMeaning))}"
            raise ValueError(message)
        return words

    @field_validator("refund", "discount", mode="before")
    @classmethod
    def _word_off(cls, value: Any) -> Any:
        return "off" if value is False else value

    @field_validator("currency", mode="before")
    @classmethod
    def _code_or_rates(cls, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            return value.strip()
        numbers = (
            isinstance(value, dict)
            and value
            and all(
                isinstance(v, int | float) and not isinstance(v, bool) and 0 < v < 1e300
                for v in value.values()
            )
        )
        if not numbers:
            message = "must be auto, a code such as EUR or a table such as {EUR: 1, INR: 0.011}"
            raise ValueError(message)
        return {str(k): float(v) for k, v in value.items()}

    @field_validator("snapshot", mode="before")
    @classmethod
    def _day(cls, value: Any) -> Any:
        return as_day(value)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
