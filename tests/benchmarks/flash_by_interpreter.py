"""The contender flash-kmeans on this machine's CPU: Triton's interpreter, tensors in host memory.

Run with assertions off (``python -O``), as its functions assert that tensors lie on a GPU, and with
``TRITON_INTERPRET=1``. Prints a line of JSON for each shape: what the benchmark finds wrong, what
it tells, and the kernel's own call.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

SHAPES = ((1_500, 16, 8), (700, 16, 64), (400, 64, 256), (300, 128, 40), (257, 5, 3))
"""Rows, columns and centres."""
GPU = SimpleNamespace(name="NVIDIA H200", shared_memory_per_block_optin=232_448)


def measured(rows: int, columns: int, k: int) -> dict[str, Any]:
    """Do a pass as the benchmark does, and hold it against the one in float64."""
    from first_bench import First, rows_about, start_of
    from first_judged import exact_pass
    from first_kernels import agreement
    from first_passes import Flash

    from engine.places.runtime import Runtime

    here = First(Runtime(), rows, columns, Path("nowhere.jsonl"), place="cpu", step="kernels")
    x, _ = rows_about(here, rows, columns, k)
    start = start_of(here, x, k)
    exact = exact_pass(here, x, start)
    bench = replace(here, place="gpu")
    contender = Flash(bench, x, start)
    wrong, told = agreement(bench, x, start, contender, exact)
    found = contender.found()
    return {
        "wrong": wrong,
        "told": told,
        "centres": [str(found[0].dtype), *found[0].shape],
        "labels": [str(found[1].dtype), *found[1].shape],
        "rows_are_views": contender._x.data_ptr() == x.ctypes.data,
    }


def main() -> None:
    """Measure each shape."""
    import torch

    torch.cuda.get_device_properties = lambda _=None: GPU
    if sys.flags.optimize == 0:
        sys.exit("run by python -O")
    if np.lib.NumpyVersion(np.__version__) >= "2.4.0":
        # Triton 3.6 makes numbers of arrays of one element, which NumPy no longer does.
        sys.exit("Triton's interpreter needs a NumPy before 2.4")
    for shape in SHAPES:
        print(json.dumps(measured(*shape)))


if __name__ == "__main__":
    main()
