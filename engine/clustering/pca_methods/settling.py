"""How many components: decided once, by all rows as they were before anything was reduced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.pca_methods.params import SAMPLE_ROWS, PCAMethodsParams, Settled, too_narrow
from engine.dimensionality_reduction.parallel_analysis import parallel_analysis
from engine.dimensionality_reduction.pca import fit_pca, reaching
from engine.errors import DataError
from engine.utilities.sampling import draw

if TYPE_CHECKING:
    from engine.clustering.algorithm import Task
    from engine.places.runtime import Runtime

LEAST_SHARE = 0.5
"""Share of the variance that the components hold at least where parallel analysis decides: columns
that have little to do with each other have hardly a component that stands out, yet may have groups,
and most of what tells these apart would be thrown away. With 0.7, blobs in three and four
columns come out better still, but noise is kept beside factors that do stand out."""


FEW_COLUMNS = 10
"""Above so many columns a component that stands out is believed: two of 300 may say it all."""


def settle(task: Task, params: PCAMethodsParams, runtime: Runtime) -> Settled:
    """Decide how many components there are to be.

    Parameters
    ----------
    task : Task
        With ``origin`` where its rows were reduced before: then the prepared rows decide, and all
        components that were kept are used where there should be more.
    params : PCAMethodsParams
    runtime : Runtime

    Returns
    -------
    settled : Settled
        The same as ``params`` where it is settled already.

    Raises
    ------
    DataError
        More components are asked for than there are columns, or nothing varies.

    Notes
    -----
    O(n d^2) in one pass where nothing was reduced before; parallel analysis looks at
    ``SAMPLE_ROWS`` rows, of smallest priority: the same ones however the rows are ordered.
    """
    if isinstance(params, Settled):
        return params
    rows = task.origin.x if task.origin else task.x
    if reason := too_narrow(rows.shape[1], params):
        raise DataError(reason)
    number, why = _wanted(task, params, runtime)
    if number > task.x.shape[1]:
        reason = why or "as many as asked for"
        number, why = task.x.shape[1], f"all that pca.components keeps; {number} would be {reason}"
    given = {name: getattr(params, name) for name in PCAMethodsParams.model_fields}
    return Settled(**{**given, "components": number, "why": why})


def _wanted(task: Task, params: PCAMethodsParams, runtime: Runtime) -> tuple[int, str]:
    """Give how many components the settings and the rows ask for, and why."""
    asked = params.components
    if isinstance(asked, int):
        return asked, ""
    ratio = _shares(task, runtime)
    if len(ratio) == 1:
        return 1, ""
    if asked != "parallel":
        return reaching(ratio, asked), f"the fewest that hold {100 * asked:g}%"
    least = reaching(ratio, LEAST_SHARE)
    found = _standing_out(task, params, runtime)
    apart = "from columns that have nothing to do with each other (parallel analysis)"
    if found >= least or (found and len(ratio) > FEW_COLUMNS):
        return found, f"as many as stand out {apart}"
    only = f"only {found} {'stands' if found == 1 else 'stand'}" if found else "none stands"
    return least, f"the fewest that hold {LEAST_SHARE:.0%}, because {only} out {apart}"


def _shares(task: Task, runtime: Runtime) -> np.ndarray:
    """Give the share of the variance of every component before anything was reduced."""
    if task.origin:
        return task.origin.explained_variance_ratio
    return fit_pca(task.x, 1, runtime=runtime).explained_variance_ratio


def _standing_out(task: Task, params: PCAMethodsParams, runtime: Runtime) -> int:
    rows = task.origin.x if task.origin else task.x
    sample = runtime.take(rows, draw(task.priority, SAMPLE_ROWS))
    runs, quantile = params.parallel_runs, params.parallel_quantile
    return parallel_analysis(sample, runs=runs, quantile=quantile, seed=task.seed).n_components
