"""How far to trust a clustering: what chance would give, and whether the segments come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.algorithm import Fit, Task, algorithm
from engine.errors import DataError
from engine.evaluation.chance import ROWS, Chance
from engine.evaluation.clouds import Wide
from engine.evaluation.gaps import Gaps, numbers
from engine.evaluation.inside import Segment
from engine.evaluation.stability import Stability, stability
from engine.utilities.sampling import draw, row_priority

if TYPE_CHECKING:
    from engine.config.sections import Config
    from engine.places.runtime import Runtime
    from engine.utilities.params import Params

REFERENCE = "kmeans"
"""What clouds without groups are cut by, whatever the method: it makes the most compact pieces, so
that methods are held against the same, and against the most that chance gives."""

_TOGETHER = 1 << 27
"""Bytes that fits side by side may take; where they would take more, each has all threads."""


def chance_of(
    space: np.ndarray,
    priority: np.ndarray,
    config: Config,
    runtime: Runtime,
    wide: Callable[[np.ndarray], Wide] | None = None,
) -> Chance:
    """Give the silhouettes of clouds as wide as the customers, which have no groups.

    ``wide(rows)`` gives customers as they were prepared, which tells their lumpy columns.
    """
    quiet, seed = replace(runtime, on_rows=None), config.random_state
    rows = draw(priority, ROWS)
    few = np.ascontiguousarray(quiet.take(space, rows))
    return Chance(few, _cut(quiet, seed), quiet, seed, wide(rows) if wide else None)


def gaps_of(
    prepared: np.ndarray, priority: np.ndarray, config: Config, runtime: Runtime
) -> Gaps | None:
    """Give what parts segments of any shape, by the prepared numbers; None where none is one."""
    quiet, seed = replace(runtime, on_rows=None), config.random_state
    # No more than numbers of segments are tried on: of others there are no labels.
    rows = draw(priority, min(ROWS, config.clustering.k_sample_rows))
    few = numbers(quiet.take(prepared, rows))
    return Gaps(few, _cut(quiet, seed), quiet, seed) if few.shape[1] else None


def segment_of(
    x: np.ndarray, least: float, config: Config, runtime: Runtime, wide: Wide | None
) -> Segment:
    """Give customers of one segment, in host memory, to be asked what is inside."""
    quiet, seed = replace(runtime, on_rows=None), config.random_state
    return Segment(np.ascontiguousarray(x), _cut(quiet, seed), quiet, seed, least, wide)


def _cut(runtime: Runtime, seed: int) -> Callable[[Any, int], np.ndarray]:
    """Give what cuts clouds without groups: they have no best segments to miss."""
    row = algorithm(REFERENCE)
    params = row.params.model_validate({"n_init": 4})

    def cut(x: Any, k: int) -> np.ndarray:
        task = Task(x, k, row_priority(len(x), seed), seed)
        return row.runs[runtime.place](task, params, runtime).labels

    return cut


def stability_of(
    method: str,
    fit: Fit,
    space: np.ndarray,
    priority: np.ndarray,
    config: Config,
    runtime: Runtime,
) -> Stability | None:
    """Cluster resampled customers by the same method; None where they cannot be cut so.

    What all customers decided (``fit.settled``) is not decided anew.
    """
    settings, rows = (
        fit.settled or config.clustering.params(method),
        draw(priority, config.evaluation.resample_rows),
    )
    sample = np.ascontiguousarray(runtime.take(space, rows))
    k, labels = fit.representatives.n_segments, fit.labels[rows]
    return resampled(method, settings, sample, labels, k, config, runtime)


def resampled(
    method: str,
    settings: Params,
    sample: np.ndarray,
    labels: np.ndarray,
    k: int,
    config: Config,
    runtime: Runtime,
    least: float = -1.0,
) -> Stability | None:
    """Cluster a sample, drawn anew, into ``k`` and compare with its segments: see stability_of."""
    row, quiet = algorithm(method), replace(runtime, on_rows=None)
    params = settings.for_sample()
    if params.decides_k or k >= len(sample):
        return None

    each = row.memory(len(sample), sample.shape[1], k, params)
    together = each * quiet.threads <= _TOGETHER

    def again(drawn: np.ndarray, number: int) -> np.ndarray:
        seed = config.random_state + number
        x = quiet.put(sample[drawn])
        task = Task(x, k, row_priority(len(x), seed), seed)
        found = row.runs[quiet.place](task, params, quiet).representatives
        return found.assign(quiet.put(sample), runtime=quiet)

    try:
        return stability(
            len(sample),
            labels,
            again,
            resamples=config.evaluation.resamples,
            seed=config.random_state,
            least=least,
            runtime=quiet if together else None,
        )
    except DataError:  # fewer distinct rows among those drawn than segments
        return None
