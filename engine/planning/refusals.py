"""Why a run would not start: places, numbers of customers and segments, memory."""

from __future__ import annotations

from engine.clustering.algorithm import algorithm
from engine.config.sections import Config
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.visualization.readable import memory

MOST_SEGMENTS = 1_000
"""Segments that a run scores, describes and draws at most."""


def refused(
    config: Config, runtime: Runtime, n: int, peak: int, *, exact: bool, on_device: bool
) -> list[str]:
    """Say why a run would not start; [] when it would."""
    found = counted_or_placed_out(config, runtime, n, exact=exact)
    beyond, about = "on the GPU" if on_device else "in a file", "" if exact else "about "
    if peak > runtime.memory_limit and not found:
        found.append(
            f"{about}{n:,} customers need about {memory(peak)} even with the matrix "
            f"{beyond}, more than compute.memory_limit ({memory(runtime.memory_limit)}); raise the "
            "limit, or segment a sample of the customers and assign the rest with its model."
        )
    return found


_INSTEAD = {
    Place.CPU: "",
    Place.GPU: "; set compute.device to cpu",
    Place.CPU_CLUSTER: "; set compute.cluster to off",
    Place.GPU_CLUSTER: "; set compute.cluster to off",
}


def counted_or_placed_out(config: Config, runtime: Runtime, n: int, *, exact: bool) -> list[str]:
    """Say what does not run in the place, or not with so many customers or segments."""
    place = runtime.place
    found = [
        f"{name} does not run on {place}: {reason}{_INSTEAD[place]}."
        for name in config.clustering.names
        if (reason := algorithm(name).refusal(place, config.clustering.params(name)))
    ]
    return found + _counted_out(config, n, exact=exact)


def _counted_out(config: Config, n: int, *, exact: bool) -> list[str]:
    """Say what does not go with so many customers, or so many segments."""
    settings, found = config.clustering, []
    if exact:
        too_many = (algorithm(m).too_many(n, settings.params(m)) for m in settings.names)
        found += [reason for reason in too_many if reason]
    k = max(settings.tried)
    if settings.k == "auto" or all(settings.params(m).decides_k for m in settings.names):
        return found
    if k > MOST_SEGMENTS:
        found.append(f"clustering.k is {k:,}; a run describes {MOST_SEGMENTS:,} segments at most.")
    elif exact and k > n >= 2:
        found.append(f"clustering.k is {k}, but there are only {n:,} customers.")
    return found
