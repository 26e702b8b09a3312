"""What a plan for a cluster says beside its steps: workers, pieces, memory there and here, time."""

from __future__ import annotations

from collections import Counter

from engine.cluster.facts import Worker
from engine.cluster.runtime import ClusterRuntime
from engine.planning.cluster import CLIENT_BYTES_A_CUSTOMER, WORKER_BASE
from engine.planning.steps import Plan
from engine.visualization.readable import memory, seconds


def cluster_words(plan: Plan) -> list[str]:
    """Say it in lines; [] where there is no cluster."""
    if not isinstance(plan.runtime, ClusterRuntime):
        return []
    lines = [
        f"workers: {_counted(plan.runtime.workers)}; {plan.pieces:,} "
        f"{'piece' if plan.pieces == 1 else 'pieces'} of rows, each a task of every pass",
        f"a worker: up to {memory(plan.worker_peak)}, {memory(WORKER_BASE)} of it libraries",
        f"here: {CLIENT_BYTES_A_CUSTOMER} bytes a customer, and samples",
        f"about {seconds(plan.seconds)} in all, within a factor of three",
    ]
    if plan.on_disk:
        lines[1] += f"; about {memory(plan.on_disk)} of it on its disk, where its memory is short"
    return lines


def _counted(workers: tuple[Worker, ...]) -> str:
    """Count workers of each kind."""
    kinds = Counter((worker.threads, worker.memory) for worker in workers)
    return ", ".join(f"{n:,} of {_words(*kind)}" for kind, n in kinds.items())


def _words(threads: int, limit: int) -> str:
    held = f"and {memory(limit)}" if limit else "without a limit of memory"
    return f"{threads} {'thread' if threads == 1 else 'threads'} {held}"
