"""What a previous model's segments and today's have in common, from one pass over the input."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.continuity.before import Before
from engine.data_preparation.features.as_planned import as_planned, check_types
from engine.data_preparation.features.visiting import customers, made, visited
from engine.data_preparation.reading.sources import Source
from engine.descriptive_stats.gathering import sums_by_segment
from engine.errors import DataError
from engine.model.tables import retyped
from engine.places.runtime import Runtime

if TYPE_CHECKING:
    from engine.data_preparation.features.identity import Identity
    from engine.model.model import Model
    from engine.utilities.progress import Progress

_LEAST_RADIUS = 0.01
"""Radius, beside the spread of all customers, below which customers count as equal: a move of them
is measured against this, for rounding alone would be many radii."""


@dataclass(frozen=True)
class Overlap:
    """Today's customers in today's and in the previous segments, and where they lie.

    Everything is measured in the space of the previous model.

    Attributes
    ----------
    counts : int64 array of shape (k_now, k_before)
        Customers in each pair: today's segment, and the one that the previous model gives them.
    centres : float64 array of shape (k_now, n_columns)
        Mean of today's segments.
    before : float64 array of shape (k_before, n_columns)
        Centres of the previous segments, as they were found.
    radii : float64 array of shape (k_before,)
        Root of the mean squared distance of the customers that the previous model gives a segment
        from their mean; NaN where there are none.
    drift : float64 array of shape (k_before,)
        Distance of that mean from the previous centre, in radii. Large where customers of another
        kind have come, who are nearer to this segment than to the others.
    """

    counts: np.ndarray
    centres: np.ndarray
    before: np.ndarray
    radii: np.ndarray
    drift: np.ndarray

    @property
    def moves(self) -> np.ndarray:
        """Distances from the previous centres in radii: (k_now, k_before)."""
        moves: np.ndarray = np.sqrt(self.squares) / self.radii
        return moves

    @property
    def squares(self) -> np.ndarray:
        """Squared distances between today's centres and the previous: (k_now, k_before)."""
        difference = self.centres[:, None] - self.before
        squares: np.ndarray = np.einsum("ijk,ijk->ij", difference, difference)
        return squares


def typed(previous: Model, source: Source) -> Source:
    """Give the files with the types that a previous model reads.

    Raises
    ------
    DataError
        They lack columns of the previous model, or hold text where it had numbers.
    """
    plan = previous.plan
    if missing := [c for c in plan.file_columns if c not in source.schema]:
        message = (
            f"{source.label} lacks {', '.join(map(repr, missing))}, by which the segments of run "
            f"{previous.info.get('run_id')} were found (clustering.continue_from); give those "
            "columns, or leave clustering.continue_from out and start with new segments."
        )
        raise DataError(message)
    if source.typed:
        check_types(source, plan, retyped)
    return as_planned(source, plan)


def previous_segments(
    previous: Model, source: Source, identity: Identity, *, runtime: Runtime, progress: Progress
) -> Any:
    """Give today's customers their segments of a previous model.

    Parameters
    ----------
    previous : Model
        Of any method.
    source, identity
        What is read and which rows count.
    runtime : Runtime
    progress : Progress

    Returns
    -------
    labels : int32 array of shape (n_customers,)
        Indices of segments, in file order.

    Raises
    ------
    DataError
        As :func:`typed`.

    Notes
    -----
    One pass over the columns of the previous model; memory is that of a block beside the result.
    """
    # Rows are counted once, by what reads them.
    quiet, how = replace(runtime, on_rows=None), Before.of(previous)
    source, columns = typed(previous, source), previous.plan.columns
    if identity.cuts:
        asked = source, identity, columns, quiet, progress
        return made(how.segments, *asked, dtype=np.int32)  # type: ignore[arg-type]
    labels = np.empty(len(identity.ids), np.int32)
    for start, frame in customers(source, identity, columns, quiet):
        found = how.segments(frame, quiet)
        labels[start : start + len(found)] = found
        progress.advance(len(found))
    return labels


def measure(
    previous: Model,
    labels: Any,
    k: int,
    source: Source,
    identity: Identity,
    *,
    runtime: Runtime,
    progress: Progress,
    before: Any = None,
) -> Overlap:
    """Give today's customers the previous segments too, and compare.

    Parameters
    ----------
    previous : Model
    labels : int32 array of shape (n_customers,)
        Today's segments, 0 to k - 1.
    k : int
    source, identity
        What is read and which rows count, as for ``labels``.
    runtime : Runtime
    progress : Progress
    before : int32 array of shape (n_customers,), optional
        What :func:`previous_segments` gave; found on the way where it is not given.

    Returns
    -------
    overlap : Overlap

    Raises
    ------
    DataError
        As :func:`typed`.

    Notes
    -----
    One pass over the columns of the previous model, at the cost of assigning them; memory is that
    of a block. Sums are float64 and in file order.
    """
    centres_before = previous.representatives.centres
    # Rows are counted once, by what reads them.
    quiet = replace(runtime, on_rows=None)
    rows = (labels,) if before is None else (labels, before)
    found = visited(
        _Compared(Before.of(previous), k, quiet), typed(previous, source), identity,
        previous.plan.columns, quiet, progress, *rows,
    )  # fmt: skip
    pairs, sums, shifts, squares = found.totals
    counts = np.rint(pairs).astype(np.int64).reshape(k, len(centres_before))
    centres = sums / np.maximum(counts.sum(axis=1), 1)[:, None]
    radii, drift = _radii(counts.sum(axis=0), shifts, squares, centres_before)
    return Overlap(counts, centres, centres_before, radii, drift)


class _Compared:
    """Adds up what blocks of customers have in common in both segmentations; a visitor."""

    def __init__(self, before: Before, k: int, runtime: Runtime) -> None:
        self._how = before, k, runtime
        self.totals: tuple[Any, ...] = ()

    def add(self, _start: int, frame: Any, now: Any, then: Any = None) -> None:
        """Take a block in, with today's segments and, where they are known, the previous."""
        before, k, runtime = self._how
        block = before.rows(frame, runtime)
        if then is None:
            then = before.representatives.assign(block, runtime=runtime)
        add_up = _sums(runtime, k, before.representatives.centres)
        self._add(runtime.reduce(add_up, block, now, then))

    def merge(self, after: _Compared) -> None:
        """Take in the customers that follow."""
        if after.totals:
            self._add(after.totals)

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind how it is done, once something was."""
        return {"totals": self.totals} if self.totals else vars(self)

    def _add(self, parts: tuple[Any, ...]) -> None:
        totals = self.totals or (0.0,) * len(parts)
        self.totals = tuple(total + part for total, part in zip(totals, parts, strict=True))


def _sums(runtime: Runtime, k: int, before: np.ndarray) -> Any:
    """Make what adds up a chunk: pairs, rows by today's segment, differences by the previous."""
    xp, k_before, centres = runtime.xp, len(before), runtime.put(before)
    by_now, by_then = sums_by_segment(runtime, k), sums_by_segment(runtime, k_before)

    def chunk(rows: Any, now: Any, then: Any) -> tuple[Any, ...]:
        rows = rows.astype(np.float64)
        pairs = xp.bincount(now.astype(np.int64) * k_before + then, minlength=k * k_before)
        difference = rows - centres[then]
        squares = xp.einsum("ij,ij->i", difference, difference)[:, None]
        return (pairs, *by_now(now, rows), *by_then(then, difference, squares))

    return chunk


def _radii(
    n: np.ndarray, sums: np.ndarray, squares: np.ndarray, before: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Radii of today's customers of each previous segment, at least 1% of everyone's, and drift."""
    some = np.maximum(n, 1)
    shift = sums / some[:, None]
    within = np.maximum(squares[:, 0] / some - (shift**2).sum(axis=1), 0)
    share, means = n / n.sum(), before + shift
    between = ((means - share @ means) ** 2).sum(axis=1)
    everyone = float(share @ (within + between))
    radii = np.sqrt(np.maximum(within, _LEAST_RADIUS**2 * everyone))
    radii = np.where((n > 0) & (radii > 0), radii, np.nan)
    return radii, np.sqrt((shift**2).sum(axis=1)) / radii


def agreement(counts: np.ndarray) -> np.ndarray:
    """Cohen's kappa of each pair of segments: agreement on who is in, beyond chance.

    Parameters
    ----------
    counts : int array of shape (k_now, k_before)

    Returns
    -------
    kappa : float64 array of the same shape
        1 for the same customers, about 0 for unrelated ones however large the segments are; for
        segments that are small beside everyone, what the two share by their mean size.

    References
    ----------
    Cohen (1960), Educational and Psychological Measurement 20(1), doi:10.1177/001316446002000104.

    Examples
    --------
    >>> import numpy as np
    >>> agreement(np.array([[50, 0], [10, 40]])).round(2).tolist()
    [[0.8, -0.8], [-0.8, 0.8]]
    >>> agreement(np.array([[45, 45], [5, 5]])).round(2).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    both = counts.astype(np.float64)
    n, now, then = both.sum(), both.sum(axis=1)[:, None], both.sum(axis=0)[None]
    beyond, possible = 2 * (n * both - now * then), n * (now + then) - 2 * now * then
    # Nothing is possible beyond chance where both hold everyone, who are then the same.
    one: np.ndarray = np.where((now == n) & (then == n), 1.0, 0.0)
    kappa: np.ndarray = np.divide(beyond, possible, out=one, where=possible > 0)
    return kappa
