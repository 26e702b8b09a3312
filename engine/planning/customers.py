"""The plan of a run on customers, by the named methods or by all that fit; and its check."""

from __future__ import annotations

from engine.config.clustering import ALL
from engine.config.sections import Config
from engine.data_preparation.loaded import Loaded
from engine.errors import EngineError, MemoryLimitError, PlaceError
from engine.places.runtime import Runtime
from engine.planning.methods import affordable
from engine.planning.placed import plan_of_methods
from engine.planning.steps import Plan, frugal, most_columns
from engine.utilities.allocators import keep_nothing


def make_plan(
    config: Config,
    loaded: Loaded,
    runtime: Runtime,
    *,
    n_rows: int = 0,
    n_columns: int = 0,
    leaves: int = 0,
) -> Plan:
    """Plan for opened files; ``n_rows`` and ``n_columns`` once they are known exactly.

    With ``leaves``, those of a tree that is cut again, customers are assigned instead of clustered.
    """
    if config.clustering.methods != (ALL,):
        return plan_of_methods(
            config, loaded, runtime, n_rows=n_rows, n_columns=n_columns, leaves=leaves
        )
    n, width = n_rows or loaded.source.estimate_rows(), n_columns or most_columns(loaded, config)
    return affordable(config, loaded, runtime, n, width, n_rows=n_rows, n_columns=n_columns)


def as_planned(planned: Plan, loaded: Loaded, runtime: Runtime) -> tuple[Loaded, Runtime]:
    """Give files and place as they serve the plan: in small blocks where memory is short.

    Raises
    ------
    EngineError
        As :func:`check`.
    """
    check(planned, runtime)
    if not planned.in_file:
        return loaded, runtime
    keep_nothing()
    return frugal(loaded, runtime)


def check(planned: Plan, runtime: Runtime) -> None:
    """Refuse a run before it starts.

    Raises
    ------
    MemoryLimitError
        It would need more memory than ``compute.memory_limit``, or than the GPU has.
    PlaceError
        A method does not run in the place.
    EngineError
        There are fewer customers than segments.
    """
    error = refusal(planned, runtime)
    if error is not None:
        raise error


def refusal(planned: Plan, runtime: Runtime) -> EngineError | None:
    """Give the error that :func:`check` raises; None where the run would start."""
    for looked in planned.targets:
        if looked.error is not None:
            return looked.error
    if not planned.refusals:
        return None
    message = " ".join(planned.refusals)
    if planned.peak > runtime.memory_limit or planned.device_peak > runtime.device_memory:
        return MemoryLimitError(message)
    if any(f" does not run on {runtime.place}: " in said for said in planned.refusals):
        return PlaceError(message)
    return EngineError(message)
