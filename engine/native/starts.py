"""Where k-means starts from, by kernels of one thread: seeds, and clusters cut in two."""

from __future__ import annotations

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, NUMBER, address, checked, fits
from engine.native.library import kernel

_SUFFIX = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}
_SEEDS = (ADDRESS, ADDRESS, NUMBER, ADDRESS, *[COUNT] * 4, ADDRESS)
_CUT = (*[ADDRESS] * 5, NUMBER, *[COUNT] * 4, ADDRESS, ADDRESS)


def seeds_drawn(
    columns: np.ndarray, weights: np.ndarray | None, first: float, at: np.ndarray
) -> tuple[np.ndarray, float] | None:
    """Choose rows by greedy k-means++; None where no kernel takes them.

    Parameters
    ----------
    columns : float32 or float64 array of shape (d + 2, n)
        Rows by column; the last column is their squared norm, the one before is not read.
    weights : array of that type, of shape (n,), or None
    first : float
        From 0 to 1, which decides the first row.
    at : float64 array of shape (k, trials)
        The same for the candidates of each centre; those of the first are not read.

    Returns
    -------
    chosen : int64 array of shape (k,)
        Row numbers.
    scatter : float
        Sum of squared distances to the nearest of them, times the weight.
    """
    dtype, (k, trials) = columns.dtype, at.shape
    run = kernel(f"seeds_{_SUFFIX[dtype]}", NUMBER, *_SEEDS) if dtype in _SUFFIX else None
    if run is None or not fits(columns, dtype, 2):
        return None
    chosen = np.empty(k, np.int64)
    scatter = run(
        address(columns, dtype), address(weights, dtype), first, address(at, np.float64),
        columns.shape[1], len(columns) - 2, k, trials, address(chosen, np.int64),
    )  # fmt: skip
    checked(min(int(scatter), 0))
    return chosen, float(scatter)


def cut_in_two(
    wide: np.ndarray,
    weighted: np.ndarray,
    labels: np.ndarray,
    along: np.ndarray,
    middle: np.ndarray,
    none: float,
    rounds: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """Part the rows of each cluster by a plane, several times; None where no kernel takes them.

    Parameters
    ----------
    wide, weighted : float32 or float64 array of shape (n, d + 2)
        Rows, and rows times their weight followed by the weight; other columns are not read.
    labels : int64 array of shape (n,)
    along, middle : float64 array of shape (k, d)
        The first planes stand across ``along`` through ``middle``, later ones between the means of
        the parts before.
    none : float
        Share of a cluster's weight up to which one side is empty.
    rounds : int

    Returns
    -------
    gain : float64 array of shape (k,)
        What the last cut takes off the inertia.
    halves : float64 array of shape (k, 2, d)
        Means of the two parts.
    along, middle : float64 array of shape (k, d)
        The next planes.
    """
    dtype, (k, d) = wide.dtype, along.shape
    run = kernel(f"cut_{_SUFFIX[dtype]}", COUNT, *_CUT) if dtype in _SUFFIX else None
    if run is None or not (fits(wide, dtype, 2) and fits(weighted, dtype, 2)):
        return None
    along, middle = np.array(along, np.float64), np.array(middle, np.float64)
    gain, halves = np.zeros(k), np.zeros((k, 2, d))
    code = run(
        address(wide, dtype), address(weighted, dtype), address(labels, np.int64),
        address(along, np.float64), address(middle, np.float64), none, rounds, len(wide), d, k,
        address(gain, np.float64), address(halves, np.float64),
    )  # fmt: skip
    checked(code)
    return gain, halves, along, middle
