"""A small shop's sales as a run saves them: real proportions, invented products."""

from __future__ import annotations

from typing import Any

HOSTILE = "<script>alert('cup')</script> & \"saucer\" \U0001f375"
LONG = "hand-painted-garden-lantern-with-a-very-long-name-" * 8


def facts() -> dict[str, Any]:
    """Give what reading found."""
    return {
        "columns": {"customer_id": "CUST_ID", "transaction_id": "InvoiceNo", "category": None},
        "snapshot": "2031-12-10",
        "first_date": "2030-12-01",
        "last_date": "2031-12-09",
        "recency_formula": "recency = floor(snapshot at midnight - last purchase), in days",
        "date_format": "day/month/year with time",
        "n_lines": 40156,
        "n_transactions": 1853,
        "n_customers": 400,
        "gross": "888720.89",
        "net": "828893.06",
        "net_of_customers_apart": "-1041.24",
        "policies": [
            {"what": "full duplicates", "policy": "drop", "rows": 526, "amount": "2174.09",
             "words": "526 rows repeat another"},
            {"what": "non-product <codes>", "policy": "money_only", "rows": 190,
             "amount": None, "words": "190 lines are postage"},
            {"what": "negative prices", "policy": "drop", "rows": 0, "amount": "0.00",
             "words": "0 rows have a price below zero"},
        ],
        "apart": {"only returns": 33, "no transactions": 1, "no usable rows": 0},
        "leading_categories": ["Tea & coffee", "Garden"],
        "rfm_rule": "score = 1 + floor(5 x the share who are worse)",
        "notices": ["33 customers are kept apart"],
        "warnings": ["25% of all rows have no customer"],
    }  # fmt: skip


def segments() -> list[dict[str, Any]]:
    """Give what three segments are worth: together what the facts say."""
    values = [
        (200, 0.50, "32380.10", "31435.00", 0.036, 0.038, 0.029, 226, 143.27, 203.0, 1.0),
        (150, 0.375, "384340.79", "325458.06", 0.432, 0.393, 0.153, 877, 438.25, 41.5, 5.0),
        (50, 0.125, "472000.00", "472000.00", 0.531, 0.569, 0.0, 750, 629.33, 8.0, 15.0),
    ]
    keys = (
        "customers", "customer_share", "gross", "net", "gross_share", "net_share",
        "returns_share", "orders", "average_order_value", "recency_median", "frequency_median",
    )  # fmt: skip
    return [
        {"segment": s} | dict(zip(keys, row, strict=True)) | {k: float(row[i]) for k, i in _MONEY}
        for s, row in enumerate(values)
    ]


_MONEY = (("gross", 2), ("net", 3))


def seller(name: str | None, code: str, lift: tuple[float | None, ...], **more: Any) -> dict:
    """One row of a ranking."""
    value, low, high = lift
    return {
        "product_id": code, "name": name, "revenue_gross": 4803.25, "revenue_net": 0.0,
        "revenue_share": 0.148, "buyers": 118, "buyer_share": 0.59, "lift": value,
        "lift_low": low, "lift_high": high, "note": None,
    } | more  # fmt: skip


def pair(first: str, second: str, segment: int | None, **more: Any) -> dict[str, Any]:
    """One row of the pairs."""
    return {
        "segment": segment, "product_a": "P1", "name_a": first, "product_b": "P2",
        "name_b": second, "baskets": 541, "support": 0.0292, "confidence": 0.783, "lift": 18.53,
        "lift_low": 17.35, "lift_high": 19.72,
    } | more  # fmt: skip


def cross_sell() -> dict[str, Any]:
    """Give what sells to whom, and what to offer next."""
    clear, chance, rough = (2.41, 2.04, 2.83), (1.3, 0.92, 1.84), (5.2, 1.9, 14.1)
    few = {"buyers": 1, "note": "only 1 buyer: share and lift are uncertain"}
    return {
        "facts": {
            "baskets": 1853, "min_support": 0.001, "min_buyers": 20, "giant_baskets": 2,
            "interval": "95%, log method", "order": {"pairs": "by baskets beyond chance"},
            "notes": ["2 baskets with more than 200 products were cut."],
        },
        "best_sellers": [
            {"segment": None, "by_lift": [seller("Never shown", "P9", clear)],
             "by_revenue": [seller("Paper <birdie>", "P7", (1.0, 1.0, 1.0), **few)]},
            {"segment": 0, "by_lift": [],
             "by_revenue": [seller(HOSTILE, "P1", chance), seller(LONG, "P2", chance)],
             "by_share": [seller("", "P3", chance)]},
            {"segment": 2,
             "by_lift": [seller("Blue mug", "P4", clear), seller("Tin tray", "P5", rough),
                         seller("Felt heart", "P6", (1.2, None, float("nan")))],
             "by_revenue": [seller(None, "", clear)]},
        ],
        "categories": [
            {"segment": 2, "by_revenue": [seller(None, "", clear) | {"category": "Tea & coffee"}],
             "by_lift": [seller(None, "", clear) | {"category": None}]},
        ],
        "pairs": [
            {"segment": None, "rows": [pair("Green cup", "Rose cup", None)]},
            {"segment": 1, "rows": [pair("Jam set", "Jam <print>", 1, lift_low=0.9)]},
            {"segment": 2, "rows": []},
        ],
        "offers": [
            {"segment": 1, "rows": [
                {"segment": 1, "rank": 1, "product_id": "P2", "name": "Rose cup",
                 "because": ["P1"], "because_names": ["Green cup"], "confidence": 0.43,
                 "lift": 10.06, "buyers": 60, "buyer_share": 0.049, "candidates": 1197,
                 "reason": "43% of baskets with Green <cup> also hold it."},
                {"segment": 1, "rank": 2, "product_id": "P8", "name": None, "because": ["P1"],
                 "because_names": [None], "confidence": None, "lift": None, "buyers": 2,
                 "buyer_share": None, "candidates": 12, "reason": None},
            ]},
        ],
    }  # fmt: skip


def sales() -> dict[str, Any]:
    """Give all four parts."""
    rfm = {
        "rows": ["Champions", "Cannot Lose", "Friends <3"],
        "counts": [[0, 100, 48], [0, 49, 2], [200, 1, 0]],
    }
    return {"facts": facts(), "segments": segments(), "rfm": rfm, "cross_sell": cross_sell()}


def wide_sales(k: int = 10, rows: int = 10) -> dict[str, Any]:
    """Many segments with full tables of long and hostile names."""
    names = [f"{HOSTILE} {LONG} {i}" for i in range(rows)]
    lifts = (3.0, 2.0, 4.0)
    rankings = ("by_revenue", "by_share", "by_lift")
    sellers = [
        {"segment": s} | {r: [seller(n, f"C{i}", lifts) for i, n in enumerate(names)]
                          for r in rankings}
        for s in [None, *range(k)]
    ]  # fmt: skip
    offer = {"product_id": "C1", "name": names[0], "reason": " ".join(names), "candidates": 5}
    value = segments()[1]
    return sales() | {
        "segments": [value | {"segment": s} for s in range(k)],
        "rfm": {"rows": ["Champions", "Lost"], "counts": [[s for s in range(k)]] * 2},
        "cross_sell": {
            "facts": {},
            "best_sellers": sellers,
            "categories": sellers,
            "pairs": [
                {"segment": s, "rows": [pair(n, n, s) for n in names]} for s in [None, *range(k)]
            ],
            "offers": [{"segment": s, "rows": [offer] * rows} for s in range(k)],
        },
    }
