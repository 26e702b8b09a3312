"""How partial results of a pass over rows add up, in float64, and come to host memory."""

from __future__ import annotations

from typing import Any

import numpy as np


def added(total: Any, part: Any) -> Any:
    """Add up partial results of a pass, in float64; None is nothing yet."""
    if part is None:
        return total
    if isinstance(part, tuple):
        pairs = part if total is None else zip(total, part, strict=True)
        return tuple(added(None, p) if total is None else added(*p) for p in pairs)
    if total is not None:
        return total + part
    # float64 from the first chunk on, and a copy: fn may return a view of something it reuses.
    return part.astype(np.float64) if hasattr(part, "astype") else float(part)


def in_host(total: Any) -> Any:
    """Bring a sum to host memory as NumPy; a tuple of sums stays one."""
    if isinstance(total, tuple):
        return tuple(in_host(part) for part in total)
    return total.get() if hasattr(total, "get") else total
