"""What the page says about purchases: what was read and what each segment is worth."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.utilities.segment_numbers import on_page
from engine.visualization.readable import count, decimal, exact_money, number
from engine.visualization.report_data import segment_names


@dataclass(frozen=True)
class Who:
    """Whose purchases a row or a table counts.

    Attributes
    ----------
    segment : int or None
        The segment's number in files, None for everyone.
    name : str
        Its name, ``"Everyone"`` for everyone.
    customers : int or None
        How many they are, None where that is not known.
    """

    segment: int | None
    name: str
    customers: int | None = None

    @property
    def number(self) -> int | None:
        """Its number on the page."""
        return None if self.segment is None else on_page(self.segment)


def who(segment: int | None, profiles: dict[str, Any]) -> Who:
    """Name a segment as the rest of the page does."""
    if segment is None:
        return Who(None, "Everyone", profiles.get("customers"))
    sizes = {int(s["segment"]): s.get("customers") for s in profiles["segments"]}
    name = segment_names(profiles).get(int(segment), "")
    return Who(int(segment), name, sizes.get(int(segment)))


def facts_view(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    """Put what reading the transactions found into words; None without any.

    Parameters
    ----------
    facts : dict or None
        ``first_date``, ``last_date``, ``snapshot``, ``recency_formula``, ``n_transactions``,
        ``gross``, ``net``, ``policies``, ``apart`` and so on; what is absent is left out.

    Returns
    -------
    dict or None
    """
    if not facts:
        return None
    policies = [_policy(row) for row in facts.get("policies") or []]
    return {
        "tiles": _tiles(facts),
        "recency": str(facts.get("recency_formula") or "").rstrip("."),
        "dates": str(facts.get("date_format") or ""),
        "rfm": str(facts.get("rfm_rule") or ""),
        "apart_net": _apart_net(facts),
        "apart": [(str(why), int(n)) for why, n in (facts.get("apart") or {}).items() if n],
        "policies": [row for row in policies if row["rows"]],
        "unneeded": [row["what"] for row in policies if not row["rows"]],
        "columns": [(_spaced(k), str(v)) for k, v in (facts.get("columns") or {}).items() if v],
        "leading": [str(name) for name in facts.get("leading_categories") or []],
        "warnings": [str(text) for text in facts.get("warnings") or []],
        "notices": [str(text) for text in facts.get("notices") or []],
    }


def _tiles(facts: dict[str, Any]) -> list[tuple[str, str, str]]:
    """List name, value and a word of explanation of each number at the top."""
    first, last = facts.get("first_date"), facts.get("last_date")
    lines = f"in {count(facts['n_lines'])} lines" if number(facts.get("n_lines")) else ""
    tiles = [
        ("Period", f"{first} to {last}" if first and last else "", "first to last line counted"),
        ("Snapshot", str(facts.get("snapshot") or ""), "recency is counted back from this day"),
        ("Transactions", _counted(facts, "n_transactions"), _of_told(facts, lines)),
        ("Customers", _counted(facts, "n_customers"), "with at least one purchase"),
        ("Gross revenue", _spent(facts, "gross"), _of_told(facts, _before(facts))),
        ("Revenue net of returns", _spent(facts, "net"), _returned(facts)),
    ]
    return [tile for tile in tiles if tile[1]]


def _of_told(facts: dict[str, Any], words: str) -> str:
    """Say of a sum that the segments of few are not in it."""
    if not (least := facts.get("told_without")):
        return words
    return f"without segments of fewer than {count(least)} customers"


def _before(facts: dict[str, Any]) -> str:
    untold = "returns" in facts and facts["returns"] is None
    return f"before returns{', too few to be told of,' if untold else ''} are taken off"


def _counted(facts: dict[str, Any], key: str) -> str:
    return count(facts[key]) if number(facts.get(key)) else ""


def _spent(facts: dict[str, Any], key: str) -> str:
    return exact_money(facts[key]) if decimal(facts.get(key)) is not None else ""


def _returned(facts: dict[str, Any]) -> str:
    gross, net = decimal(facts.get("gross")), decimal(facts.get("net"))
    if gross is None or net is None:
        return ""
    money = exact_money(gross - net)
    if unused := facts.get("unused_statuses"):
        listed = ", ".join(repr(str(c)) for c in unused)
        return f"gross less {money} of returns; what {listed} says of them is not used"
    left_out = sum(
        p.get("rows") or 0 for p in facts.get("policies") or [] if p.get("key") == "statuses"
    )
    if left_out:
        return f"gross less {money} of returns; {count(left_out)} rows are no purchases"
    return f"gross less {money} of returns and cancellations"


def _apart_net(facts: dict[str, Any]) -> str:
    net = decimal(facts.get("net_of_customers_apart"))
    return exact_money(net) if net else ""


def _policy(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "what": str(row.get("what") or ""),
        "policy": _spaced(row.get("policy") or ""),
        "words": str(row.get("words") or ""),
        "rows": row.get("rows") or 0,
        "money": exact_money(row.get("amount")),
    }


def _spaced(name: Any) -> str:
    return str(name).replace("_", " ")


def value_view(sales: dict[str, Any], profiles: dict[str, Any]) -> dict[str, Any] | None:
    """List what each segment is worth, with totals that add up; None without any.

    Parameters
    ----------
    sales : dict
        Its ``segments`` are the rows.
    profiles : dict
        The profiles, for the names.

    Returns
    -------
    dict or None
        ``rows``, ``total`` of those that are told of, and ``few``, whether something is not told:
        what few are worth (``"segments"``), or sent back (``"returns"``), or None.
    """
    segments = sales.get("segments")
    if not segments:
        return None
    rows = [dict.fromkeys(_VALUES) | s | {"who": who(s["segment"], profiles)} for s in segments]
    # Gross and returns are of buyers alone, who all are in a segment.
    total = _total(rows, sales.get("facts") or {})
    return {"rows": rows, "total": total, "few": _few(rows)}


def _few(rows: list[dict[str, Any]]) -> str | None:
    if any(row["gross"] is None for row in rows):
        return "segments"
    return "returns" if any(_back_untold(row) for row in rows) else None


def _back_untold(row: dict[str, Any]) -> bool:
    return row["gross"] is not None and row["net"] is None


_VALUES = (
    "customers", "customer_share", "gross", "net", "gross_share", "net_share", "returns_share",
    "returners", "orders", "average_order_value", "recency_median", "frequency_median",
)  # fmt: skip


def _total(segments: list[dict[str, Any]], facts: dict[str, Any]) -> dict[str, Any]:
    """Add up what can be added; money exactly, in decimals.

    Where the returns of some segments are not told, those of all are what the gathering found.
    """
    gross, net = (
        sum((decimal(s.get(key)) or Decimal(0) for s in segments), Decimal(0))
        for key in ("gross", "net")
    )
    untold = any(_back_untold(s) for s in segments)
    every = decimal(facts.get("net")) if untold else net
    return {
        "customers": sum(s.get("customers") or 0 for s in segments),
        "gross": gross,
        "net": every,
        "returns_share": float((gross - every) / gross) if gross and every is not None else None,
        "returners": None if untold else _added(segments, "returners"),
        "orders": sum(s.get("orders") or 0 for s in segments),
    }


def _added(segments: list[dict[str, Any]], key: str) -> int | None:
    """Add up; None for runs of earlier versions, which did not count it."""
    known = [s[key] for s in segments if s.get(key) is not None]
    return sum(known) if known else None
