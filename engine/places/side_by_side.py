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


def any_of(fn: Callable[[Item], bool], items: Sequence[Item], runtime: Runtime) -> bool:
    """Tell whether ``fn`` is true of any item, asked of as many at a time as there are threads.

    Examples
    --------
    >>> from engine.places.runtime import Runtime
    >>> any_of(lambda n: n > 2, [1, 2, 3], Runtime(threads=2))
    True
    """
    step = 1 if runtime.device_memory else runtime.threads
    starts = range(0, len(items), step)
    return any(any(side_by_side(fn, items[s : s + step], runtime)) for s in starts)
