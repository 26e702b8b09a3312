"""``clustering.methods: all``: the methods that memory and time allow, and why not the others."""

from __future__ import annotations

from dataclasses import replace

from engine.config.sections import Config
from engine.data_preparation.loaded import Loaded
from engine.places.runtime import Runtime
from engine.planning.placed import plan_of_methods
from engine.planning.seconds import seconds_in_all
from engine.planning.steps import Plan


def affordable(
    config: Config, loaded: Loaded, runtime: Runtime, n: int, wide: int, **known: int
) -> Plan:
    """Plan with every method that memory and time allow, and say why not with the others.

    Where none can run, it is said once: of the quickest if time is what all lack, otherwise of the
    one that needs the least memory.

    Parameters
    ----------
    config, loaded, runtime
    n, wide : int
        Customers and prepared columns, as far as is known.
    **known
        ``n_rows`` and ``n_columns``, 0 until they are known exactly.
    """
    refused: dict[str, Plan] = {}
    slow: dict[str, float] = {}
    names, limit = config.clustering.names, config.clustering.time_limit
    for name in names:
        alone = plan_of_methods(with_methods(config, (name,)), loaded, runtime, **known)
        minutes = seconds_in_all(name, config, n, wide) / 30 / runtime.threads
        if alone.refusals:
            refused[name] = alone
        elif minutes > limit:
            slow[name] = minutes
    if kept := tuple(m for m in names if m not in refused and m not in slow):
        planned = plan_of_methods(with_methods(config, kept), loaded, runtime, **known)
        left = {m: " ".join(plan.refusals) for m, plan in refused.items()}
        left |= {m: f"it would take {_too_long(slow[m], limit)}." for m in slow}
        return replace(planned, left_out={m: left[m] for m in names if m in left})
    if slow:
        return _none_in_time(config, loaded, runtime, slow, known)
    return _none_fits(refused)


def _none_in_time(
    config: Config, loaded: Loaded, runtime: Runtime, slow: dict[str, float], known: dict[str, int]
) -> Plan:
    quickest = min(slow, key=lambda name: slow[name])
    planned = plan_of_methods(with_methods(config, (quickest,)), loaded, runtime, **known)
    refusal = (
        f"no method would be done in time: the quickest, {quickest}, would take "
        f"{_too_long(slow[quickest], config.clustering.time_limit)}; raise it, or name the methods "
        "to wait for (clustering.methods)."
    )
    return replace(planned, refusals=(refusal,))


def _none_fits(refused: dict[str, Plan]) -> Plan:
    """Give the plan of the least demanding method, with what is said of all."""
    least = min(refused, key=lambda name: refused[name].peak)
    planned = refused[least]
    if len({plan.refusals for plan in refused.values()}) == 1:
        return planned
    first, *others = planned.refusals
    return replace(
        planned, refusals=(f"no method can run; the least demanding, {least}: {first}", *others)
    )


def _too_long(minutes: float, limit: float) -> str:
    time = f"{minutes:,.0f} minutes" if minutes >= 1.5 else f"{minutes * 60:,.1f} seconds"
    return f"about {time} in all, more than clustering.time_limit ({limit:g} minutes)"


def with_methods(config: Config, methods: tuple[str, ...]) -> Config:
    """Give the same configuration with these methods."""
    clustering = config.clustering.model_copy(update={"methods": methods})
    return config.model_copy(update={"clustering": clustering})
