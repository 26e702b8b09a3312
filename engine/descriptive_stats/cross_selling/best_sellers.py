"""The best products and categories of each segment: by revenue, by share of buyers and by lift."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.data_preparation.transactions.money import UNIT
from engine.descriptive_stats.cross_selling.lift import lift_interval
from engine.descriptive_stats.cross_selling.lines import Sales, group
from engine.utilities.few import few_step, rough

if TYPE_CHECKING:
    from engine.config.cross_sell import CrossSellConfig

RANKINGS = ("revenue", "share", "lift")
_ABOUT = "money about right, as what a few bought is in no row"
_UNTOLD = "money is not told, as few bought most of it"
_MONEY = ("revenue_gross", "revenue_net", "revenue_share")
_NEARLY = 3

FIGURES: dict[str, Any] = {
    "revenue_gross": pl.Float64, "revenue_net": pl.Float64, "revenue_share": pl.Float64,
    "buyers": pl.Int64, "buyer_share": pl.Float64, "lift": pl.Float64, "lift_low": pl.Float64,
    "lift_high": pl.Float64, "ranked_by": pl.String, "note": pl.String,
}  # fmt: skip


def best_sellers(
    sales: Sales,
    things: pl.DataFrame,
    customers: np.ndarray,
    gross: np.ndarray,
    settings: CrossSellConfig,
    least: int = 1,
) -> pl.DataFrame:
    """Rank products, or categories, for everyone and for each segment.

    Parameters
    ----------
    sales : Sales
        Of p things.
    things : DataFrame of p rows
        The columns that name them (product_id and name, or category).
    customers : int64 array of shape (k,)
        Members of each segment, buyers or not.
    gross : int64 array of shape (k,)
        Each segment's gross revenue, of which the shares are taken.
    settings : CrossSellConfig
    least : int
        Buyers that a row needs. Where fewer are left of everyone's when those of the segments'
        rows are subtracted, everyone's money is about right, so that theirs cannot be had.

    Returns
    -------
    table : DataFrame
        Three rankings a segment. ``revenue``: by gross revenue. ``share``: by the share of the
        segment's members who bought it. ``lift``: of those whose lift is above 1 with its whole
        interval, by the lower end of that interval, so that few buyers do not lead by luck; none
        for everyone, whose lift is 1. The last two ask for ``min_buyers``. Ties: gross revenue,
        then the order of ``things``.
    """
    schema = pl.Schema({"segment": pl.Int32, "rank": pl.Int64, **things.schema, **FIGURES})
    tables = []
    for segment in [None, *range(len(customers))]:
        figures = _figures(sales, customers, gross, segment)
        ranked = list(_rankings(figures, segment, settings, least))
        near = _roughened(figures, sales, segment, settings.best_sellers, least)
        for ranking, rows in ranked:
            n = len(rows)
            table = (
                things[rows]
                .with_columns(
                    pl.repeat(segment, n, dtype=pl.Int32, eager=True).alias("segment"),
                    pl.int_range(1, n + 1, dtype=pl.Int64, eager=True).alias("rank"),
                    *(pl.Series(name, values[rows]) for name, values in figures.items()),
                    pl.repeat(ranking, n, dtype=pl.String, eager=True).alias("ranked_by"),
                    _notes(
                        figures["buyers"][rows],
                        settings.min_buyers,
                        _of_money(near[rows], figures["revenue_gross"][rows]),
                    ),
                )
                .with_columns(pl.col(_MONEY).fill_nan(None))
            )
            tables.append(table.select(list(schema)))
    return pl.concat([pl.DataFrame(schema=schema), *tables])


def _figures(
    sales: Sales, customers: np.ndarray, gross: np.ndarray, segment: int | None
) -> dict[str, np.ndarray]:
    own, net, buyers = sales.of(segment)
    n, size = int(customers.sum()), int(group(customers, segment))
    lift, low, high = lift_interval(buyers, size, sales.buyers.sum(axis=0), n)
    return {
        "revenue_gross": own / UNIT,
        "revenue_net": net / UNIT,
        "revenue_share": own / max(int(group(gross, segment)), 1),
        "buyers": buyers,
        "buyer_share": buyers / max(size, 1),
        "lift": lift,
        "lift_low": low,
        "lift_high": high,
    }


def _roughened(
    figures: dict[str, np.ndarray], sales: Sales, segment: int | None, most: int, least: int
) -> np.ndarray:
    """Round money where subtracting would leave that of too few buyers, and tell where.

    Of everyone's rows those of the segments can be subtracted, and from a group's money all of
    its rows, where the ranking leaves none out but what few bought. The step is at least twice
    what is left, so that this is uncertain by itself; of less money than a step nothing is told.
    """
    buyers, gross = figures["buyers"], figures["revenue_gross"]
    few = (sales.buyers > 0) & (sales.buyers < least)
    rest, money, net = (
        np.where(few, of, 0).sum(axis=0) for of in (sales.buyers, sales.gross, sales.net)
    )
    near: np.ndarray = (rest > 0) & (rest < least) & (segment is None)
    hidden = np.where(near, np.maximum(np.abs(money), np.abs(net)) / UNIT, 0.0)
    left_out = (buyers > 0) & (buyers < least)
    told = (gross > 0) & (buyers >= least)
    if left_out.any() and told.any() and told.sum() <= most:
        near[:] = True
        largest = int(np.argmax(np.where(told, gross, 0)))
        left = float(gross[left_out].sum())
        # What makes up most of the group's money is near that money, however it is rounded.
        if few_step(left) <= gross[largest]:
            hidden[largest] = max(hidden[largest], left)
    shares = figures["revenue_share"] / np.maximum(gross, 1 / UNIT)
    for name in ("revenue_gross", "revenue_net"):
        whole = figures[name].astype(np.float64)
        for i in np.flatnonzero(near).tolist():
            whole[i] = _about(whole[i], few_step(hidden[i]), gross[i])
        figures[name] = whole
    figures["revenue_share"] = np.where(
        near, figures["revenue_gross"] * shares, figures["revenue_share"]
    )
    return near


def _about(value: float, step: float, gross: float) -> float:
    """Round to three digits and to a step; NaN where the step is more than all the money."""
    if step > gross:
        return math.nan
    rounded = rough(value, _NEARLY)
    digits = 10.0 ** (math.floor(math.log10(abs(value))) - _NEARLY + 1) if value else 0.0
    return rounded if digits >= step else rough(round(value / step) * step, 15)


def _rankings(
    figures: Mapping[str, np.ndarray], segment: int | None, settings: CrossSellConfig, least: int
) -> Iterator[tuple[str, np.ndarray]]:
    gross, buyers, low = (figures[name] for name in ("revenue_gross", "buyers", "lift_low"))
    enough = buyers >= max(settings.min_buyers, least)
    yield (
        "revenue",
        _top(
            np.flatnonzero((gross > 0) & (buyers >= least)),
            (-buyers, -gross),
            settings.best_sellers,
        ),
    )
    yield "share", _top(np.flatnonzero(enough), (-gross, -buyers), settings.best_sellers)
    if segment is not None:
        rows = np.flatnonzero(enough & (low > 1))
        yield "lift", _top(rows, (-gross, -low), settings.best_sellers)


def _top(rows: np.ndarray, keys: tuple[np.ndarray, ...], most: int) -> np.ndarray:
    """Sort rows by the last key, then the others backwards, then by number."""
    return rows[np.lexsort((rows, *(key[rows] for key in keys)))][:most]


def _of_money(near: np.ndarray, gross: np.ndarray) -> list[str | None]:
    both = zip(near.tolist(), gross.tolist(), strict=True)
    return [(_UNTOLD if math.isnan(of) else _ABOUT) if about else None for about, of in both]


def _notes(buyers: np.ndarray, min_buyers: int, of_money: list[str | None]) -> pl.Series:
    """Warn where few bought, and say where money is about right."""
    notes = [
        f"only {n} buyer{'s' * (n != 1)}: share and lift are uncertain" if n < min_buyers else None
        for n in buyers.tolist()
    ]
    both = zip(notes, of_money, strict=True)
    notes = ["; ".join(filter(None, (note, about))) if about else note for note, about in both]
    return pl.Series("note", notes, dtype=pl.String)
