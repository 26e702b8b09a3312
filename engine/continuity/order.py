"""The same segments in another order, which is that of the numbers they continue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.utilities.rows import mapped
from engine.utilities.specks import specks

if TYPE_CHECKING:
    from engine.clustering.representatives import Representatives
    from engine.clustering.scored import Scored
    from engine.utilities.segment_numbers import Numbers

_INDICES = ("segments", "mark_segments", "order")
"""What holds indices of segments in the representatives of every method: of each representative, of
each of spectral's marks, and of each segment among components."""


def reordered(scored: Scored, places: np.ndarray, numbers: Numbers) -> Scored:
    """Give a scored clustering with the same segments in another order.

    Parameters
    ----------
    scored : Scored
    places : int32 array of shape (k,)
        ``places[s]`` is the new index of segment ``s``; 0 to k - 1, each once.
    numbers : Numbers
        By new index: what notes call the segments.

    Returns
    -------
    scored : Scored
        The model of it assigns as before, by the new indices. O(n).
    """
    old, trust, order = scored.fit, scored.silhouette, np.argsort(places)
    sizes = np.array(scored.scores.sizes)
    stale = specks(sizes)
    notes = (
        *(note for note in old.notes if note not in stale),
        *specks(sizes[order], numbers.public),
    )
    fit = replace(
        old,
        representatives=_reordered(old.representatives, places),
        labels=mapped(lambda labels: places[labels], old.labels),
        notes=notes,
    )
    scores = replace(
        scored.scores,
        sizes=tuple(sizes[order].tolist()),
        centres=scored.scores.centres[order],
        silhouette_squared_per_segment=_ordered(
            scored.scores.silhouette_squared_per_segment, order
        ),
    )
    anchors = places[trust.anchor_labels]
    by_segment = np.argsort(anchors, kind="stable")
    silhouette = replace(
        trust,
        per_segment=_ordered(trust.per_segment, order),
        anchor_rows=trust.anchor_rows[by_segment],
        anchor_labels=anchors[by_segment],
        anchor_values=trust.anchor_values[by_segment],
    )
    return replace(scored, fit=fit, scores=scores, silhouette=silhouette)


def _reordered(found: Representatives, places: np.ndarray) -> Representatives:
    changed: dict[str, Any] = {
        name: places[getattr(found, name)] for name in _INDICES if hasattr(found, name)
    }
    centres = np.ascontiguousarray(found.centres[np.argsort(places)])
    return replace(found, centres=centres, **changed)


def _ordered(values: Sequence[float], order: np.ndarray) -> tuple[float, ...]:
    return tuple(values[int(now)] for now in order)
