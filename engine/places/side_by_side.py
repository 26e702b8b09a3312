"""Independent works of few rows each: side by side on a CPU, one after another on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

Item = TypeVar("Item")
Found = TypeVar("Found")


def side_by_side(
    fn: Callable[[Item], Found], items: Sequence[Item], runtime: Runtime
) -> list[Found]:
    """Call ``fn`` on each item, each on one thread of a CPU; what it calls keeps to that thread.

    Parameters
    ----------
    fn : callable
        Of few rows, in memory.
    items : sequence
    runtime : Runtime

    Returns
    -------
    found : list
        In the order of the items.

    Examples
    --------
    >>> from engine.places.runtime import Runtime
    >>> side_by_side(abs, [-1, 2], Runtime(threads=2))
    [1, 2]
    """
    if runtime.device_memory or runtime.threads == 1 or len(items) < 2:
        return [fn(item) for item in items]
    return runtime.map(fn, items)
