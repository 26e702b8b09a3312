"""What segments are worth, and all together, without what few customers paid or sent back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

_COUNTED = ("segment", "customers", "customer_share")
_RETURNED = ("net", "net_share", "returns_share", "returners")
_IN_THE_SUMS = ("net", "keep", "money_only")
"""Policies whose rows are in the customers' money: theirs less the segments' is what few have."""


def worth_of_enough(rows: Sequence[dict[str, Any]], least: int) -> list[dict[str, Any]]:
    """Give what segments are worth without what few customers are, or few returned.

    Parameters
    ----------
    rows : sequence of dict
        One a segment: ``customers``, ``returners``, sums of money, shares, orders and medians.
    least : int

    Returns
    -------
    rows : list of dict
        Of segments of fewer customers all but their number is None, and shares of money are of the
        other segments' money. Where fewer sent something back, neither that nor net money is told,
        and not of enough other segments to leave the sum of them uncertain.
    """
    few = [int(row["customers"]) < least for row in rows]
    told = [row for row, hidden in zip(rows, few, strict=True) if not hidden]
    untold = _returns_untold(rows, least)
    of_few = returns_of_few(rows, least)
    found = []
    for i, (row, hidden) in enumerate(zip(rows, few, strict=True)):
        own = dict(row)
        if any(few):
            own |= {f"{key}_share": _share(row, key, told) for key in ("gross", "net")}
        if of_few:  # a share and its money would give all of the money
            own["net_share"] = None
        if i in untold:
            own |= dict.fromkeys(_RETURNED)
        if hidden:
            own = {k: v if k in _COUNTED else None for k, v in own.items()}
        found.append(own)
    return found


def facts_of_enough(
    facts: dict[str, Any], rows: Sequence[dict[str, Any]], least: int
) -> dict[str, Any]:
    """Give the sums of all customers' purchases as those of the segments that are told of.

    Parameters
    ----------
    facts : dict
        Of a gathering.
    rows : sequence of dict
        As :func:`worth_of_enough` takes them: exact.
    least : int

    Returns
    -------
    facts : dict
        Where a segment holds fewer customers, ``gross``, ``returns``, ``net`` and
        ``n_transactions`` are those of the others, ``told_without`` is ``least``, and the money of
        rows that are in the sums is not told. Where fewer sent something back in all, ``returns``
        and ``net`` are None.
    """
    told = [row for row in rows if int(row["customers"]) >= least]
    found = dict(facts)
    if len(told) < len(rows):
        gross, net = (_sum(told, key) for key in ("gross", "net"))
        found |= {
            "gross": _text(gross),
            "returns": _text(gross - net),
            "net": _text(net),
            "n_transactions": sum(int(row.get("orders") or 0) for row in told),
            "told_without": least,
        }
        found = without_money(found, _IN_THE_SUMS)
    if returns_of_few(rows, least):
        found |= {"returns": None, "net": None}
        found = without_money(found, ("net",))
    return found


def returns_of_few(rows: Sequence[dict[str, Any]], least: int) -> bool:
    """Tell whether, in all segments that are told of, some sent something back, but too few."""
    told = (row for row in rows if int(row["customers"]) >= least)
    return 0 < sum(row.get("returners") or 0 for row in told) < least


def without_money(facts: dict[str, Any], policies: Sequence[str]) -> dict[str, Any]:
    """Leave out the money of what was done as one of the policies says."""
    found = facts | {key: list(facts.get(key) or []) for key in ("policies", "warnings", "notices")}
    for i, fact in enumerate(found["policies"]):
        if fact["policy"] not in policies or not fact["rows"] or not fact["amount"]:
            continue
        money = f", {Decimal(fact['amount']):,} in all"
        found["policies"][i] = {
            **fact, "amount": None, "words": fact["words"].replace(money, "")
        }  # fmt: skip
        for key in ("warnings", "notices"):
            found[key] = [sentence.replace(money, "") for sentence in found[key]]
    return found


def _returns_untold(rows: Sequence[dict[str, Any]], least: int) -> set[int]:
    """Find the segments of whose returns nothing is told, by number.

    Those that few customers sent back, and of the others as many as make their sum one of
    ``least`` customers and at least twice the most of them: the smallest that does, or the largest.
    """
    back = {i: _back(row) for i, row in enumerate(rows) if int(row["customers"]) >= least}
    who = {i: int(rows[i].get("returners") or 0) for i in back}
    hidden = {i for i, n in who.items() if 0 < n < least}
    most = max((back[i] for i in hidden), default=0.0)
    others = sorted((i for i in back if i not in hidden and who[i]), key=lambda i: back[i])
    while hidden and others:
        lacking = 2 * most - sum(back[i] for i in hidden)
        if lacking <= 0 and sum(who[i] for i in hidden) >= least:
            break
        chosen = next((i for i in others if back[i] >= lacking), others[-1])
        others.remove(chosen)
        hidden.add(chosen)
    return hidden


def _back(row: dict[str, Any]) -> float:
    return abs(float(row.get("gross") or 0.0) - float(row.get("net") or 0.0))


def _share(row: dict[str, Any], key: str, told: Sequence[dict[str, Any]]) -> float | None:
    value, whole = row.get(key), _sum(told, key)
    return float(Decimal(str(value)) / whole) if value is not None and whole else None


def _sum(rows: Sequence[dict[str, Any]], key: str) -> Decimal:
    return sum((Decimal(str(row.get(key) or 0)) for row in rows), Decimal(0))


def _text(value: Decimal) -> str:
    return f"{value:.2f}" if value == round(value, 2) else f"{value.normalize():f}"
