"""The places a run may happen in."""

from __future__ import annotations

from enum import StrEnum


class Place(StrEnum):
    """Where a run happens."""

    CPU = "cpu"
    GPU = "gpu"
    CPU_CLUSTER = "cpu-cluster"
    GPU_CLUSTER = "gpu-cluster"
