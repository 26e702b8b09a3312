"""Numbers of segments that nobody can use: one, or more than people can hold in mind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.clustering.algorithm import Fit
from engine.errors import DataError
from engine.planning.refusals import MOST_SEGMENTS
from engine.run.customers import Customers

if TYPE_CHECKING:
    from engine.clustering.tree import Tree

_HEIGHT = "clustering.agglomerative.distance_threshold"
_RESOLUTION = "clustering.ann_methods.resolution"


def check_count(k: int, tree: Tree | None) -> None:
    """Refuse a height, or a resolution, that leaves one segment or more than a run describes.

    Raises
    ------
    DataError
    """
    if 2 <= k <= MOST_SEGMENTS:
        return
    what, hint = "graph", f"choose another {_RESOLUTION}"
    if tree is not None:
        last = ", ".join(f"{height:.4g}" for height in tree.heights[::-1][:3])
        what, hint = "tree", f"its last joins are at {last} ({_HEIGHT})"
    message = (
        f"the {what} falls into {k:,} {'segment' if k == 1 else 'segments'}, and a run describes "
        f"2 to {MOST_SEGMENTS:,}; {hint}."
    )
    raise DataError(message)


def too_many_to_hold(method: str, fit: Fit, customers: Customers) -> tuple[str, ...]:
    """Warn where a height, or a resolution, makes more segments than people can hold."""
    settings, k = customers.config.clustering, fit.representatives.n_segments
    if not settings.params(method).decides_k or k <= settings.k_max:
        return ()
    less = f"lower {_RESOLUTION}" if fit.tree is None else f"raise {_HEIGHT}"
    return (
        f"{k:,} segments are more than clustering.k_max ({settings.k_max:,}), and more than people "
        f"can hold in mind; {less} for fewer.",
    )
