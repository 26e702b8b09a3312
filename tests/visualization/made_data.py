"""Customers made with a known truth, to hold verdicts and words against: small, a dozen kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

ROWS = 900


@dataclass(frozen=True)
class Made:
    """A made table of customers.

    Attributes
    ----------
    frame : DataFrame
        ``customer_id`` and features.
    truth : int array or None
        The groups that the customers come from; None where there are none.
    clear : bool
        Whether anybody would see the groups: hardly a customer stands between two.
    """

    frame: pl.DataFrame = field(repr=False)
    truth: np.ndarray | None = field(repr=False)
    clear: bool


def _made(
    columns: np.ndarray | dict[str, object], truth: np.ndarray | None, *, clear: bool = False
) -> Made:
    if isinstance(columns, np.ndarray):
        named: dict[str, object] = {f"score_{j}": c for j, c in enumerate(columns.T)}
    else:
        named = columns
    n = len(next(iter(named.values())))  # type: ignore[arg-type]
    ids = pl.Series("customer_id", [f"C{i:05}" for i in range(n)])
    return Made(pl.DataFrame({"customer_id": ids, **named}), truth, clear)


def _blobs(rng: np.random.Generator, k: int, columns: int, apart: float) -> Made:
    """Spread ``k`` round groups so that the nearest two centres are ``apart`` deviations away."""
    truth = rng.integers(0, k, ROWS)
    centres = rng.normal(size=(k, columns))
    distances = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    centres *= apart / distances[np.triu_indices(k, 1)].min()
    x = centres[truth] + rng.normal(size=(ROWS, columns))
    return _made(x, truth, clear=apart >= 6)


def wide_blobs(rng: np.random.Generator) -> Made:
    """Eight groups in sixteen columns: a low silhouette, and no doubt about anybody."""
    return _blobs(rng, 8, 16, 7.0)


def blobs(rng: np.random.Generator) -> Made:
    """Four groups in two columns."""
    return _blobs(rng, 4, 2, 7.0)


def blobs_in_eight(rng: np.random.Generator) -> Made:
    """Five groups in eight columns."""
    return _blobs(rng, 5, 8, 7.0)


def overlapping(rng: np.random.Generator) -> Made:
    """Three groups, three deviations apart: one in fifteen stands nearer to another's centre."""
    return _blobs(rng, 3, 2, 3.0)


def gaussian(rng: np.random.Generator) -> Made:
    """One cloud."""
    return _made(rng.normal(size=(ROWS, 4)), None)


def box(rng: np.random.Generator) -> Made:
    """Rows spread evenly."""
    return _made(rng.uniform(0, 10, size=(ROWS, 3)), None)


def skewed(rng: np.random.Generator) -> Made:
    """One cloud with long tails, as money has."""
    return _made(np.exp(rng.normal(3, 1, size=(ROWS, 3))), None)


def long_cloud(rng: np.random.Generator) -> Made:
    """One long cloud: a cut across it comes back, and is no gap."""
    return _made(rng.normal(size=(ROWS, 1)) @ np.ones((1, 5)) + rng.normal(size=(ROWS, 5)), None)


def moons(rng: np.random.Generator) -> Made:
    """Two half moons."""
    truth = rng.integers(0, 2, ROWS)
    angle = rng.uniform(0, np.pi, ROWS)
    x = np.where(truth, 1 - np.cos(angle), np.cos(angle))
    y = np.where(truth, 0.5 - np.sin(angle), np.sin(angle))
    return _made(np.column_stack([x, y]) + rng.normal(0, 0.04, (ROWS, 2)), truth, clear=True)


def two_and_noise(rng: np.random.Generator) -> Made:
    """Two groups six deviations apart in two columns, beside three columns of noise."""
    truth = rng.integers(0, 2, ROWS)
    x = rng.normal(size=(ROWS, 5))
    x[:, :2] += 6 * truth[:, None]
    return _made(x, truth, clear=True)


def shop(rng: np.random.Generator) -> Made:
    """Draw customers as shops have them: money, orders, flags, a channel, a third of them heavy."""
    truth = (rng.random(ROWS) < 0.3).astype(int)
    orders = rng.poisson(np.where(truth, 14, 2)) + 1
    spend = orders * np.exp(rng.normal(3.5, 0.4, ROWS))
    return _made(
        {
            "spend": np.round(spend, 2),
            "orders": orders,
            "days_since": rng.exponential(np.where(truth, 20, 120)).round(),
            "newsletter": (rng.random(ROWS) < np.where(truth, 0.7, 0.2)).astype(int),
            "returns": np.where(rng.random(ROWS) < 0.03, 1.0, 0.0),
            "channel": np.where(rng.random(ROWS) < np.where(truth, 0.8, 0.4), "app", "web"),
        },
        truth,
    )


def flags(rng: np.random.Generator) -> Made:
    """Independent flags, a code and a count: lumps, and no groups."""
    return _made(
        {
            **{f"has_{w}": (rng.random(ROWS) < 0.3).astype(int) for w in ("car", "pet", "child")},
            "family": rng.poisson(1.2, ROWS),
            "tariff": rng.choice(["a", "b", "c", "d"], ROWS),
        },
        None,
    )


def three_rows(rng: np.random.Generator) -> Made:
    """Three kinds of customers, each the same in everything."""
    truth = rng.integers(0, 3, ROWS)
    return _made(np.array([[0.0, 0.0], [0.0, 9.0], [7.0, 4.0]])[truth], truth, clear=True)


MADE: dict[str, Callable[[np.random.Generator], Made]] = {
    f.__name__: f
    for f in (
        blobs, blobs_in_eight, wide_blobs, overlapping, gaussian, box, skewed, long_cloud, moons,
        two_and_noise, shop, flags, three_rows,
    )
}  # fmt: skip
