"""How far each column has shifted since the fit: what was counted then beside what is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.data_preparation.features.bins import pooled
from engine.drifting import by_draws, measures
from engine.utilities.few_counts import untold_parts

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
        Share of known values in each bin, of all where too few are missing to be told; of levels
        also (other), the last. Bins of numbers are joined until each has nobody or enough now.
    few : tuple of bool
        Levels of too few customers now to be told of, and others that these would be had from.
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
    edges, then, counts, missing = _joined(kept, now, least)
    few, all_then = now.rows < by_draws.MOST, [*kept["counts"], kept["missing"]]
    seldom = by_draws.index_and_moved(all_then, now.rows)[0] if few else 0.0
    index = _index([*then, kept["missing"]], [*counts, missing], settings, seldom)
    n, m = int(then.sum()), int(counts.sum())
    mean = now.mean_told(least)
    effect, distance = _effect(kept, now) if now.known >= least else None, None
    if n and m:
        apart = abs(mean - kept["mean"]) if None not in (mean, kept["mean"]) else 0.0
        distance = max(measures.distance(edges, then, counts), apart)
    size_of = abs(effect or 0.0)  # one that is beyond chance counts whole
    usual = by_draws.effect(kept["edges"], kept["counts"], m) if few else 0.0
    real = size_of if size_of > max(measures.effect_by_chance(n, m), usual) else 0.0
    scale = settings.slight, settings.effect_moderate, settings.effect_large
    level, size = _sized(index[2:], (real, scale))
    whole = n + kept["missing"]
    missing_part = Part.of(kept["missing"], whole, now.missing, now.rows, least)
    strange = _outside(kept["outside"], n, now, m, least)
    if level == "large" and kept["inner_std"] and n and m:
        far = measures.distance(edges, then, counts) / kept["inner_std"]
        if _barely(far, size_of, (missing_part, strange), settings):
            level = "moderate"
    return Shift(
        kept["column"], "number", level, size, *index[:2], effect, distance,
        kept["mean"], mean, missing_part, strange,
        tuple(f"{edge:.6g}" for edge in edges), tuple(edges),
        **_beside(then, counts, [False] * len(counts)),
    )  # fmt: skip


def _barely(
    far: float,
    effect: float,
    parts: Sequence[Part],
    settings: DriftConfig,
) -> bool:
    """Tell whether values moved so little that an index alone is no large shift.

    Of coarse whole numbers a year of ageing empties bins and fills others, however wide they lie.
    """
    return (
        max(effect, far) < settings.effect_moderate
        and max(abs(part.grew) for part in parts) < settings.shares_moderate
    )


def _joined(
    kept: Mapping[str, Any], now: Tally, least: int
) -> tuple[list[float], np.ndarray, np.ndarray, int]:
    """Join bins until none is of few now; few who are missing count with the largest bin."""
    edges, counts = pooled(kept["edges"], now.counts.tolist(), least)
    missing = now.missing
    if 0 < missing < least:
        counts[counts.index(max(counts))] += missing
        missing = 0
    ends = np.searchsorted(kept["edges"], edges)
    then = np.add.reduceat(np.array(kept["counts"], np.int64), [0, *(ends + 1)])
    return edges, then, np.array(counts, np.int64), missing


def _outside(then: int, n: int, now: Tally, m: int, least: int) -> Part:
    found, real = now.outside(least), now.below + now.beyond
    part = Part.of(then, n, real, m, least)
    return replace(part, few=part.few or found is None)


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
    # What is measured is what is told: those untold are one level, or the index would tell them.
    hidden = untold_parts(all_now, least)
    p, q = (np.append(c[~hidden], c[hidden].sum()) for c in (all_then, all_now))
    few = all_now.sum() < by_draws.MOST
    seldom = by_draws.index_and_moved(all_then, int(all_now.sum())) if few else (0.0, 0.0)
    index, moved = _index(p, q, settings, seldom[0]), measures.moved(p, q)
    real = max(0.0, moved - max(measures.moved_by_chance(p, q), seldom[1]))
    scale = settings.slight, settings.shares_moderate, settings.shares_large
    level, size = _sized(index[2:], (real, scale))
    n, m = int(then.sum()), int(all_now.sum()) if hidden[-1] else int(counts.sum())
    missing = Part.of(kept["missing"], all_then.sum(), now.missing, all_now.sum(), least)
    other = Part.of(kept["other"], n, now.other, m, least)
    return Shift(
        kept["column"], "category", level, size, *index[:2], moved, None, None, None,
        replace(missing, few=missing.few or bool(hidden[-1])),
        replace(other, few=other.few or bool(hidden[-2])),
        tuple(kept["levels"]), **_beside(then, counts, hidden[:-1], m),
    )  # fmt: skip


_Measure = tuple[float, tuple[float, float, float]]
"""A measure, and from which sizes on it is slight, moderate and large."""


def _index(
    then: Sequence[int] | np.ndarray,
    now: Sequence[int] | np.ndarray,
    settings: DriftConfig,
    seldom: float,
) -> tuple[float, float, float, tuple[float, float, float]]:
    """Give the index, what it seldom exceeds, and the measure of what is left."""
    index, chance = measures.psi(then, now), max(measures.psi_by_chance(then, now), seldom)
    moderate = settings.psi_moderate
    return index, chance, max(0.0, index - chance), (moderate, moderate, settings.psi_large)


def _sized(index: Any, other: _Measure) -> tuple[str, float]:
    level, size = 0, 0.0
    for value, scale in (index, other):
        level = max(level, sum(value >= bound for bound in scale))
        size = max(size, value / scale[1])
    return LEVELS[level], size


def _beside(
    then: np.ndarray, now: np.ndarray, few: Sequence[bool] | np.ndarray, of: int = 0
) -> dict[str, Any]:
    return {
        "then": tuple(measures.shares(then).tolist()),
        "now": tuple((now / of if of else measures.shares(now)).tolist()),
        "few": tuple(bool(hide) for hide in few),
    }
