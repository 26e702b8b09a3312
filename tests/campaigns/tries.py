"""How much of a campaign is tried: a cut in ``make test-all``, the whole in ``make campaigns``."""

from __future__ import annotations

import os
from typing import TypeVar

Item = TypeVar("Item")

WHOLE = os.environ.get("ENGINE_CAMPAIGNS") == "whole"


def tries(cut: int, whole: int) -> int:
    """Give the number of tries of a campaign: ``cut``, or the whole where that is asked for."""
    return whole if WHOLE else cut


def some(items: list[Item], cut: int) -> list[Item]:
    """Give all items where the whole is asked for, otherwise ``cut`` of them, evenly spread."""
    if WHOLE or len(items) <= cut:
        return items
    return [items[i * len(items) // cut] for i in range(cut)]


def told(campaign: str, tried: int, held: int) -> None:
    """Print what a campaign tried and what held; pytest's ``-s`` and ``make campaigns`` show it."""
    print(f"\ncampaign {campaign}: {tried:,} tried, {held:,} held", flush=True)
