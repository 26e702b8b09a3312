"""Scores every contender's segments alike: inertia in one matrix, agreement with each other.

No contender's own inertia is compared: each works in its own float type and its own space.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

TAILS = (0.005, 0.995)
SKEWED = 1.0


@dataclass(frozen=True)
class Reference:
    """What all label sets of a job are scored against.

    Attributes
    ----------
    ids : pl.Series of length n
    matrix : list of float64 array of shape (n,)
        One array a feature: imputed by the median, signed log where skewed, clipped at the
        0.5% and 99.5% quantiles, scaled to unit variance. No components are left out.
    truth : integer array of shape (n,)
        The true segment.
    """

    ids: pl.Series
    matrix: list[np.ndarray]
    truth: np.ndarray


def load_reference(path: Path, id_column: str, features: list[str], truth: str) -> Reference:
    """Read a generated file and prepare the matrix, a column at a time; O(n x features)."""
    columns = []
    for name in features:
        values = pl.read_parquet(path, columns=[name])[name].cast(pl.Float64)
        columns.append(_prepared(values.fill_null(values.median()).to_numpy()))
    rest = pl.read_parquet(path, columns=[id_column, truth])
    codes = rest[truth].rank("dense").to_numpy().astype(np.int64) - 1
    return Reference(rest[id_column], columns, codes)


def _prepared(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean()
    if abs((centred**3).mean()) > SKEWED * values.std() ** 3:
        values = np.sign(values) * np.log1p(np.abs(values))
    values = np.clip(values, *np.quantile(values, TAILS))
    return (values - values.mean()) / (values.std() or 1.0)


def read_labels(path: Path, reference: Reference, id_column: str) -> np.ndarray:
    """Read a contender's segments in the order of the reference's customers: int64, shape (n,).

    Raises
    ------
    ValueError
        If a customer is missing, doubled or unknown.
    """
    table = pl.read_parquet(path, columns=[id_column, "segment"])
    if not table[id_column].equals(reference.ids):
        table = reference.ids.to_frame().join(
            table, on=id_column, how="left", maintain_order="left", validate="1:1"
        )
    if table.height != len(reference.ids) or table["segment"].null_count():
        message = f"{path} does not hold one segment for each of {len(reference.ids)} customers"
        raise ValueError(message)
    return table["segment"].cast(pl.Int64).to_numpy()


def inertia(reference: Reference, labels: np.ndarray) -> float:
    """Sum of squared distances to the segments' means, in the reference matrix; float64."""
    _, codes = np.unique(labels, return_inverse=True)
    sizes = np.bincount(codes)
    total = 0.0
    for column in reference.matrix:
        means = np.bincount(codes, weights=column) / sizes
        total += float(np.square(column - means[codes]).sum())
    return total


def agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Compute the adjusted Rand index (Hubert and Arabie, 1985): 1 for equal, 0 by chance."""
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(first, second))
