"""What the page says about products: best sellers, pairs bought together, what to offer next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.visualization.page.purchases import who
from engine.visualization.products import NAME_LENGTH, one_line, product
from engine.visualization.readable import count, money, number, percent, short, times

if TYPE_CHECKING:
    from collections.abc import Callable

REASON_LENGTH = 400
IN_A_LINE = 44
"""Characters of a product's name in the line that opens a segment's tables."""
SHOWN = 10
"""Rows of a table, whatever arrives."""
WIDE = 3.0
"""Upper over lower end of an interval from which on the size of a lift is called rough."""


SURE = ("clearly more", "more, roughly")


def certainty(low: float | None, high: float | None) -> str:
    """Say what the interval of a lift allows to conclude.

    Examples
    --------
    >>> [certainty(*ends) for ends in ((1.2, 1.9), (1.2, 4.8), (0.9, 1.3), (0.2, 0.8))]
    ['clearly more', 'more, roughly', 'may be chance', 'clearly less']
    >>> certainty(None, 2.0)
    'not measured'
    """
    if not (number(low) and number(high)):
        return "not measured"
    if low > 1.0:
        return "more, roughly" if high > WIDE * low else "clearly more"
    return "clearly less" if high < 1.0 else "may be chance"


def lift_view(row: dict[str, Any]) -> dict[str, str]:
    """Write a lift with its interval and what that allows to conclude."""
    value, low, high = (row.get(key) for key in ("lift", "lift_low", "lift_high"))
    measured = number(low) and number(high)
    interval = f"{times(low)} to {times(high)}" if measured else ""
    return {"lift": times(value), "interval": interval, "sure": certainty(low, high)}


def sellers_view(cross: dict[str, Any], profiles: dict[str, Any]) -> list[dict[str, Any]]:
    """List the best products and categories, everyone's first, then each segment's.

    Parameters
    ----------
    cross : dict
        Its ``best_sellers`` and ``categories`` hold for each segment (None: everyone) the rows
        ``by_revenue``, ``by_share`` and ``by_lift``; any of them may be absent.
    profiles : dict
        The profiles, for the names.

    Returns
    -------
    list of dict
        ``who``, ``gist`` and ``kinds``: products and categories with the rows of each ranking.
        A segment with nothing to show is left out.
    """
    products, categories = (_by_segment(cross.get(k)) for k in ("best_sellers", "categories"))
    found = []
    for segment in _in_order({*products, *categories}):
        kinds = [
            _kind(segment, products.get(segment, {}), "Product", "products", _product_name),
            _kind(segment, categories.get(segment, {}), "Category", "categories", _category_name),
        ]
        there = [kind for kind in kinds if kind["revenue"] or kind["share"] or kind["lift"]]
        if there:
            gist = _gist(there[0])
            found.append({"who": who(segment, profiles), "gist": gist, "kinds": there})
    return found


def _kind(
    segment: int | None,
    group: dict[str, Any],
    thing: str,
    things: str,
    named: Callable[[dict[str, Any]], tuple[str, str]],
) -> dict[str, Any]:
    rows = {
        ranking: _sellers(group.get(f"by_{ranking}"), named)
        for ranking in ("revenue", "share", "lift")
    }
    if segment is None:
        # Everyone against everyone is 1 by definition: nothing to show.
        rows["lift"] = []
    return {"thing": thing, "things": things, **rows}


def _by_segment(groups: list[dict[str, Any]] | None) -> dict[int | None, dict[str, Any]]:
    return {group.get("segment"): group for group in groups or []}


def _in_order(segments: set[int | None]) -> list[int | None]:
    return sorted(segments, key=lambda s: -1 if s is None else s)


def _sellers(
    rows: list[dict[str, Any]] | None, named: Callable[[dict[str, Any]], tuple[str, str]]
) -> list[dict[str, Any]]:
    keys = ("revenue_gross", "revenue_net", "revenue_share", "buyers", "buyer_share")
    return [
        {key: row.get(key) for key in keys}
        | lift_view(row)
        | {"what": named(row), "note": one_line(row.get("note"))}
        for row in (rows or [])[:SHOWN]
    ]


def _product_name(row: dict[str, Any]) -> tuple[str, str]:
    return product(row.get("name"), row.get("product_id"))


def _category_name(row: dict[str, Any]) -> tuple[str, str]:
    return short(one_line(row.get("category")), NAME_LENGTH) or "(no category)", ""


def _gist(kind: dict[str, Any]) -> str:
    """Say in the opening line what earns most and what stands out, without a doubtful lift."""
    parts = []
    if kind["revenue"]:
        # What was all sent back earned nothing, however it ranks gross.
        best = max(kind["revenue"], key=lambda row: float(row["revenue_net"] or 0))
        told = [
            f"{money(best[key])} {which}"
            for key, which in (("revenue_net", "net"), ("revenue_gross", "gross"))
            if best[key] is not None
        ]
        parts.append(f"earns most: {', '.join([short(best['what'][0], IN_A_LINE), *told])}")
    for row in kind["lift"]:
        if row["sure"] in SURE:
            parts.append(f"stands out: {short(row['what'][0], IN_A_LINE)}, {row['lift']}")
            break
    return "; ".join(parts)


def pairs_view(cross: dict[str, Any], profiles: dict[str, Any]) -> list[dict[str, Any]]:
    """List the pairs bought together, everyone's first, then each segment's.

    Parameters
    ----------
    cross : dict
        Its ``pairs`` hold ``rows`` for each segment (None: everyone).
    profiles : dict
        The profiles, for the names.

    Returns
    -------
    list of dict
        ``who``, ``gist`` and ``rows``; a segment without a pair is left out.
    """
    groups = _by_segment(cross.get("pairs"))
    found = []
    for segment in _in_order(set(groups)):
        rows = [_pair(row) for row in (groups[segment].get("rows") or [])[:SHOWN]]
        if rows:
            first, second = (short(rows[0][side][0], IN_A_LINE) for side in ("a", "b"))
            gist = f"first: {first} with {second}"
            found.append({"who": who(segment, profiles), "gist": gist, "rows": rows})
    return found


def _pair(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "a": product(row.get("name_a"), row.get("product_a")),
        "b": product(row.get("name_b"), row.get("product_b")),
        "baskets": row.get("baskets"),
        "support": row.get("support"),
        "confidence": row.get("confidence"),
    } | lift_view(row)


def offers_view(cross: dict[str, Any], profiles: dict[str, Any]) -> list[dict[str, Any]]:
    """List what to offer each segment next, with the reason.

    Parameters
    ----------
    cross : dict
        Its ``offers`` hold ``rows`` for each segment.
    profiles : dict
        The profiles, for the names.

    Returns
    -------
    list of dict
        ``who``, ``gist`` and ``rows``; a segment without an offer is left out.
    """
    groups = _by_segment(cross.get("offers"))
    found = []
    for segment in _in_order(set(groups)):
        rows = [_offer(row) for row in (groups[segment].get("rows") or [])[:SHOWN]]
        if rows:
            gist = f"first: {short(rows[0]['what'][0], IN_A_LINE)}"
            found.append({"who": who(segment, profiles), "gist": gist, "rows": rows})
    return found


def _offer(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "what": _product_name(row),
        "reason": short(row.get("reason") or _because(row), REASON_LENGTH),
        "candidates": row.get("candidates"),
        "buyer_share": row.get("buyer_share"),
        "confidence": row.get("confidence"),
        "lift": times(row.get("lift")),
    }


def _because(row: dict[str, Any]) -> str:
    codes = row.get("because") or []
    names = row.get("because_names") or [None] * len(codes)
    bought = [product(n, c)[0] for n, c in zip(names, codes, strict=False)]
    return f"Often in the same basket as {', '.join(bought)}." if bought else ""


def counting_view(cross: dict[str, Any]) -> dict[str, Any]:
    """List how products were counted and ordered, and the sentences on what is uncertain.

    Parameters
    ----------
    cross : dict
        Its ``facts``; what is absent is left out.

    Returns
    -------
    dict
        ``terms``, pairs of a name and a value, and ``notes``.
    """
    facts = cross.get("facts") or {}
    terms = [(words, count(facts[key])) for key, words in _COUNTED if number(facts.get(key))]
    if number(facts.get("min_support")):
        terms.append(("Least support of a pair", percent(facts["min_support"])))
    if facts.get("interval"):
        terms.append(("Intervals", str(facts["interval"])))
    orders = facts.get("order") or {}
    terms += [(words, str(orders[key])) for key, words in _ORDERED if orders.get(key)]
    return {"terms": terms, "notes": [str(text) for text in facts.get("notes") or []]}


_COUNTED = (
    ("baskets", "Baskets"),
    ("products_bought", "Products bought"),
    ("products_with_support", "Products in enough baskets for pairs"),
    ("min_buyers", "Least buyers for share and lift"),
    ("min_baskets", "Least baskets of a pair"),
    ("basket_cap", "Most products taken from one basket"),
    ("giant_baskets", "Baskets cut to that"),
)
_ORDERED = (
    ("share", "Order of the tables by share"),
    ("lift", "Order of the tables by lift"),
    ("pairs", "Order of the pairs"),
    ("offers", "Order of the offers"),
)
