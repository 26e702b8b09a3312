"""Exact money: whole ten-thousandths of the currency, the same sum in any order of the rows."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from engine.errors import DataError

UNIT = 10_000
"""Money is counted in 1/10,000 of the currency, which holds prices of four decimals times whole
quantities. A finer line, such as 0.333 kg at 1.999, is rounded: n such are n/20,000 off at most."""

LARGEST = 10**15
"""Most ten-thousandths a line may hold (1e11 of the currency). Three roundings of float64 are then
below a third of a ten-thousandth, so that the nearest whole number is the exact product where
that has four decimals."""

_LARGEST_SUM = 9.0e18


def ten_thousandths(value: pl.Expr) -> pl.Expr:
    """Round each line's money to whole ten-thousandths, still float64: see :func:`check_lines`."""
    return (value * UNIT).round(0)


def check_lines(lines: pl.DataFrame, label: str) -> None:
    """Refuse a line whose money cannot be summed exactly.

    Parameters
    ----------
    lines : DataFrame
        With ``money``, the rounded ten-thousandths in float64; nulls are no money.
    label : str
        Of the files, for the message.

    Raises
    ------
    DataError
        Naming the amount.
    """
    largest = lines["money"].abs().max()
    if isinstance(largest, float) and largest > LARGEST:
        message = (
            f"{label}: a line amounts to {largest / UNIT:,.0f}, more than the "
            f"{LARGEST // UNIT:,} that can be summed to the cent; correct it, or give money in "
            "thousands."
        )
        raise DataError(message)


def check_sum(amounts: pl.Series, label: str) -> None:
    """Refuse lines whose money does not fit a sum of 64 bits.

    Raises
    ------
    DataError
        The sum of all amounts, whatever their signs, passes 9e14 of the currency.
    """
    if float(amounts.abs().cast(pl.Float64).sum()) > _LARGEST_SUM:
        message = (
            f"{label}: all lines together amount to more than {_LARGEST_SUM / UNIT:,.0f}, which "
            "cannot be summed to the cent; correct the amounts, or give money in thousands."
        )
        raise DataError(message)


def in_currency(amount: pl.Expr) -> pl.Expr:
    """Turn summed ten-thousandths into the currency: the float64 nearest to the exact amount.

    NumPy divides; Polars multiplies by 0.0001, which leaves 475.28000000000003.
    """
    return amount.map_batches(
        lambda s: pl.Series(s.name, s.to_numpy() / UNIT), pl.Float64, is_elementwise=True
    )


def as_text(amount: int) -> str:
    """Write ten-thousandths to the cent.

    Examples
    --------
    >>> as_text(89_114_079_040)
    '8911407.90'
    """
    return str((Decimal(amount) / UNIT).quantize(Decimal("0.01")))
