"""What the steps of benchmarks/first.py share: places, budgets, repeats, rows, lines of JSON."""

from __future__ import annotations

import datetime
import gc
import json
import math
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from gpu_bench import Bench, finite, machine_facts

from engine.config.loading import load_config
from engine.places.choice import choose
from engine.places.runtime import Runtime

PLACES = ("gpu", "cpu", "simulator")
MARGIN = 4.0
"""Seconds of a step that are left for what was begun."""
SIMULATED = 1 << 28
"""Bytes of the stand-in's device memory."""


@dataclass
class First(Bench):
    """Runs the parts of one step in a place within so many seconds.

    Attributes
    ----------
    place : str
        As asked for: the simulator's runtime says it is a GPU, and its lines must not.
    step : str
    ends : float
        ``time.perf_counter()`` at which the step is over.
    quick : bool
        Whether nothing is told exactly: each part is done once or twice, for a rehearsal.
    timing : float
        Seconds that one timing takes at least: what takes less is done several times in it.
    stage_seconds : float
        Seconds that repeats of a part take at most.
    first : float
        Seconds of the first run of the last part, which compiles what is compiled.
    missed : list of str
        What was skipped and is wanted: the step has not done what it is for.
    """

    place: str = "cpu"
    step: str = ""
    timing: float = 0.05
    quick: bool = False
    ends: float = math.inf
    first: float = math.nan
    missed: list[str] = field(default_factory=list)

    @property
    def left(self) -> float:
        """Seconds that are left to begin something in."""
        return self.ends - MARGIN - time.perf_counter()

    def named(self) -> dict[str, Any]:
        """Tell what each line says of itself."""
        return {"benchmark": "first", "place": self.place, "step": self.step}

    def write(self, **line: Any) -> None:
        """Write a line as the other benchmark does; before there are rows, one that tells none."""
        if self.rows:
            super().write(**line)
            return
        date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        told = finite({**self.named(), "date": date, **line, "machine": self.machine})
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with self.output.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told, allow_nan=False) + "\n")
        shown = (f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in line.items())
        print(" " * 12, *shown, flush=True)

    def skip(self, stage: str, why: str, *, optional: bool = False, **facts: Any) -> None:
        """Say what was not measured, and why; unless it is optional, it was missed."""
        if not optional:
            self.missed.append(stage)
        self.write(stage=stage, skipped=why, **facts)

    @contextmanager
    def part(
        self, stage: str, needs: float, *, optional: bool = False, **facts: Any
    ) -> Iterator[bool]:
        """Whether there is time for a part; what it raises is a line and stops nothing else.

        An optional part is not missed where a package that it needs is not installed.
        """
        if self.left < needs:
            why = f"{max(0.0, self.left):.0f} s are left of this step, and it takes {needs:.0f}"
            self.skip(stage, why, **facts)
            yield False
            return
        try:
            yield True
        except ModuleNotFoundError as error:
            self.skip(stage, f"{error.name} is not installed", optional=optional, **facts)
        except Exception as error:
            traceback.print_exc()
            self.failed.append(stage)
            text = (str(error).strip() or type(error).__name__).splitlines()[0]
            self.write(stage=stage, failed=f"{type(error).__name__}: {text}", **facts)

    def few(self, work: Callable[[], Any], most: float) -> tuple[Any, list[float], bool]:
        """Run up to six times, the first to warm up, within ``most`` seconds and what is left.

        Returns
        -------
        result : Any
        seconds : list of float
            Of the runs but the first; of that alone where there was no time for another.
        cold : bool
            Whether it is of the first.
        """
        until = time.perf_counter() + min(most, self.left)
        taken: list[float] = []
        while not taken or (len(taken) < 6 and time.perf_counter() + taken[-1] < until):
            result = None
            result, seconds = self.once(work)
            taken.append(seconds)
        self.first = taken[0]
        return (result, taken[1:], False) if len(taken) > 1 else (result, taken, True)

    def stage(
        self,
        name: str,
        work: Callable[[], Any],
        told: Callable[[Any], dict[str, Any]] = lambda _: {},
        **facts: Any,
    ) -> Any:
        """Time as :meth:`timed` does what the other benchmark measures."""
        return self.timed(name, work, told, needs=0.0, **facts)

    def once(self, work: Callable[[], Any]) -> tuple[Any, float]:
        """Run once, the device idle before and after: the result and wall seconds."""
        self.wait()
        start = time.perf_counter()
        result = work()
        self.wait()
        return result, time.perf_counter() - start

    def wait(self) -> None:
        """Wait for everything the device was given; a stand-in has done it."""
        if self.place == "gpu":
            super().wait()

    def timed(
        self,
        stage: str,
        work: Callable[[], Any],
        told: Callable[[Any], dict[str, Any]] = lambda _: {},
        *,
        needs: float = 5.0,
        **facts: Any,
    ) -> Any:
        """Time a part and write its line: the median of repeats, what it found, its memory."""
        with self.part(stage, needs, **facts) as go:
            if not go:
                return None
            with Peak(self) as peak:
                result, taken, cold = self.few(work, self.stage_seconds)
            self.write(
                stage=stage,
                **spread(taken),
                cold=cold,
                first_seconds=self.first,
                peak_device_bytes=peak.taken,
                **facts,
                **told(result),
            )
            return result
        return None


class Peak:
    """Device memory that libraries have taken when a block ends, whatever pools they have.

    Pools keep what they took: their free blocks are given back before the block, so that what
    is then missing from the device is the most that was needed at once (with what fragments).
    Memory of a pool that is taken ahead (RMM's) does not show.
    """

    def __init__(self, bench: First) -> None:
        self._runtime = bench.runtime
        self._on = bench.place == "gpu"
        self.taken: int | None = None

    def _free(self) -> int:
        return int(self._runtime.xp.cuda.runtime.memGetInfo()[0])

    def __enter__(self) -> Peak:
        """Empty the pools and look how much is free."""
        if self._on:
            emptied(self._runtime.xp)
            self._before = self._free()
        return self

    def __exit__(self, *_: object) -> None:
        """Look how much less is free."""
        if self._on:
            self.taken = max(0, self._before - self._free())


def emptied(xp: Any) -> None:
    """Give free blocks of the pools of CuPy and PyTorch back to the device."""
    gc.collect()
    xp.get_default_memory_pool().free_all_blocks()
    if torch := sys.modules.get("torch"):
        torch.cuda.empty_cache()


def spread(taken: list[float]) -> dict[str, Any]:
    """Median, smallest and largest of some seconds, and how many they are."""
    return {
        "seconds": statistics.median(taken),
        "smallest": min(taken),
        "largest": max(taken),
        "repeats": len(taken),
    }


def opened(place: str, step: str, output: Path, seconds: float, *, quick: bool) -> First:
    """Open a place for a step of so many seconds from now; ``quick`` tells nothing exactly."""
    ends = time.perf_counter() + seconds
    bench = First(runtime_of(place), 0, 0, output, place=place, step=step, ends=ends, quick=quick)
    if quick:
        bench.timing = bench.stage_seconds = 0.0
    bench.machine = machine_facts(bench.runtime) if place != "simulator" else {}
    return bench


def runtime_of(place: str) -> Runtime:
    """Open the place; the simulator is this machine's CPU behind the names of CuPy."""
    if place != "simulator":
        return choose(load_config({"compute": {"device": place}}).compute)
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import pytest

    from tests import standing_cupy
    from tests.cuda_on_cpu import raw_module

    runtime: Runtime = standing_cupy.a_gpu(pytest.MonkeyPatch(), SIMULATED)
    if raw_module.compiler() is not None:
        runtime.xp.RawModule = raw_module.RawModule
    return runtime


def rows_about(bench: First, rows: int, columns: int, k: int) -> tuple[Any, Any]:
    """Float32 rows about k centres that overlap a little, and their groups, in the place.

    Drawn where they are on a GPU; on this machine and moved there otherwise.
    """
    from gpu_bench import generated

    bench.rows, bench.columns = rows, columns
    if bench.place == "gpu":
        return generated(bench, k)
    host = replace(bench, runtime=Runtime())
    x, groups = generated(host, k)
    return bench.runtime.put(x), bench.runtime.put(groups)


def start_of(bench: First, x: Any, k: int) -> np.ndarray:
    """Centres to start from: k rows drawn at one seed, float64 of shape (k, n_columns)."""
    drawn = np.random.default_rng(1).choice(len(x), k, replace=False)
    return bench.runtime.take(x, drawn).astype(np.float64)
