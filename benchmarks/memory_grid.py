"""The memory grid: what is measured."""

from __future__ import annotations

from memory_cases import Case, Table

QUICK = {"clustering.k": 4, "evaluation.resamples": 0}
FULL = {"clustering.k": 4}


def _limited(*cases: Case, shares: tuple[float, ...] = (0.5, 0.25)) -> list[Case]:
    """Each as it is, and again under shares of what it takes."""
    return [
        made
        for c in cases
        for made in (
            c,
            *(Case(f"{c.name} limit {s:g}", c.table, c.settings, s, c.command) for s in shares),
        )
    ]


GRID: list[Case] = [
    Case("20k x 16", Table(20_000), QUICK),
    Case("1M x 16", Table(1_000_000), QUICK),
    Case("60 x 5000", Table(60, 5_000), QUICK),
    Case("20k x 300", Table(20_000, 300), QUICK),
    Case("1.5M ids of 151", Table(1_500_000, 3, id_length=151), QUICK),
    Case("text of 2 KB", Table(200_000, 4, text=1, text_length=2_000, levels=0), QUICK),
    Case("csv 1M x 16", Table(1_000_000, suffix="csv"), QUICK),
]
