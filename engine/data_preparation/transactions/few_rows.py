"""Money of few rows, or of few customers, in what is told of transactions: about as much."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.utilities.few import about
from engine.utilities.few_worth import without_money


def about_few(facts: dict[str, Any], least: int) -> None:
    """Round, in place, the money of policies that met fewer rows, and that of few customers apart.

    Parameters
    ----------
    facts : dict
        Of a gathering.
    least : int
        Rows, or customers, below which a sum is somebody's own. Of fewer returns no money is told.
    """
    for fact in facts["policies"]:
        amount = fact["amount"]
        if not 0 < fact["rows"] < least or not amount or not Decimal(amount):
            continue
        if fact["key"] == "returns" and fact["policy"] == "net":
            # Gross is exact: beside it a net about right would say what was sent back.
            facts |= {"returns": None, "net": None}
            continue
        exact, near = f"{Decimal(amount):,} in all", f"about {about(float(amount))} in all"
        fact["amount"] = _near(amount)
        fact["words"] = fact["words"].replace(exact, near)
        for told in ("warnings", "notices"):
            facts[told][:] = [sentence.replace(exact, near) for sentence in facts[told]]
    if facts["net"] is None:
        facts |= without_money(facts, ("net",))
    if 0 < sum(facts["apart"].values()) < least:
        facts["net_of_customers_apart"] = _near(facts["net_of_customers_apart"])


def _near(amount: str) -> str:
    return f"{Decimal(f'{float(amount):.3g}'):f}"
