"""About how long a method keeps a user waiting: fit, choice of k, scores and resamples."""

from __future__ import annotations

from engine.cluster.runtime import ClusterRuntime
from engine.clustering.algorithm import Algorithm, algorithm
from engine.config.sections import Config
from engine.utilities.params import Params

_DISTANCE = 3e-9
"""Seconds of a distance of the silhouette, on two cores and some ten columns."""

_PASS = 2e-9
"""Seconds of a number in a pass that sums up segments."""

_SAMPLED = 100_000
"""Customers of the largest samples: what these take is done here."""

_ANOTHER_K = 0.1
"""Share of a fit that one more number of segments takes, where one fit serves all."""


_LOAD, _PREPARE, _REDUCE, _DESCRIBE, _SAVE = 1e-7, 9.5e-8, 1.4e-8, 5.1e-8, 1.6e-7
"""Seconds of a thread: of a customer to load and to save, of a number of one in each other stage;
from the whole job on 10 million customers of 16 columns (``benchmarks/README.md``)."""

_PIECE = 0.005
"""Seconds that a task costs its scheduler and this process, beside its work."""

_PASSES = 40
"""Passes over all pieces of a run, about: most are a method's."""

_AROUND = 6.0
"""Seconds of workers that start, figures and files."""


def seconds_on_cluster(
    config: Config, n: int, raw: int, wide: int, runtime: ClusterRuntime, pieces: int
) -> float:
    """Estimate the seconds of a run on a cluster: rows on its workers, samples here.

    Parameters
    ----------
    config : Config
    n, raw, wide : int
        Customers, numbers of each in the files, prepared columns.
    runtime : ClusterRuntime
    pieces : int
    """
    threads = sum(worker.threads for worker in runtime.workers)
    each = _LOAD + _SAVE + raw * (_PREPARE + _DESCRIBE) + wide * _REDUCE
    seconds = _AROUND + n * each / threads + pieces * _PASSES * _PIECE
    few = min(n, _SAMPLED)
    for method in config.clustering.names:
        in_all, of_sample = (seconds_in_all(method, config, m, wide) * 2 for m in (n, few))
        seconds += (in_all - of_sample) / threads + of_sample / runtime.threads
    return seconds


def seconds_in_all(method: str, config: Config, n_rows: int, n_columns: int) -> float:
    """Estimate what a method takes with all that is done for it, on two CPU cores.

    Parameters
    ----------
    method : str
    config : Config
    n_rows, n_columns : int
        Customers and prepared columns.

    Returns
    -------
    seconds : float
        Of the fit of all customers, the choice of the number of segments, the scores and the
        resamples; from each algorithm's own ``seconds``, measured on 20,000 to 300,000 generated
        customers to be right within a factor of three.
    """
    row, settings, scores = algorithm(method), config.clustering, config.evaluation
    params: Params = settings.params(method)
    k = min(n_rows, max(settings.tried))
    fit = row.seconds(n_rows, n_columns, k, params)
    few = min(n_rows, scores.resample_rows)
    resample = row.seconds(few, n_columns, k, params.for_sample())
    scoring = _scoring(config, n_rows) + n_rows * n_columns * _PASS
    choosing = 0.0
    if not (isinstance(settings.k, int) or params.decides_k):
        choosing = _choosing(row, params, config, n_rows, n_columns, fit=fit)
    # Every other number that was listed is fitted, scored and resampled, too.
    again, others = fit * _share_of_another(row, params), max(len(settings.several) - 1, 0)
    trusted = scoring + scores.resamples * resample
    return fit + choosing + trusted + others * (again + trusted)


def _share_of_another(row: Algorithm, params: Params) -> float:
    """Share of a fit that another number of segments takes once there is one."""
    return _ANOTHER_K if row.every_k and row.serves_every_k(params) else 1.0


def _choosing(
    row: Algorithm, params: Params, config: Config, n_rows: int, n_columns: int, *, fit: float
) -> float:
    """Seconds of trying every number of segments on a sample, or of cutting one fit so often."""
    settings = config.clustering
    sample = min(n_rows, settings.k_sample_rows)
    tried, another = settings.tried, _share_of_another(row, params)
    if another < 1:
        fits = len(tried) * another * fit
    else:
        fits = sum(row.seconds(sample, n_columns, k, params) for k in tried)
    return fits + len(tried) * _scoring(config, sample)


def _scoring(config: Config, n_rows: int) -> float:
    scores = config.evaluation
    return min(n_rows, scores.anchors) * min(n_rows, scores.reference_rows) * _DISTANCE
