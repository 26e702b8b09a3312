"""How far each column has shifted since the fit: what was counted then beside what is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.drifting import measures

if TYPE_CHECKING:
    from engine.config.drift import DriftConfig
    from engine.data_preparation.features.bins import Tally
    from engine.drifting.seeing import Levels, Seen
    from engine.model.model import Model

LEVELS = ("none", "slight", "moderate", "large")
"""How much a shift is, in words."""


@dataclass(frozen=True)
class Part:
    """A share of the customers, at the fit and now.

    Attributes
    ----------
    then, now : float
    few : bool
        Whether those of now, or of then, are too few to be told of.
    """

    then: float
    now: float
    few: bool = False

    @property
    def grew(self) -> float:
        """How much larger it is now."""
        return self.now - self.then

    @classmethod
    def of(cls, then: float, n_then: float, now: float, n_now: float, least: int) -> Part:
        """Make it of counts."""
        parts = then / n_then if n_then else 0.0, now / n_now if n_now else 0.0
        return cls(*parts, few=0 < now < least or 0 < then < least)


@dataclass(frozen=True)
class Shift:
    """The shift of a column.

    Attributes
    ----------
    column : str
    kind : {"number", "category"}
    level : {"none", "slight", "moderate", "large"}
    size : float
        The larger of index and effect, each in the threshold from which on it is moderate.
    psi, psi_by_chance : float
        The index, missing values a bin of it, and what it seldom exceeds by chance.
    effect : float or None
        Change of the mean in standard deviations of the fit; of a category the share of customers
        in other levels.
    distance : float or None
        How far values have moved on average, in their own units, at least; of numbers.
    mean_then, mean_now : float or None
    missing : Part
    strange : Part
        Values outside of the bounds of nearly all of the fit, or levels that it does not name.
    labels : tuple of str
        Of the bins: the edges of numbers, or the levels; without those of strange and missing.
    edges : tuple of float
    then, now : tuple of float
        Share of known values in each bin; of levels also (other), the last.
    few : tuple of bool
        Bins in which there are too few customers now to be told of.
    """

    column: str
    kind: str
    level: str
    size: float
    psi: float
    psi_by_chance: float
    effect: float | None
    distance: float | None
    mean_then: float | None
    mean_now: float | None
    missing: Part
    strange: Part
    labels: tuple[str, ...]
    edges: tuple[float, ...] = ()
    then: tuple[float, ...] = ()
    now: tuple[float, ...] = ()
    few: tuple[bool, ...] = field(default=())

    @property
    def beyond_chance(self) -> float:
        """The index, less what it seldom exceeds by chance."""
        return max(0.0, self.psi - self.psi_by_chance)


def shifts(model: Model, seen: Seen, settings: DriftConfig, least: int) -> tuple[Shift, ...]:
    """Measure every column that a model kept: by level, and then by size, the largest first.

    Parameters
    ----------
    model : Model
    seen : Seen
    settings : DriftConfig
        From which size on a shift counts.
    least : int
        Customers that are told of at least.
    """
    kept = {c["column"]: c for c in (model.info.get("reference") or {}).get("columns", ())}
    found = [_number(kept[c], tally, settings, least) for c, tally in seen.numbers.items()]
    found += [_category(kept[c], levels, settings, least) for c, levels in seen.levels.items()]
    return tuple(sorted(found, key=lambda shift: (-LEVELS.index(shift.level), -shift.size)))


def _number(kept: Mapping[str, Any], now: Tally, settings: DriftConfig, least: int) -> Shift:
    then, counts = np.array(kept["counts"], np.int64), now.counts
    index = _index([*then, kept["missing"]], [*counts, now.missing], settings)
    n, m = int(then.sum()), now.known
    effect, distance = _effect(kept, now), None
    if n and m:
        means = kept["mean"], now.mean
        apart = abs(means[1] - means[0]) if None not in means else 0.0
        distance = max(measures.distance(kept["edges"], then, counts), apart)
    size_of = abs(effect or 0.0)  # one that is beyond chance counts whole
    real = size_of if size_of > measures.effect_by_chance(n, m) else 0.0
    scale = settings.slight, settings.effect_moderate, settings.effect_large
    level, size = _sized(index[2:], (real, scale))
    whole = n + kept["missing"]
    missing = Part.of(kept["missing"], whole, now.missing, now.rows, least)
    strange = Part.of(kept["outside"], n, now.below + now.beyond, m, least)
    if level == "large" and _barely(kept, counts, size_of, (missing, strange), settings):
        level = "moderate"
    return Shift(
        kept["column"], "number", level, size, *index[:2], effect, distance,
        kept["mean"], now.mean if m >= least else None,
        missing, strange, tuple(f"{edge:.6g}" for edge in kept["edges"]), tuple(kept["edges"]),
        **_beside(then, counts, least),
    )  # fmt: skip


def _barely(
    kept: Mapping[str, Any],
    counts: np.ndarray,
    effect: float,
    parts: Sequence[Part],
    settings: DriftConfig,
) -> bool:
    """Tell whether values moved so little that an index alone is no large shift.

    Of coarse whole numbers a year of ageing empties bins and fills others, however wide they lie.
    """
    if not kept["inner_std"] or not counts.sum():
        return False
    far = measures.distance(kept["edges"], kept["counts"], counts) / kept["inner_std"]
    return (
        max(effect, far) < settings.effect_moderate
        and max(abs(part.grew) for part in parts) < settings.shares_moderate
    )


def _effect(kept: Mapping[str, Any], now: Tally) -> float | None:
    """Give the change of the mean in standard deviations of the fit, inside the bounds."""
    inner, spread = now.inner, kept["inner_std"]
    if inner is None or kept["inner_mean"] is None or not spread:
        return None
    return float(f"{(inner[0] - kept['inner_mean']) / spread:.9g}")


def _category(kept: Mapping[str, Any], now: Levels, settings: DriftConfig, least: int) -> Shift:
    then = np.array([*kept["counts"], kept["other"]], np.int64)
    counts = np.array([*(now.counts[level] for level in kept["levels"]), now.other], np.int64)
    all_then, all_now = np.append(then, kept["missing"]), np.append(counts, now.missing)
    index, moved = _index(all_then, all_now, settings), measures.moved(all_then, all_now)
    real = max(0.0, moved - measures.moved_by_chance(all_then, all_now))
    scale = settings.slight, settings.shares_moderate, settings.shares_large
    level, size = _sized(index[2:], (real, scale))
    n, m = int(then.sum()), int(counts.sum())
    return Shift(
        kept["column"], "category", level, size, *index[:2], moved, None, None, None,
        Part.of(kept["missing"], all_then.sum(), now.missing, all_now.sum(), least),
        Part.of(kept["other"], n, now.other, m, least),
        tuple(kept["levels"]), **_beside(then, counts, least),
    )  # fmt: skip


_Measure = tuple[float, tuple[float, float, float]]
"""A measure, and from which sizes on it is slight, moderate and large."""


def _index(
    then: Sequence[int] | np.ndarray, now: Sequence[int] | np.ndarray, settings: DriftConfig
) -> tuple[float, float, float, tuple[float, float, float]]:
    """Give the index, what it seldom exceeds, and the measure of what is left."""
    index, chance = measures.psi(then, now), measures.psi_by_chance(then, now)
    moderate = settings.psi_moderate
    return index, chance, max(0.0, index - chance), (moderate, moderate, settings.psi_large)


def _sized(index: Any, other: _Measure) -> tuple[str, float]:
    level, size = 0, 0.0
    for value, scale in (index, other):
        level = max(level, sum(value >= bound for bound in scale))
        size = max(size, value / scale[1])
    return LEVELS[level], size


def _beside(then: np.ndarray, now: np.ndarray, least: int) -> dict[str, Any]:
    return {
        "then": tuple(measures.shares(then).tolist()),
        "now": tuple(measures.shares(now).tolist()),
        "few": tuple(bool(0 < n < least) for n in now),
    }
