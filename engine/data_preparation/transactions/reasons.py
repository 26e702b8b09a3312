"""Why a row is no line, and what a product's code says: numbers that lines carry."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """Why a row is no line; the first that applies, in this order."""

    KEPT = 0
    BLANK = 1
    NO_ID = 2
    NO_DATE = 3
    NO_AMOUNT = 4
    ZERO_PRICE = 5
    NEGATIVE_PRICE = 6
    NON_PRODUCT = 7
    TOO_LATE = 8
    OTHER_CURRENCY = 9
    NO_PURCHASE = 10
    UNSETTLED = 11


class Fee(IntEnum):
    """What a product's code says; whether letters are products is known after all rows."""

    NO = 0
    CODE = 1
    LETTER_CODE = 2
    LETTER = 3
