"""Several numbers of segments beside each other, in the words of the page."""

from __future__ import annotations

from typing import Any

from engine.utilities.segment_numbers import on_page
from engine.visualization import readable
from engine.visualization.what_if import Views, owners, views_of


def what_if_view(summary: dict[str, Any], least: int) -> dict[str, Any] | None:
    """Collect what the page says of other numbers of segments; None where none was asked for."""
    views = views_of(summary)
    if not views:
        return None
    shown = next(view for view in views if view["described"])
    others = [str(view["k"]) for view in views if not view["described"]]
    shades = owners(views)
    return {
        "k": shown["k"],
        "rule": _sentence(summary.get("k_rule") or ""),
        "others": " or ".join(filter(None, [", ".join(others[:-1]), others[-1]])),
        "another": others[0],
        "rows": [_row(view) for view in views],
        "lists": [
            {"k": v["k"], "described": v["described"], "segments": _segments(v, o, least)}
            for v, o in zip(views, shades, strict=True)
        ],
        "moves": [_moves(views, i, least) for i in range(len(views) - 1)],
    }


def _sentence(rule: str) -> str:
    return rule[:1].upper() + rule[1:]


def _row(view: dict[str, Any]) -> dict[str, Any]:
    shares = [s["share"] for s in view["segments"]]
    return {
        "k": view["k"],
        "described": view["described"],
        "word": view["structure"]["word"],
        "silhouette": _two(view["silhouette"]),
        "chance": _two(view["chance"]),
        "stability": _two(view["stability"]),
        "largest": readable.percent(max(shares)),
        "smallest": _smallest(view),
    }


def _smallest(view: dict[str, Any]) -> str:
    smallest = min(view["segments"], key=lambda s: s["share"])
    return readable.part_of(smallest["share"], smallest, smallest["few"] or 1)


def _two(value: Any) -> str:
    return f"{value:.2f}" if readable.number(value) else readable.MISSING


def _segments(view: dict[str, Any], owned: list[int], least: int) -> list[dict[str, Any]]:
    return [
        {
            "segment": int(s["segment"]),
            "number": on_page(int(s["segment"])),
            "name": s["name"],
            "owner": owner,
            "customers": readable.held(s, least),
            "share": readable.part_of(s["share"], s, least),
        }
        for s, owner in zip(view["segments"], owned, strict=True)
    ]


def _moves(views: Views, place: int, least: int) -> dict[str, Any]:
    """Say of each segment of one number where its customers are at the next."""
    here, there, flows = views[place], views[place + 1], views[place]["flows"]
    rows = [
        {
            "number": on_page(int(s["segment"])),
            "name": s["name"],
            "customers": readable.held(s, least),
            "into": [
                {
                    "number": on_page(int(t["segment"])),
                    "name": t["name"],
                    "customers": f"fewer than {least:,}" if n is None else f"{n:,}",
                }
                for t, n in _largest_first(there["segments"], row)
            ],
        }
        for s, row in zip(here["segments"], flows, strict=True)
    ]
    hidden = any(n is None for row in flows for n in row)
    return {"from": here["k"], "to": there["k"], "rows": rows, "about": least if hidden else 0}


def _largest_first(
    segments: list[dict[str, Any]], row: list[int | None]
) -> list[tuple[dict[str, Any], int | None]]:
    """Give where customers go, the most first, and few last."""
    pairs = [(s, n) for s, n in zip(segments, row, strict=True) if n is None or n > 0]
    return sorted(pairs, key=lambda pair: -(pair[1] or 0))
