"""What the stages of benchmarks/gpu.py share: timing, lines of JSON, rows made in the place."""

from __future__ import annotations

import datetime
import json
import math
import statistics
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe

from engine.native.library import library as library_of_kernels
from engine.places import packages as doctor
from engine.places.machine import driver_version
from engine.places.place import Place
from engine.places.runtime import Runtime

REPEATS = 5


@dataclass
class Bench:
    """Runs stages in a place and writes what they took.

    Attributes
    ----------
    runtime : Runtime
    rows, columns : int
    output : Path
    stage_seconds : float
        A stage is repeated no more once it has taken this long; its line says how often it ran.
    bandwidth : float
        Bytes a second that a copy reads and writes, once measured.
    failed : list of str
        Stages that raised.
    """

    runtime: Runtime
    rows: int
    columns: int
    output: Path
    stage_seconds: float = 12.0
    bandwidth: float = float("nan")
    failed: list[str] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def floor(self) -> float:
        """Seconds to read all rows once at the measured bandwidth."""
        return 4 * self.rows * self.columns / self.bandwidth

    def wait(self) -> None:
        """Wait for everything the device was given."""
        if self.runtime.place == Place.GPU:
            self.runtime.xp.cuda.Device().synchronize()

    def seconds(self, work: Callable[[], Any]) -> tuple[Any, list[float]]:
        """Run once to warm up, then up to five times; give the last result and all times."""
        begun = time.perf_counter()
        result = work()
        self.wait()
        taken: list[float] = []
        while len(taken) < REPEATS and (
            not taken or time.perf_counter() - begun < self.stage_seconds
        ):
            self.wait()
            start = time.perf_counter()
            result = work()
            self.wait()
            taken.append(time.perf_counter() - start)
        return result, taken

    def stage(
        self,
        name: str,
        work: Callable[[], Any],
        told: Callable[[Any], dict[str, Any]] = lambda _: {},
        **facts: Any,
    ) -> Any:
        """Time a step and write its line; None where it failed, which stops nothing else."""
        try:
            result, taken = self.seconds(work)
            self.write(
                stage=name,
                seconds=statistics.median(taken),
                smallest=min(taken),
                largest=max(taken),
                repeats=len(taken),
                **facts,
                **told(result),
            )
        except Exception as error:
            traceback.print_exc()
            self.failed.append(name)
            text = (str(error).strip() or type(error).__name__).splitlines()[0]
            self.write(stage=name, failed=f"{type(error).__name__}: {text}", **facts)
            return None
        return result

    def named(self) -> dict[str, Any]:
        """Tell what each line says of itself."""
        return {"benchmark": "gpu", "place": str(self.runtime.place)}

    def write(self, **line: Any) -> None:
        """Append one line of JSON, and show it."""
        fixed = {
            **self.named(),
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "rows": self.rows,
            "columns": self.columns,
        }
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with self.output.open("a", encoding="utf-8") as file:
            told = finite({**fixed, **line, "machine": self.machine})
            file.write(json.dumps(told, allow_nan=False) + "\n")
        shown = {k: f"{v:.4g}" if isinstance(v, float) else v for k, v in line.items()}
        print(f"{self.rows:>11,} ", " ".join(f"{k}={v}" for k, v in shown.items()), flush=True)


def finite(value: Any) -> Any:
    """Put None where a number is not finite, which JSON has no word for.

    Examples
    --------
    >>> finite({"floor": float("nan"), "shares": (0.5, float("inf"))})
    {'floor': None, 'shares': [0.5, None]}
    """
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def machine_facts(runtime: Runtime) -> dict[str, Any]:
    """Describe the host, and the GPU with its driver and the versions of what runs on it."""
    facts = describe() | {"kernels": library_of_kernels().instructions or None}
    if runtime.place == Place.GPU:
        driver = doctor.nvidia_driver()
        facts |= {
            "gpus": [f"{g.name}, {g.memory} bytes, sm_{g.capability[0]}{g.capability[1]}"
                     for g in doctor.gpus()],
            "driver": f"{driver[0]}.{driver[1]}" if driver else None,
            "driver_cuda": driver_version(),
            "gpu_versions": doctor.packages(),
            "device_memory": runtime.device_memory,
        }  # fmt: skip
    return facts


def generated(bench: Bench, k: int) -> tuple[Any, Any]:
    """Draw float32 rows about k centres that overlap a little, and their groups, in the place."""
    xp = bench.runtime.xp
    middle = 10 * np.random.default_rng(k).random((k, bench.columns))
    centres = xp.asarray(middle.astype(np.float32))
    rng = xp.random.default_rng(k)
    x = xp.empty((bench.rows, bench.columns), xp.float32)
    groups = xp.empty(bench.rows, xp.int32)
    step = 4_000_000
    for start in range(0, bench.rows, step):
        n = min(step, bench.rows - start)
        some = rng.integers(0, k, size=n)
        groups[start : start + n] = some
        noise = rng.standard_normal((n, bench.columns), dtype=xp.float32)
        x[start : start + n] = centres[some] + 1.5 * noise
    bench.wait()
    return x, groups


def adjusted_rand(one: Any, other: Any, k: int, runtime: Runtime) -> float:
    """Agreement of two labellings (Hubert and Arabie 1985), from one pass over the rows.

    Examples
    --------
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]), 2, Runtime())
    1.0
    """
    xp = runtime.xp

    def chunk(a: Any, b: Any) -> Any:
        return xp.bincount(a.astype(xp.int64) * k + b, minlength=k * k)

    table = runtime.get(runtime.reduce(chunk, one, other)).reshape(k, k)

    def pairs(counts: np.ndarray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = rows * columns / pairs(table.sum(keepdims=True))
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def library(runtime: Runtime) -> str:
    """Name the library that the place's k-means is compared with."""
    return "cuml" if runtime.place == Place.GPU else "sklearn"


def their_kmeans(runtime: Runtime, k: int) -> Any:
    """Make the other library's estimator with its own settings, called directly."""
    if runtime.place == Place.GPU:
        from cuml.cluster import KMeans

        return KMeans(n_clusters=k, n_init=1, random_state=0, output_type="cupy")
    from sklearn.cluster import KMeans as SklearnKMeans

    return SklearnKMeans(n_clusters=k, n_init=1, random_state=0)


def their_passes(runtime: Runtime, start: np.ndarray, passes: int) -> Any:
    """Make it for so many passes from these centres."""
    k = len(start)
    if runtime.place == Place.GPU:
        from cuml.cluster import KMeans

        init = runtime.put(start.astype(np.float32))
        return KMeans(
            n_clusters=k, init=init, n_init=1, max_iter=passes, tol=1e-30, output_type="cupy"
        )
    from sklearn.cluster import KMeans as SklearnKMeans

    init = start.astype(np.float32)
    return SklearnKMeans(n_clusters=k, init=init, n_init=1, max_iter=passes, tol=1e-30)
