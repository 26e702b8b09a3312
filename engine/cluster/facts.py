"""What the workers of a cluster have: threads, memory, GPUs, versions; and what is told of them."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

PACKAGES = (
    "engine-segments", "numpy", "polars", "narwhals", "scipy", "scikit-learn", "dask",
    "distributed", "cloudpickle",
)  # fmt: skip
"""Whose versions are told; which of them must agree says ``agreement.py``."""


def own_facts(*, gpu: bool) -> dict[str, Any]:
    """Say what this process has: run on a worker.

    Parameters
    ----------
    gpu : bool
        Whether to ask for a GPU, which starts CUDA where the driver reports one.
    """
    import polars as pl

    from engine.native.library import library
    from engine.places import device, driver

    why_not = device.why_not() if gpu else "compute.device is cpu"
    names = [found.name for found in driver.gpus()] if gpu and why_not is None else []
    return {
        "host": socket.gethostname(),
        "pool": pl.thread_pool_size(),
        "why_not": why_not,
        "gpus": names,
        "kernels": library().instructions,
    }


def told_versions(told: Mapping[str, Any]) -> dict[str, str | None]:
    """Give the packages that matter here of what Dask tells of a process."""
    packages: Mapping[str, str | None] = told["packages"]
    python = ".".join(str(packages.get("python") or "").split(".")[:3])  # without its "final.0"
    return {"python": python or None} | {name: packages.get(name) for name in PACKAGES}


@cache
def own_versions() -> dict[str, str | None]:
    """Give the versions of this process, as those of workers are told."""
    from distributed.versions import get_versions

    return told_versions(get_versions(packages=PACKAGES))


@dataclass(frozen=True)
class Worker:
    """One worker as it is told.

    Attributes
    ----------
    address : str
    host : str
        Its machine's name.
    threads : int
        Tasks that it runs at once.
    memory : int
        Bytes it may hold; 0 where it has no limit.
    pool : int
        Threads of Polars in it.
    why_not : str or None
        Why no GPU can be used there, or None when one can.
    gpus : tuple of str
        Their names.
    versions : mapping of package to version
        None for a package that is not installed.
    kernels : str or None
        The instruction set of its compiled kernels, empty where NumPy computes; None: not asked.
    """

    address: str
    host: str
    threads: int
    memory: int
    pool: int = 1
    why_not: str | None = None
    gpus: tuple[str, ...] = ()
    versions: Mapping[str, str | None] = field(default_factory=dict)
    kernels: str | None = None

    @property
    def named(self) -> str:
        """Name it in a sentence."""
        return f"worker {self.address} on {self.host}"


@dataclass(frozen=True)
class Cluster:
    """A cluster as it was when it was joined.

    Attributes
    ----------
    asked : str
        ``compute.cluster``.
    scheduler : str
        Its address.
    dashboard : str or None
    workers : tuple of Worker
    versions : mapping of package to version
        Of the scheduler.
    """

    asked: str
    scheduler: str
    dashboard: str | None
    workers: tuple[Worker, ...]
    versions: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Tell how it was named: local, tcp, tls or a scheduler file."""
        if "://" in self.asked:
            return self.asked.partition("://")[0]
        return "local" if self.asked == "local" else "scheduler file"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names of the machines that the workers run on."""
        return tuple(sorted({worker.host for worker in self.workers}))

    def to_json(self) -> dict[str, Any]:
        """Put it into the summary of a run."""
        return {
            "kind": self.kind,
            "workers": len(self.workers),
            "threads": sum(worker.threads for worker in self.workers),
            "memory": sum(worker.memory for worker in self.workers),
            "hosts": list(self.hosts),
            "gpus": [name for worker in self.workers for name in worker.gpus],
            "versions": dict(self.workers[0].versions),
            "dashboard": self.dashboard,
        }
