"""On a worker: its GPU opened, once and before its first task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.cluster.worker import OwnGpu, OwnRuntime
from engine.errors import PlaceError
from engine.places import device, parts
from engine.places.place import Place

_OTHERS = (
    "it was not started by dask-cuda, so that nothing could leave its GPU's memory when that is "
    "full (start workers by 'dask cuda worker')"
)


@dataclass(frozen=True)
class Opener:
    """Opens the GPU of a worker: sent there with what the run asks for.

    Parameters
    ----------
    ours : bool
        Whether the workers were started for this run: their GPUs' memory then becomes one pool, as
        on one machine. On those of others it stays as it is arranged there.
    spill : bool
        Whether cuDF's frames may move to host memory; on workers of others it is up to them.
    """

    ours: bool
    spill: bool = False

    def __call__(self, worker: Any) -> OwnGpu:
        """Open it for as many tasks at once as the worker has threads.

        Raises
        ------
        PlaceError
            There is none that can be used. The message is a clause.
        """
        if not (self.ours or type(worker.data).__module__.startswith("dask_cuda")):
            raise PlaceError(_OTHERS)
        if trouble := device.why_not():
            raise PlaceError(trouble)
        import cupy

        opened = device.open_device(spill=self.spill) if self.ours else device.arranged_device()
        place = OwnRuntime(
            Place.GPU,
            f"{opened.name}, {opened.total / 2**30:.0f} GiB",
            device_memory=opened.pool // worker.state.nthreads,
            xp=cupy,
            parts=parts.found(),
        )
        return OwnGpu(place, cupy.cuda.runtime.deviceGetPCIBusId(0))
