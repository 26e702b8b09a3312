"""Numbers and long names as people read them: amounts, shares, durations, bytes."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSING = "\u2013"
MINUS = "\u2212"

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
"""What ``strftime`` writes depends on the locale."""


def number(value: float | None) -> TypeGuard[float]:
    """Whether a value is there to be shown: neither None nor NaN nor infinite."""
    return value is not None and math.isfinite(value)


def amount(value: float | None, feature: str = "") -> str:
    """Write a number in the feature's own unit, as short as it stays readable.

    Calendar years keep their digits together; of others three count.

    Examples
    --------
    >>> [amount(v) for v in (1240.4, 310.0, 12.345, 2.0, 0.01234, -0.0, 3.2e9)]
    ['1,240', '310', '12.3', '2', '0.0123', '0', '3.2 billion']
    >>> amount(1975.0, "Year_Birth")
    '1975'
    """
    if not number(value):
        return MISSING
    if value < 0:
        return MINUS + amount(-value)
    if "year" in feature.lower() and 1800 <= value <= 2200:
        return f"{value:.0f}"
    for unit, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if 0.9995 * unit <= value < 999.5e12:
            return f"{value / unit:.3g} {name}"
    if value >= 999.5e12 or 0 < value < 1e-4:
        return f"{value:.2e}"
    if value >= 100 or value == 0:
        return f"{abs(value):,.0f}"
    digits = 1 if value >= 10 else 2 if value >= 1 else 3 - math.ceil(math.log10(value))
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def percent(share: float | None) -> str:
    """Write a share as a percentage; what rounds to nothing, or to all, is shown as such.

    Examples
    --------
    >>> [percent(s) for s in (0.613, 0.024, 0.0002, 0.0, 0.9996, 1.0)]
    ['61%', '2.4%', '<0.1%', '0%', '>99.9%', '100%']
    """
    if not number(share):
        return MISSING
    if 0 < share < 0.001:
        return "<0.1%"
    if share < 0.0995:
        return f"{100 * share:.1f}".removesuffix(".0") + "%"
    if 0.995 <= share < 1:
        return ">99%" if share < 0.999 else ">99.9%"
    return f"{100 * share:.0f}%"


def two_amounts(one: float | None, other: float | None, feature: str = "") -> tuple[str, str]:
    """Write two numbers beside each other: with more digits where they would look the same.

    Examples
    --------
    >>> two_amounts(1_241_200.0, 1_240_900.0), two_amounts(2.0, 2.0)
    (('1,241,200', '1,240,900'), ('2', '2'))
    >>> two_amounts(1975.2, 1975.4, "year"), two_amounts(5.0, 4.9999)
    (('1975.2', '1975.4'), ('5.0000', '4.9999'))
    """
    found = amount(one, feature), amount(other, feature)
    if found[0] != found[1] or not (number(one) and number(other)) or one == other:
        return found
    comma = "" if "year" in feature.lower() else ","
    for digits in range(13):
        more = [f"{v:{comma}.{digits}f}".replace("-", MINUS) for v in (one, other)]
        if more[0] != more[1]:
            return more[0], more[1]
    return found


def two_shares(one: float | None, other: float | None) -> tuple[str, str]:
    """Write two shares beside each other: with a decimal more where they would look the same.

    Examples
    --------
    >>> two_shares(0.342, 0.338), two_shares(0.6, 0.2), two_shares(0.9996, 1.0)
    (('34.2%', '33.8%'), ('60%', '20%'), ('>99.9%', '100%'))
    """
    found = percent(one), percent(other)
    if found[0] != found[1] or not (number(one) and number(other)) or one == other:
        return found
    for digits in range(1, 6):
        more = f"{100 * one:.{digits}f}%", f"{100 * other:.{digits}f}%"
        if more[0] != more[1]:
            return more
    return found


def decimal(value: str | float | Decimal | None) -> Decimal | None:
    """Read money that may have been kept as text so that no cent is lost; None where it is none.

    Examples
    --------
    >>> decimal("8911407.90"), decimal(0.1), decimal("a lot"), decimal(float("nan"))
    (Decimal('8911407.90'), Decimal('0.1'), None, None)
    """
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def money(value: str | float | Decimal | None) -> str:
    """Write an amount of money for a table: whole units from 1,000 on, cents below.

    Examples
    --------
    >>> [money(v) for v in ("8911407.90", 12.5, "-1500", 0, None)]
    ['8,911,408', '12.50', '−1,500', '0.00', '–']
    """
    read = decimal(value)
    if read is None:
        return MISSING
    if abs(read) >= 10**15:
        return amount(float(read))
    digits = 0 if abs(read) >= Decimal("999.995") else 2
    # Adding zero takes the sign from what rounds to nothing.
    return f"{round(read, digits) + Decimal(0):,.{digits}f}".replace("-", MINUS)


def exact_money(value: str | float | Decimal | None) -> str:
    """Write an amount of money with every digit it has, and never fewer than the cents.

    Examples
    --------
    >>> [exact_money(v) for v in ("8911407.90", "-3", "0.125", None)]
    ['8,911,407.90', '−3.00', '0.125', '–']
    """
    read = decimal(value)
    if read is None:
        return MISSING
    digits = max(2, -int(read.normalize().as_tuple().exponent))
    return f"{read:,.{digits}f}".replace("-", MINUS)


def count(value: float | None) -> str:
    """Write how many there are, every digit.

    Examples
    --------
    >>> count(18532), count(None)
    ('18,532', '–')
    """
    return f"{value:,.0f}" if number(value) else MISSING


def held(segment: Mapping[str, Any], least: int) -> str:
    """Write how many customers a segment holds, of a few only that they are few.

    Examples
    --------
    >>> held({"customers": 1200}, 5), held({"customers": 1}, 5)
    ('1,200', 'fewer than 5')
    """
    many = segment.get("customers")
    return f"fewer than {least:,}" if number(many) and many < least else count(many)


def part_of(share: float | None, segment: Mapping[str, Any], least: int) -> str:
    """Write the share of all customers that a segment is, of a few only what it is below.

    Examples
    --------
    >>> part_of(0.0025, {"customers": 1}, 5), part_of(0.25, {"customers": 100}, 5)
    ('<1.2%', '25%')
    """
    below = drawn_part(share, segment, least)
    return percent(share) if below == share else "<" + percent(below).lstrip("<>")


def drawn_part(share: float | None, segment: Mapping[str, Any], least: int) -> float | None:
    """Give the share of all customers to draw a segment by, of a few only what it is below.

    Examples
    --------
    >>> drawn_part(0.0025, {"customers": 1}, 5), drawn_part(0.25, {"customers": 100}, 5)
    (0.0125, 0.25)
    """
    many = segment.get("customers") or least
    return share / many * least if number(share) and many < least else share


def counted(many: int, word: str) -> str:
    """Write how many there are of what a word names, in the singular for one.

    Examples
    --------
    >>> counted(1, "component"), counted(1200, "component")
    ('1 component', '1,200 components')
    """
    return f"{many:,} {word}" if many == 1 else f"{many:,} {word}s"


def times(ratio: float | None) -> str:
    """Write how many times more; two decimals near 1, where they decide.

    Examples
    --------
    >>> [times(v) for v in (1.04, 1.001, 1.0, 2.44, 18.5, 240.2, None)]
    ['1.04×', '>1.00×', '1.00×', '2.4×', '18.5×', '240×', '–']
    """
    if not number(ratio):
        return MISSING
    if abs(ratio - 1) > 1e-9 and f"{ratio:.2f}" == "1.00":
        return f"{'>' if ratio > 1 else '<'}1.00×"
    digits = 2 if ratio < 1.995 else 1 if ratio < 99.95 else 0
    return f"{ratio:,.{digits}f}×"


def seconds(value: float | None) -> str:
    """Write a duration as a person reads it at once.

    Examples
    --------
    >>> [seconds(v) for v in (0.0042, 0.25, 12.34, 75.0, 7300.0)]
    ['<0.01 s', '0.25 s', '12.3 s', '1 min 15 s', '2 h 1 min']
    """
    if not number(value):
        return MISSING
    if value < 0.005:
        return "<0.01 s"
    if value < 10:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def memory(value: float | None) -> str:
    """Write bytes in the unit a person compares.

    Examples
    --------
    >>> [memory(v) for v in (512, 300 * 2**20, 1020 * 2**20, 5 * 2**30)]
    ['512 B', '300 MiB', '1,020 MiB', '5 GiB']
    """
    if not number(value):
        return MISSING
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if value >= unit:
            # From 1,000 on a general format would give powers of ten.
            digits = ",.0f" if value >= 999.5 * unit else ".3g"
            return f"{value / unit:{digits}} {name}"
    return f"{value:.0f} B"


def run_date(run_id: str) -> str:
    """Write the time in a run's id as a date; an id of another form stays as it is.

    Examples
    --------
    >>> run_date("20261103T081500-3f2a9c"), run_date("R1")
    ('3 November 2026, 08:15 UTC', 'R1')
    """
    try:
        time = datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%S")
    except ValueError:
        return run_id
    return f"{time.day} {_MONTHS[time.month - 1]} {time:%Y, %H:%M} UTC"


def short(text: str, length: int = 26) -> str:
    """Cut a long name so that it fits where it is shown.

    Examples
    --------
    >>> short("high spend, many visits", 12) == "high spend," + "\u2026"
    True
    """
    text = " ".join(str(text).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "\u2026"
