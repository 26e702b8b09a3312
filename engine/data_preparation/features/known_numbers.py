"""Numbers of people and cards, known by their form and the check digits that they carry."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from engine.data_preparation.features import check_digits as check
from engine.data_preparation.features.check_digits import luhn, mod11_10, weighted

AGREE = "whose check digits agree"

_LEAST = 20
"""Different values at least, of which nearly all agree: one digit agrees by chance for a tenth."""

_NEARLY_ALL = 0.95
_FEWEST_DIGITS = 4
_LOST = 2
"""Leading zeros that numbers may have lost."""

_BETWEEN = re.compile(r"[ .\-/\u00a0()]")


@dataclass(frozen=True)
class Scheme:
    """How one number is written and checked.

    Attributes
    ----------
    what : str
        To stand after "holds".
    form : compiled pattern
        Of the number without blanks, points, hyphens and strokes, in capitals.
    agrees : callable
        Whether a number of that form has the check digits that follow from the others.
    digits : int
        Its length, where it is of digits alone; 0 otherwise.
    """

    what: str
    form: re.Pattern[str]
    agrees: Callable[[str], bool]
    digits: int


def _scheme(what: str, form: str, agrees: Callable[[str], bool]) -> Scheme:
    pattern = re.compile(form)
    lengths = [n for n in range(8, 20) if pattern.fullmatch("1" * n)]
    return Scheme(what, pattern, agrees, lengths[0] if len(lengths) == 1 else 0)


_DAY, _MONTH = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"
_PERSON = "identity or tax numbers"

SCHEMES = (
    Scheme("card numbers", re.compile(r"[2-6]\d{12,18}"), luhn, 0),
    Scheme("numbers of devices (IMEI)", re.compile(r"[0134589]\d{14}"), luhn, 15),
    Scheme("bank accounts (IBAN)", re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}"), check.mod97, 0),
    *(
        _scheme(_PERSON, form, agrees)
        for form, agrees in (
            (r"\d{9}", check.dutch),
            (r"\d{9}", luhn),  # Canadian and Israeli
            (r"\d{9}", weighted(1, 4, 3, 7, 5, 8, 6, 9, 10)),  # Australian
            (r"[1-9]\d{8}", check.portuguese),
            (r"\d{9}", check.greek),
            (r"\d{11}", check.brazilian),
            (r"\d{14}", check.brazilian),
            (r"[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]",
             check.italian),
            (r"(?:\d{8}|[XYZ]\d{7})[A-Z]", check.spanish),
            (r"\d{11}", weighted(1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1, mod=10)),  # Polish PESEL
            (r"\d{10}", check.polish_tax),
            (rf"\d\d{_MONTH}{_DAY}\d{{4}}", luhn),  # Swedish
            (rf"(?:19|20)\d\d{_MONTH}{_DAY}\d{{4}}", lambda s: luhn(s[2:])),
            (rf"\d\d{_MONTH}{_DAY}\+\d{{4}}", lambda s: luhn(s.replace("+", ""))),
            (rf"{_DAY}{_MONTH}\d{{6}}", check.danish),
            (rf"{_DAY}{_MONTH}\d{{7}}", check.norwegian),
            (rf"{_DAY}{_MONTH}\d\d[+ABCDEFYXWVU]?\d{{3}}[0-9A-Y]", check.finnish),
            (r"\d{10}", weighted(10, 9, 8, 7, 6, 5, 4, 3, 2, 1)),  # British NHS
            (r"[2-9]\d{11}", check.verhoeff),  # Aadhaar
            (r"[1-9]\d{10}", mod11_10),  # German
            (r"\d{11}", mod11_10),  # Croatian
            (r"[12]\d{4}(?:\d\d|2A|2B)\d{8}", check.french),
            (r"756\d{10}", weighted(1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, mod=10)),  # Swiss
            (r"\d{10}", check.austrian),
            (r"\d{11}", check.belgian),
            (r"[1-9]\d{10}", check.turkish),
            (rf"\d\d(?:[0257][1-9]|[1368][0-2]){_DAY}\d{{4}}", lambda s: int(s) % 11 == 0),  # Czech
            (r"[1-9]\d\d" + _MONTH + _DAY + r"\d{6}", check.romanian),
            (r"\d{10}", check.bulgarian),
            (r"\d{13}", check.yugoslav),
            (r"[1-6]\d\d" + _MONTH + _DAY + r"\d{4}", check.estonian),
            (r"\d{10}|\d{12}", check.russian_tax),
            (r"\d{11}", check.snils),
            (r"\d{10}", check.ukrainian),
            (rf"{_DAY}{_MONTH}\d{{7}}", luhn),  # Greek AMKA
            (r"\d{7,8}[0-9K]", check.chilean),
            (r"(?:20|23|24|27|30|33|34)\d{9}", weighted(5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)),
            (r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d", check.mexican),
            (r"\d{6}(?:19|20)\d\d" + _MONTH + _DAY + r"\d{3}[0-9X]", check.chinese),
            (r"[A-Z][1289A-D]\d{8}", check.taiwanese),
            (r"[STFG]\d{7}[A-Z]", check.singaporean),
            (r"\d\d" + _MONTH + _DAY + r"[1-8]\d{6}", check.korean),
            (r"\d{12}", check.japanese),
            (r"[1-8]\d{12}", check.thai),
            (r"\d\d" + _MONTH + _DAY + r"\d{7}", luhn),  # South African
            (r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]", lambda _: True),  # Indian PAN
            (r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", lambda _: True),  # British NINO
        )
    ),
)  # fmt: skip
"""Of these, those of equal form are told apart by their check digits, not by their country."""

_SHAPED = (
    ("identity or tax numbers", re.compile(r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}")),
    ("identity or tax numbers", re.compile(rf"{_DAY}{_MONTH}\d\d-\d{{4}}")),  # Danish since 2007
)
"""Numbers without check digits, known by their hyphens."""


def agreeing(values: Collection[str], *, numbers: bool = False) -> str | None:
    """Say what numbers values are, if the check digits of nearly all agree.

    Parameters
    ----------
    values : collection of str
        Different ones, without what is missing.
    numbers : bool
        Whether they were read as numbers, which lose their leading zeros.

    Returns
    -------
    what : str or None
        To stand after "holds".

    Notes
    -----
    At least 20 different values, 95% of which agree; each scheme is given up on when too many do
    not, so that what is no such number costs a few microseconds a value. O(n * schemes) at worst.

    Examples
    --------
    >>> agreeing([str(n) for n in range(4000000000000002, 4000000000000200, 7)]) is None
    True
    """
    if len(values) < _LEAST:
        return None
    for what, pattern in () if numbers else _SHAPED:
        if _most(values, partial(_fits, pattern)):
            return what
    compact = [_BETWEEN.sub("", value).upper() for value in values]
    if sum(map(_has_digits, compact)) < _NEARLY_ALL * len(compact):
        return None
    for scheme in SCHEMES:
        lost = scheme.digits if numbers else 0
        if _most(compact, partial(_agrees, scheme, lost)):
            return f"{scheme.what}, {AGREE}"
    return None


def _has_digits(value: str) -> bool:
    return sum(c.isdigit() for c in value) >= _FEWEST_DIGITS and value.isascii()


def _fits(pattern: re.Pattern[str], value: str) -> bool:
    return pattern.fullmatch(value) is not None


def _agrees(scheme: Scheme, lost: int, value: str) -> bool:
    padded = value.zfill(lost) if lost - _LOST <= len(value) < lost else value
    return scheme.form.fullmatch(padded) is not None and scheme.agrees(padded)


def _most(values: Collection[str], matches: Callable[[str], bool]) -> bool:
    """Tell whether nearly all values match; given up on as soon as too many do not."""
    spare = int((1 - _NEARLY_ALL) * len(values) + 1e-9)
    for value in values:
        if not matches(value):
            spare -= 1
            if spare < 0:
                return False
    return True
