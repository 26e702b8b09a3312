"""What of a cluster does not go together: versions, the package itself, threads, GPUs."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.cluster.facts import Cluster, Worker, own_versions
from engine.errors import PlaceError
from engine.places.place import Place

_EXACT, _MINOR, _MAJOR = 9, 2, 1

_PARTS = {
    "engine-segments": _EXACT,
    "dask": _EXACT,
    "distributed": _EXACT,
    "python": _MINOR,
    "polars": _EXACT,
    "numpy": _MINOR,
    "cloudpickle": _MAJOR,
}
"""Parts of a version that must be the same on every worker as here. Of the engine and of Dask all:
what they send each other is no format that lasts; of Polars, too, whose hashes of text tell
repeated ids and are promised within one version only. Of the rest of what computes the first two,
on which last bits depend."""

_SCHEDULER = ("dask", "distributed", "python", "cloudpickle")
"""What the scheduler has to have, which passes on what is sent and computes nothing."""

_MOST = 3
"""Workers that a sentence names."""

_REMEDY = "install the same versions everywhere, such as those of requirements.lock"


def differences(here: Mapping[str, str | None], cluster: Cluster) -> list[str]:
    """Say which packages of whom are missing, or of another version than here.

    Parameters
    ----------
    here : mapping of package to version
        Of this process.
    cluster : Cluster

    Returns
    -------
    sentences : list of str
        One a package; empty where all go together.

    Examples
    --------
    >>> there = Worker("tcp://b:1", "b", 1, 0, versions={"polars": "1.9.0"})
    >>> differences({"polars": "2.1.0"}, Cluster("tcp://b:0", "tcp://b:0", None, (there,)))
    ['worker tcp://b:1 on b has polars 1.9.0, and this process 2.1.0']
    """
    found = []
    for package, parts in _PARTS.items():
        if package not in here:
            continue
        named = [(w.named, w.versions.get(package)) for w in cluster.workers]
        if cluster.versions and package in _SCHEDULER:
            named = [(f"the scheduler {cluster.scheduler}", cluster.versions.get(package)), *named]
        other = [(who, has) for who, has in named if _cut(has, parts) != _cut(here[package], parts)]
        if other:
            found.append(_difference(package, here[package], other))
    return found


def _cut(version: str | None, parts: int) -> tuple[str, ...]:
    return tuple((version or "").split(".")[:parts])


def _difference(
    package: str, here: str | None, other: list[tuple[str, str | None]]
) -> str:  # fmt: skip
    who, has = other[0]
    others = f" (and {len(other) - 1:,} more with other versions)" if len(other) > 1 else ""
    if has is None:
        return f"{who} has no {package}{others}, and this process {here}"
    return f"{who} has {package} {has}{others}, and this process {here}"


def check(here: Mapping[str, str | None], cluster: Cluster) -> None:
    """Refuse a cluster of which something does not go together.

    Raises
    ------
    PlaceError
        Names worker, package and versions.
    """
    if found := differences(here, cluster):
        message = f"compute.cluster is {cluster.asked}, but {'; '.join(found)}; {_REMEDY}."
        raise PlaceError(message)


def check_here(there: Mapping[str, str | None]) -> None:
    """Refuse to run a task here: on a worker that joined later than others, and differs.

    Parameters
    ----------
    there : mapping of package to version
        Of the process that sent the task.

    Raises
    ------
    PlaceError
        Names this worker, the package and the versions.
    """
    own = Worker("", socket.gethostname(), 1, 0, versions=own_versions())
    if not differences(there, Cluster("", "", None, (own,))):
        return
    from distributed import get_worker

    try:
        address = str(get_worker().address)
    except ValueError:  # not in a task
        address = "of this process"
    found = differences(there, Cluster("", "", None, (replace(own, address=address),)))
    message = f"a worker that joined does not fit: {'; '.join(found)}; {_REMEDY}."
    raise PlaceError(message)


def crowded(cluster: Cluster) -> list[str]:
    """Warn of workers that run more threads than they were given: Polars takes every core."""
    found = [w for w in cluster.workers if w.pool > max(1, w.threads)]
    if not found:
        return []
    tasks = "a task" if found[0].threads == 1 else f"up to {found[0].threads} tasks"
    return [
        f"{_names(found)} {'runs' if len(found) == 1 else 'run'} {tasks} at once, and Polars there "
        f"takes {found[0].pool} threads: start workers with POLARS_MAX_THREADS={found[0].threads}"
    ]


def unlike(cluster: Cluster) -> list[str]:
    """Warn of workers whose kernels differ: who computed what may show in the last digits.

    Examples
    --------
    >>> a, b = (Worker(f"tcp://{n}:1", n, 1, 0, kernels=k) for n, k in (("a", "avx2"), ("b", "")))
    >>> print(*unlike(Cluster("tcp://s:1", "tcp://s:1", None, (a, b))))
    kernels are avx2 on worker tcp://a:1 on a, and those of NumPy on worker tcp://b:1 on b: sums may differ in their last digits from run to run; build the package alike everywhere, or set ENGINE_NATIVE
    """  # noqa: E501
    kinds = sorted({w.kernels for w in cluster.workers if w.kernels is not None}, reverse=True)
    if len(kinds) < 2:
        return []
    each = [
        f"{kind or 'those of NumPy'} on {_names(w for w in cluster.workers if w.kernels == kind)}"
        for kind in kinds
    ]
    return [
        f"kernels are {', and '.join(each)}: sums may differ in their last digits from run to run; "
        "build the package alike everywhere, or set ENGINE_NATIVE"
    ]


def notes(cluster: Cluster) -> list[str]:
    """Say what people should know when a run begins: who works, where to watch it, warnings.

    Examples
    --------
    >>> notes(Cluster("local", "tcp://a:0", None, (Worker("tcp://a:1", "a", 1, 2**33),) * 2))
    ['2 workers of one thread on this machine, 8.0 GiB each; no dashboard (pip install bokeh)']
    """
    shown = "no dashboard" + " (pip install bokeh)" * (cluster.asked == "local")
    if cluster.dashboard:
        shown = f"dashboard {cluster.dashboard}"
    told = f"{_workers_told(cluster)}; {shown}"
    return [told, *(f"warning: {sentence}" for sentence in crowded(cluster) + unlike(cluster))]


def _workers_told(cluster: Cluster) -> str:
    """Say how many workers there are, of what size, and where."""
    n, hosts = len(cluster.workers), cluster.hosts
    where = f"on {hosts[0]}" if len(hosts) == 1 else f"on {len(hosts):,} machines"
    if cluster.kind == "local":
        where = "on this machine"
    few, many = (f([w.threads for w in cluster.workers]) for f in (min, max))
    threads = "one thread" if many == 1 else f"{many} threads"
    if few != many:
        threads = f"{few} to {threads}"
    least, most = (f([w.memory for w in cluster.workers]) for f in (min, max))
    memory = f", {least / 2**30:.1f} GiB each" if least else ""
    if least and least != most:
        memory = f", {least / 2**30:.1f} to {most / 2**30:.1f} GiB each"
    return f"{n:,} worker{'s' * (n != 1)} of {threads} {where}{memory}"


def _names(workers: Iterable[Worker]) -> str:
    names = [worker.named for worker in workers]
    rest = f" and {len(names) - _MOST:,} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + rest


def place_of(device: str, cluster: Cluster) -> tuple[Place, str]:
    """Decide between the CPUs and the GPUs of the workers, and say why.

    Parameters
    ----------
    device : str
        ``compute.device``.
    cluster : Cluster

    Raises
    ------
    PlaceError
        A GPU is asked for and some worker has none; or, by ``auto``, only some have one.
    """
    count = len(cluster.workers)
    they = f"{count} worker{'s' * (count != 1)} of compute.cluster {cluster.asked}"
    without = [w for w in cluster.workers if w.why_not is not None]
    if device == "cpu":
        return Place.CPU_CLUSTER, f"{they}, compute.device is cpu"
    if not without:
        names = ", ".join(dict.fromkeys(n for w in cluster.workers for n in w.gpus))
        return Place.GPU_CLUSTER, f"{they}, each with a GPU ({names})"
    reason = without[0].why_not
    if len(without) < count:
        message = (
            f"of the {they} only {count - len(without)} have a GPU that can be used, and "
            f"{_names(without)} not ({reason}): a run takes workers of one kind; set "
            "compute.device to cpu, or join workers that all have one."
        )
        raise PlaceError(message)
    if device == "gpu":
        message = (
            f"compute.device is gpu, but no worker of {cluster.asked} has one that can be used "
            f"({reason}); set compute.device to cpu or auto to run without."
        )
        raise PlaceError(message)
    return Place.CPU_CLUSTER, f"{they}, auto: no worker has a GPU ({reason})"
