"""Scores in plain words: what each is called, what it says, and its value for each method."""

from __future__ import annotations

from typing import Any

from engine.visualization import readable

SCORES = (
    (
        "silhouette",
        "Silhouette",
        "How much closer customers are to their own segment than to the next one: 1 is perfect, "
        "0 is no better than a border, below 0 is misplaced. Measured on some customers against "
        "the others, with the range in brackets that most likely holds the true value; exact "
        "where everybody was measured.",
    ),
    (
        "silhouette_squared",
        "Silhouette, squared distances",
        "The same idea with squared distances, which can be computed over all customers; it is "
        "mostly further from 0 than the one above and only compares with itself.",
    ),
    (
        "davies_bouldin",
        "Davies-Bouldin",
        "How wide segments are compared with the distance to their nearest neighbour: lower is "
        "better, 0 is the best possible.",
    ),
    (
        "calinski_harabasz",
        "Calinski-Harabasz",
        "Spread between segments over spread within them: higher is better, and it only compares "
        "runs on the same data.",
    ),
    (
        "inertia",
        "Inertia",
        "Sum of squared distances from customers to their segment's centre, in prepared units: "
        "lower is tighter, and it always falls with more segments.",
    ),
)
"""Key in the summary, name and meaning of each score."""


def scores_of(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a score: its name, its meaning and its value for each method."""
    return [
        {
            "name": name,
            "meaning": meaning,
            "values": [
                (method, _score(scores.get(key))) for method, scores in summary["methods"].items()
            ],
        }
        for key, name, meaning in SCORES
    ]


def _score(value: Any) -> str:
    if not isinstance(value, dict):
        if not readable.number(value):
            return readable.MISSING
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
    shown = _score(value.get("value"))
    low, high = value.get("low"), value.get("high")
    if value.get("exact"):
        return f"{shown} (exact)"
    if readable.number(low) and readable.number(high):
        shown += f" ({low:.3f} to {high:.3f})"
    return shown
