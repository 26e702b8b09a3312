"""Categories that are another one written otherwise: a code and its name, one for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from engine.utilities.shown import FEW, quoted

_LEAST_ROWS = 30
_OVERLAP = 0.9
_AGREE = 0.99
_BESIDE = 0.95
_MOST_CODES = 200
_HOW = "one for one"


def recodings(
    joint: pl.DataFrame, numbers: Sequence[str], text: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    """Find columns that are one for one another category.

    Parameters
    ----------
    joint : polars DataFrame
        A sample of customers with these columns, text as text.
    numbers, text : sequence of str

    Yields
    ------
    column, of, how : str
        Which column to leave out, which one it repeats, and how the two go together.

    Notes
    -----
    One for one is that 99% of the rows, and 95% of those beside the commonest pair, have the
    commonest partner of their value, both ways. Values that occur once say nothing and are not
    counted. O(n) for each pair of columns with about as many different values.
    """
    codes = {c: _codes(joint[c]) for c in text}
    codes |= {c: _codes(joint[c]) for c in numbers if _is_code(joint[c])}
    order = [c for c in joint.columns if c in codes]
    for later, b in enumerate(order):
        for a in order[:later]:
            if a in numbers and b in numbers:
                continue
            if _one_for_one(codes[a], codes[b]):
                yield *_kept(a, b, codes, numbers), _pair(joint, a, b)


def _kept(a: str, b: str, codes: dict[str, np.ndarray], numbers: Sequence[str]) -> tuple[str, str]:
    """Say which of the two is left out, and which stays."""
    if codes[a].max() <= 1:
        # Numbers stand first in the plan and in the sample: two values are as good in either.
        return b, a
    return (a, b) if a in numbers else (b, a)


def _is_code(values: pl.Series) -> bool:
    known = values.drop_nulls().drop_nans() if values.dtype.is_float() else values.drop_nulls()
    distinct = known.n_unique()
    return 2 <= distinct <= _MOST_CODES and bool((known == known.round()).all())


def _codes(values: pl.Series) -> np.ndarray:
    """Give each value its number, from 0 on; -1 where it is missing."""
    codes = values.rank("dense").cast(pl.Int64) - 1
    return codes.fill_null(-1).to_numpy()


def _one_for_one(a: np.ndarray, b: np.ndarray) -> bool:
    distinct = int(a.max()) + 1, int(b.max()) + 1
    if abs(distinct[0] - distinct[1]) > max(1, 0.05 * max(distinct)) or min(distinct) < 2:
        return False
    known = (a >= 0) & (b >= 0)
    least = max(_LEAST_ROWS, _OVERLAP * max((a >= 0).sum(), (b >= 0).sum()))
    if known.sum() < least:
        return False
    a, b = a[known], b[known]
    often = (np.bincount(a)[a] > 1) & (np.bincount(b)[b] > 1)
    a, b = a[often], b[often]
    if len(a) < _LEAST_ROWS or len(np.unique(a)) < 2:
        return False
    return _agrees(a, b) and _agrees(b, a)


def _agrees(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether the values of ``a`` say those of ``b``."""
    width = int(b.max()) + 1
    pairs, inverse, counts = np.unique(a * width + b, return_inverse=True, return_counts=True)
    order = np.lexsort((-counts, pairs // width))
    # One partner each, of equally common ones too.
    partner = np.zeros(len(pairs), dtype=bool)
    partner[order[np.unique((pairs // width)[order], return_index=True)[1]]] = True
    agree = partner[inverse]
    beside = inverse != counts.argmax()
    return bool(agree.mean() >= _AGREE and (not beside.any() or agree[beside].mean() >= _BESIDE))


def _pair(joint: pl.DataFrame, a: str, b: str) -> str:
    """Give the commonest pair of values; how it is written, where few customers have it."""
    pairs = joint.select(a, b).drop_nulls().group_by(a, b).agg(pl.len().alias("n of pairs"))
    *row, n = pairs.sort("n of pairs", a, b, descending=[True, False, False]).row(0)
    shown = [f"{v:g}" if isinstance(v, float) and n >= FEW else quoted(v, n) for v in row]
    return f"{_HOW}, as {shown[0]} and {shown[1]}"
