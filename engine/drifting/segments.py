"""How far the segments' shares have shifted since the fit, and how many customers fit none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.drifting import measures
from engine.drifting.columns import LEVELS, Part
from engine.utilities.few_counts import untold

if TYPE_CHECKING:
    from engine.config.drift import DriftConfig
    from engine.drifting.seeing import Seen
    from engine.model.model import Model


@dataclass(frozen=True)
class SegmentShift:
    """A segment at the fit and now.

    Attributes
    ----------
    segment : int
        Its number, as files count.
    name : str
    share : Part or None
        Of all customers, however few: how many a segment holds is told. None where the model
        does not say what it was.
    nowhere : Part or None
        Of its customers those farther from its centre than nearly all were at the fit; ``few``
        also where those of another segment would be had from it.
    """

    segment: int
    name: str
    share: Part | None
    nowhere: Part | None


@dataclass(frozen=True)
class Segments:
    """What became of all segments.

    Attributes
    ----------
    each : tuple of SegmentShift
    moved : float or None
        Share of customers in other segments than at the fit: half the sum of all differences.
    nowhere : Part or None
        Of all customers those who belong nowhere.
    moved_level, nowhere_level : {"none", "slight", "moderate", "large"}
    lacking : tuple of str
        Columns that the data lack: nobody can be given a segment then, which is a large shift.
    """

    each: tuple[SegmentShift, ...]
    moved: float | None
    nowhere: Part | None
    moved_level: str
    nowhere_level: str
    lacking: tuple[str, ...] = ()


def segments_of(model: Model, seen: Seen, settings: DriftConfig, least: int) -> Segments:
    """Compare segments with what the model says of its own customers."""
    sizes, kept = (None, None) if seen.lacking else (_sizes(model), _kept(model))
    far = _far(kept, seen)
    parts = np.where(far < 0, 0, np.stack([far, seen.sizes - far]))
    few = np.asarray(untold(parts.T, least).hidden.any(axis=1))
    each = tuple(
        SegmentShift(number, name, _share(sizes, i, seen), _nowhere(kept, i, seen, far, few))
        for i, (number, name) in enumerate(zip(model.numbers.public, model.names, strict=True))
    )
    if seen.lacking:
        return Segments(each, None, None, "large", "none", seen.lacking)
    moved, real = None, 0.0
    if sizes is not None:
        moved = measures.moved(sizes, seen.sizes)
        real = max(0.0, moved - measures.moved_by_chance(sizes, seen.sizes))
    nowhere = _in_all(each, seen, least)
    grew = 0.0
    if nowhere:
        grew = max(0.0, nowhere.grew - measures.share_by_chance(nowhere.then, seen.rows))
    return Segments(
        each, moved, nowhere,
        _level(real, settings.slight, settings.shares_moderate, settings.shares_large),
        _level(grew, settings.nowhere_moderate, settings.nowhere_moderate, settings.nowhere_large),
    )  # fmt: skip


def _level(value: float, *bounds: float) -> str:
    return LEVELS[sum(value >= bound for bound in bounds)]


def _sizes(model: Model) -> np.ndarray | None:
    """Give the customers of each segment at the fit, where the model says them."""
    found = (model.info.get("scores") or {}).get("sizes")
    if found is None or len(found) != len(model.names) or not sum(found):
        return None
    return np.array(found, np.int64)


def _kept(model: Model) -> Sequence[dict[str, Any]] | None:
    found = (model.info.get("reference") or {}).get("segments")
    return found if found and len(found) == len(model.names) else None


def _share(sizes: np.ndarray | None, i: int, seen: Seen) -> Part | None:
    if sizes is None:
        return None
    return Part.of(int(sizes[i]), int(sizes.sum()), int(seen.sizes[i]), seen.rows, 0)


def _far(kept: Sequence[dict[str, Any]] | None, seen: Seen) -> np.ndarray:
    """Count who belongs nowhere, by segment; -1 where that is not known."""
    found = np.full(len(seen.sizes), -1, np.int64)
    for i, segment in enumerate(kept or ()):
        if segment["distances"] is not None:
            found[i] = seen.sizes[i] - seen.near[i, len(segment["distances"]) - 1]
    return found


def _nowhere(
    kept: Sequence[dict[str, Any]] | None, i: int, seen: Seen, far: np.ndarray, few: np.ndarray
) -> Part | None:
    if kept is None or far[i] < 0:
        return None
    n = int(seen.sizes[i])
    return Part(kept[i]["beyond"] or 0.0, int(far[i]) / n if n else 0.0, few=bool(few[i]))


def _in_all(each: Sequence[SegmentShift], seen: Seen, least: int) -> Part | None:
    """Give the share who belong nowhere, of the segments of which that is known."""
    parts = [(s.nowhere, int(n)) for s, n in zip(each, seen.sizes, strict=True) if s.nowhere]
    if not parts or not seen.rows:
        return None
    # Then: as large as it would be now, had nothing changed inside of segments.
    then = sum(p.then * n for p, n in parts) / seen.rows
    far, of = round(sum(p.now * n for p, n in parts)), sum(n for _, n in parts)
    return Part(then, far / seen.rows, few=0 < far < least or 0 < of - far < least)
