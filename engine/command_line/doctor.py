"""What ``engine doctor`` says about a GPU: driver, GPUs, versions, mismatches; a model; a cluster.

Of the GPU it asks the driver and the packages' metadata; only where both are well is CUDA started,
and told what does which part of a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.places.choice import gpu_parts
from engine.places.driver import driver_trouble, gpus, nvidia_driver
from engine.places.extras import how
from engine.places.machine import ask_driver, driver_version
from engine.places.packages import at_least, mismatches, packages, written

if TYPE_CHECKING:
    from engine.cluster.facts import Worker
    from engine.config.sections import ComputeConfig


def gpu_report() -> tuple[list[str], list[str]]:
    """Give the doctor's lines about the GPU, and the mismatches.

    Returns
    -------
    facts : list of str
    problems : list of str
    """
    number, supported, found, held = nvidia_driver(), driver_version(), packages(), gpus()
    facts = [_driver_line(number, supported)]
    facts += [
        f"GPU {i}: {gpu.name}, {gpu.memory / 2**30:.0f} GiB, compute capability "
        f"{gpu.capability[0]}.{gpu.capability[1]}"
        for i, gpu in enumerate(held)
    ]
    gpu_packages = [name for name in found if name not in ("faiss-cpu", "numba", "numpy")]
    facts += [f"{name} {found[name] or 'of unknown version'}" for name in gpu_packages]
    if not gpu_packages:
        facts.append(f"no GPU package is installed ({how('cupy')})")
    facts += [f"on the GPU {line}" for line in gpu_parts()]
    trouble = driver_trouble() if ask_driver() else None
    problems = mismatches(found, number or at_least(supported), held)
    return facts, [*([f"{trouble}."] if trouble else []), *problems]


def _driver_line(number: tuple[int, int] | None, supported: tuple[int, int] | None) -> str:
    if number is None and supported is None:
        return "no NVIDIA driver was found"
    own = written(number) if number else "of unknown version"
    cuda = f"CUDA up to {supported[0]}.{supported[1]}" if supported else "CUDA not answering"
    return f"NVIDIA driver {own}, {cuda}"


_MOST = 50
"""Workers that are listed."""


def cluster_report(compute: ComputeConfig) -> tuple[list[str], list[str]]:
    """Give the doctor's lines about a cluster: scheduler, workers, versions; and the problems.

    Raises
    ------
    PlaceError
        It cannot be started or joined, or has no workers.
    """
    from engine.cluster.opening import examined

    cluster, problems = examined(compute)
    facts = [f"scheduler {cluster.scheduler}, {_versions(cluster.versions)}"]
    if cluster.dashboard:
        facts.append(f"dashboard {cluster.dashboard}")
    for worker in cluster.workers[:_MOST]:
        own = "" if worker.versions == cluster.versions else f", {_versions(worker.versions)}"
        facts.append(f"{worker.named}: {_has(worker)}{own}")
    if rest := len(cluster.workers) - _MOST:
        facts += [f"and {rest:,} more workers"] * (rest > 0)
    threads = sum(worker.threads for worker in cluster.workers)
    memory = sum(worker.memory for worker in cluster.workers) / 2**30
    workers, hosts = len(cluster.workers), len(cluster.hosts)
    facts.append(
        f"in all {workers:,} worker{'s' * (workers != 1)} on {hosts:,} host{'s' * (hosts != 1)}, "
        f"{threads:,} thread{'s' * (threads != 1)}, {memory:.1f} GiB"
    )
    return facts, problems


def _has(worker: Worker) -> str:
    threads = f"{worker.threads} thread{'s' * (worker.threads != 1)}"
    memory = f"{worker.memory / 2**30:.1f} GiB" if worker.memory else "no memory limit"
    gpu = ", ".join(worker.gpus) if worker.gpus else f"no GPU ({worker.why_not or 'not asked'})"
    kernels = "" if worker.kernels is None else f", kernels {worker.kernels or 'of NumPy'}"
    return f"{threads}, {memory}, {gpu}{kernels}"


def _versions(versions: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name} {number or 'missing'}" for name, number in versions.items())


def model_report(path: str, verify_with: str | None) -> list[str]:
    """Give the doctor's lines about a model.

    Raises
    ------
    EngineError
        As :func:`engine.load_model` does.
    """
    from engine.command_line.asked import model_named
    from engine.model.signature import signature_of

    model, folder = model_named(path, None, verify_with)
    info, segments = model.info, len(model.names)
    return [
        f"run {info['run_id']} by {info['method']}: {segments} segments, "
        f"{len(model.plan.features)} features",
        signature_of(folder, verified=verify_with is not None),
    ]
