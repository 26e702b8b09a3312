"""The memory grid: what is measured, small and quick cases before large ones."""

from __future__ import annotations

from memory_cases import Case, Table

QUICK = {"clustering.k": 4, "evaluation.resamples": 0, "clustering.kmeans.n_init": 4}
FULL: dict[str, object] = {}


def _by(method: str) -> dict[str, object]:
    return {**QUICK, "clustering.methods": "all" if method == "all" else [method]}


def _limited(*names: str, shares: tuple[float, ...] = (0.5, 0.25)) -> list[Case]:
    """Give cases of the grid again, under shares of what they hold without a limit."""
    known = {case.name: case for case in (*NATURAL, *FRESH)}
    return [
        Case(f"{c.name} limit {share:g}", c.table, c.settings, share, c.command)
        for c in (known[name] for name in names)
        for share in shares
    ]


LONG = {"text": 1, "text_length": 2_000, "levels": 0}

NATURAL: list[Case] = [
    Case("20k x 3", Table(20_000, 3), QUICK),
    Case("20k x 16", Table(20_000), QUICK),
    Case("20k x 16 csv", Table(20_000, suffix="csv"), QUICK),
    Case("60 x 1,000", Table(60, 1_000), QUICK),
    Case("20k x 300", Table(20_000, 300), QUICK),
    Case("20k x 300 csv", Table(20_000, 300, suffix="csv"), QUICK),
    Case("2k x 1,000", Table(2_000, 1_000), QUICK),
    Case("20k x 8, text of 2 KB", Table(20_000, 8, **LONG), QUICK),
    Case("20k x 8, text of 2 KB csv", Table(20_000, 8, suffix="csv", **LONG), QUICK),
    Case("200k x 4, text of 2 KB", Table(200_000, 4, **LONG), QUICK),
    Case("200k x 4, text of 2 KB csv", Table(200_000, 4, suffix="csv", **LONG), QUICK),
    Case("200k x 4, levels of 2 KB", Table(200_000, 4, text=1, text_length=2_000), QUICK),
    Case("20k x 8, 4 texts", Table(20_000, 8, text=4), QUICK),
    Case("200k x 8, 4 texts csv", Table(200_000, 8, text=4, suffix="csv"), QUICK),
    Case("100k x 16, ids of 36", Table(100_000, id_length=36), QUICK),
    Case("100k x 16, ids of 36 csv", Table(100_000, id_length=36, suffix="csv"), QUICK),
    Case("1.5M x 3, ids of 151", Table(1_500_000, 3, id_length=151), QUICK),
    Case("500k x 3, ids of 151 csv", Table(500_000, 3, id_length=151, suffix="csv"), QUICK),
    Case("1M x 3", Table(1_000_000, 3), QUICK),
    Case("1M x 16", Table(1_000_000), QUICK),
    Case("1M x 16 csv", Table(1_000_000, suffix="csv"), QUICK),
    Case("1M x 16, one row group", Table(1_000_000, group_rows=1_000_000), QUICK),
    Case("1M x 16, row groups of 20k", Table(1_000_000, group_rows=20_000), QUICK),
    Case("1M x 8, 4 texts", Table(1_000_000, 8, text=4), QUICK),
    Case("200k x 100", Table(200_000, 100), QUICK),
    Case("5k x 16, all methods", Table(5_000), _by("all")),
    Case("20k x 16, agglomerative", Table(20_000), _by("agglomerative")),
    Case("20k x 16, spectral", Table(20_000), _by("spectral")),
    Case("20k x 16, ann_methods", Table(20_000), _by("ann_methods")),
    Case("20k x 16, pca_methods", Table(20_000), _by("pca_methods")),
    Case("100k x 8, agglomerative", Table(100_000, 8), _by("agglomerative")),
    Case("100k x 8, spectral", Table(100_000, 8), _by("spectral")),
    Case("100k x 8, ann_methods", Table(100_000, 8), _by("ann_methods")),
    Case("100k x 8, pca_methods", Table(100_000, 8), _by("pca_methods")),
    Case("transactions of 2k", Table(2_000, transactions=True), QUICK),
    Case("transactions of 20k", Table(20_000, transactions=True), QUICK),
    Case("transactions of 20k csv", Table(20_000, transactions=True, suffix="csv"), QUICK),
    Case("transactions of 100k", Table(100_000, transactions=True), QUICK),
    Case("200k x 16, full settings", Table(200_000), FULL),
    Case("20k x 8, full settings", Table(20_000, 8), FULL),
    Case("20k x 16, full settings, all", Table(20_000), {"clustering.methods": "all"}),
    Case("1M x 16, assigned", Table(1_000_000), QUICK, command="assign"),
    Case("200k x 4, text of 2 KB, assigned", Table(200_000, 4, **LONG), QUICK, command="assign"),
    Case("60 x 5,000", Table(60, 5_000), QUICK),
    Case("10M x 16", Table(10_000_000), QUICK),
    Case("10M x 3", Table(10_000_000, 3), QUICK),
]

FRESH: list[Case] = [
    Case("50k x 40 csv", Table(50_000, 40, suffix="csv"), QUICK),
    Case(
        "700k x 6, ids of 20, 2 texts of 60",
        Table(700_000, 6, id_length=20, text=2, text_length=60, levels=0),
        QUICK,
    ),
    Case(
        "150k x 24, 3 levels of 300", Table(150_000, 24, text=3, text_length=300, levels=50), QUICK
    ),
    Case("400k x 12, ids of 60 csv", Table(400_000, 12, id_length=60, suffix="csv"), QUICK),
    Case("90 x 2,500 csv", Table(90, 2_500, suffix="csv"), QUICK),
    Case("6k x 150", Table(6_000, 150), QUICK),
    Case("15k x 6 of ties, agglomerative", Table(15_000, 6, ties=True), _by("agglomerative")),
    Case("60k x 10 of ties, spectral", Table(60_000, 10, ties=True), _by("spectral")),
    Case("40k x 12 of ties, ann_methods", Table(40_000, 12, ties=True), _by("ann_methods")),
]
"""Cases that no figure of a plan was fitted to."""

LIMITED: list[Case] = [
    *_limited("20k x 300", shares=(0.75, 0.6, 0.5, 0.25)),
    *_limited("20k x 16", "2k x 1,000", "200k x 4, text of 2 KB"),
    *_limited("1M x 16", shares=(0.6, 0.5, 0.4, 0.25)),
    *_limited("1M x 16, one row group", "1.5M x 3, ids of 151", "200k x 100"),
    *_limited("1M x 16 csv", "200k x 8, 4 texts csv", "transactions of 20k", "20k x 16, spectral"),
    *_limited("6k x 150", shares=(1.15,)),
    *_limited("2k x 1,000", shares=(0.85,)),
    *_limited("1M x 16 csv", "1M x 8, 4 texts", "20k x 300 csv", shares=(0.75,)),
    *_limited("10M x 16", shares=(0.94, 0.5, 0.35, 0.25)),
]

GRID = [*NATURAL, *FRESH, *LIMITED]
"""What ``python benchmarks/memory.py`` measures: the cases without a limit come first."""

CUT = ("6k x 150", "6k x 150 limit 1.15")
"""What stands for all in a test run."""
