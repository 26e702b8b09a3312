"""The runtime of a cluster of GPUs: passes over pieces run on those, a few rows are worked on here.

This process needs no GPU and starts none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from engine.cluster.runtime import ClusterRuntime
from engine.cluster.travelling import Choice, Namespace, bare, travelling
from engine.places.parts import CLIENTS_SEARCH, Parts


@dataclass(frozen=True)
class GpuClusterRuntime(ClusterRuntime):
    """GPUs for rows that are spread over them, the CPU of this process for a few.

    ``device_memory`` is 0, as this process has none; what a pass does on a GPU it decides there.

    Attributes
    ----------
    least_pool : int
        Bytes of the memory pool of the worker that has the least.
    parts_there : Parts, optional
        What does which part on the workers, once they were asked.
    """

    xp: Any = field(default_factory=Namespace, repr=False, compare=False)
    least_pool: int = 0
    parts_there: Parts | None = field(default=None, repr=False)

    def parts_told(self) -> dict[str, dict[str, str]] | None:
        """Tell what does which part on the workers; None before they were asked, as in a plan."""
        there = self.parts_there
        return replace(there, search=CLIENTS_SEARCH).told() if there else None

    def put(self, array: Any) -> Any:
        """Let a small array travel to where the functions that hold it are sent."""
        return travelling(np.asarray(array))

    def either(self, on_device: Callable[..., Any], on_host: Callable[..., Any]) -> Any:
        """Choose where the function is called: here, or on a worker."""
        return Choice(on_device, on_host)

    def take(self, array: Any, rows: np.ndarray) -> np.ndarray:
        """Bring some rows here, in the order asked for."""
        return cast("np.ndarray", bare(super().take(array, rows)))

    def reduce(self, fn: Callable[..., Any], *blocks: Any, out: tuple[Any, ...] = ()) -> Any:
        """Add up ``fn`` over chunks of each piece, on its GPU, or of a few rows here."""
        return bare(super().reduce(fn, *blocks, out=out))
