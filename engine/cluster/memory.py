"""What memory the workers of a cluster have."""

from __future__ import annotations

from engine.cluster.members import Members


def least_memory(members: Members, otherwise: int) -> int:
    """Give the bytes that every worker has at least; ``otherwise`` where none has a limit."""
    workers = members.watch.workers.values()
    limits = [int(worker["memory_limit"]) for worker in workers if worker["memory_limit"]]
    return min(limits, default=otherwise)
