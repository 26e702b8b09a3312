"""``clustering.methods: all``: the methods that memory and time allow, and why not the others."""

from __future__ import annotations

from dataclasses import replace

from engine.clustering.algorithm import algorithm
from engine.config import Config
from engine.data_preparation.prepare import Loaded
from engine.planning import Plan, make_plan, most_segments
from engine.runtime import Runtime


def affordable(
    config: Config, loaded: Loaded, runtime: Runtime, n: int, wide: int, **known: int
) -> Plan:
    """Plan with every method that memory and time allow, and say why not with the others.

    Parameters
    ----------
    config, loaded, runtime
    n, wide : int
        Customers and prepared columns, as far as is known.
    **known
        ``n_rows`` and ``n_columns``, 0 until they are known exactly.
    """
    left: dict[str, str] = {}
    for name in config.clustering.names:
        row, params = algorithm(name), config.clustering.params(name)
        alone = make_plan(with_methods(config, (name,)), loaded, runtime, **known)
        minutes = row.seconds(n, wide, most_segments(config, n), params) / 30 / runtime.threads
        if alone.refusals:
            left[name] = " ".join(alone.refusals)
        elif minutes > config.clustering.time_limit:
            time = f"{minutes:,.0f} minutes" if minutes >= 1 else f"{minutes * 60:.1f} seconds"
            left[name] = (
                f"it would take about {time}, more than clustering.time_limit "
                f"({config.clustering.time_limit:g})."
            )
    # Where nothing can run, the refusal of the least demanding one is what is said.
    kept = tuple(m for m in config.clustering.names if m not in left) or ("kmeans",)
    planned = make_plan(with_methods(config, kept), loaded, runtime, **known)
    return replace(planned, left_out=left)


def with_methods(config: Config, methods: tuple[str, ...]) -> Config:
    """Give the same configuration with these methods."""
    clustering = config.clustering.model_copy(update={"methods": methods})
    return config.model_copy(update={"clustering": clustering})
