"""All sets of the suite by name, each drawn from its own seed."""

from __future__ import annotations

import zlib

import numpy as np

from shape_sets import fcps, graves, others, sipu, wut
from shape_sets.pieces import Maker, Rows

SETS: dict[str, Maker] = {**wut.SETS, **sipu.SETS, **fcps.SETS, **graves.SETS, **others.SETS}
NOTHING = others.NOTHING


def rows_of(name: str, seed: int = 0) -> Rows:
    """Draw a set, its rows in random order: float64 (n, d) and group (n,), -1 for noise."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    x, group = {**SETS, **NOTHING}[name](rng)
    order = rng.permutation(len(x))
    return x[order], group[order]
