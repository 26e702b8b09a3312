"""One step of a first visit to a GPU host (``benchmarks/gpu.sh first``), in a process of its own.

``python benchmarks/first.py parity --place gpu --size full --output first.jsonl``.
Each figure is a line of JSON, written as soon as it is known. ``--place cpu`` rehearses a step on
this machine's CPU, ``--place simulator`` the GPU's code on a stand-in for CuPy; ``--size`` says how
many rows.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from first_ahead import NAMES as AHEAD
from first_ahead import measure_ahead
from first_bench import PLACES, First, opened
from first_judged import measure_beyond
from first_kernels import measure_kernels
from first_methods import NAMES as METHODS
from first_methods import measure_customers, measure_method
from first_parity import measure_parity
from first_scores import measure_scores

from engine.errors import EngineError

Shape = tuple[int, int, tuple[int, ...]]


@dataclass(frozen=True)
class Size:
    """Rows of each step.

    Attributes
    ----------
    parity, scores, methods, beyond : int
        The last: so many that 16 columns of them have more than 2^31 elements.
    kernels : dict of str to tuple
        Rows, columns and numbers of centres, by the name of a step: a process each, as a kernel
        that writes where it must not takes all that is left of its process with it.
    """

    parity: int
    scores: int
    methods: int
    beyond: int
    kernels: dict[str, Shape]


SIZES = {
    "full": Size(
        200_000,
        100_000_000,
        10_000_000,
        134_283_265,
        {
            "kernels-16": (100_000_000, 16, (8,)),
            "kernels-16-many": (100_000_000, 16, (64,)),
            "kernels-64": (10_000_000, 64, (256,)),
            "kernels-128": (1_000_000, 128, (1024,)),
        },
    ),
    "small": Size(
        5_000,
        100_000,
        22_000,
        100_001,
        {
            "kernels-16": (100_000, 16, (8,)),
            "kernels-16-many": (100_000, 16, (64,)),
            "kernels-64": (10_000, 64, (256,)),
            "kernels-128": (4_000, 128, (256,)),
        },
    ),
    "tiny": Size(
        1_200,
        1_500,
        1_200,
        1_501,
        {
            "kernels-16": (1_500, 16, (4,)),
            "kernels-16-many": (1_500, 16, (8,)),
            "kernels-64": (500, 64, (16,)),
            "kernels-128": (300, 128, (32,)),
        },
    ),
}
STEPS = (
    *(f"ahead-{name}" for name in AHEAD),
    "parity",
    *SIZES["full"].kernels,
    "beyond",
    "scores",
    *(f"methods-{name}" for name in METHODS),
    "file",
)
"""In the order in which they run; those ahead beside each other and parity."""


def run(step: str, size: Size, bench: First, file: Path | None) -> None:
    """Measure one step."""
    if step == "parity":
        measure_parity(bench, size.parity)
    elif step == "beyond":
        measure_beyond(bench, size.beyond)
    elif step == "scores":
        measure_scores(bench, size.scores)
    elif step.startswith("methods-"):
        measure_method(bench, step.removeprefix("methods-"), size.methods)
    elif step.startswith("ahead-"):
        measure_ahead(bench, step.removeprefix("ahead-"), size.parity)
    elif step == "file":
        if file is None or not file.is_file():
            bench.skip("whole job", "no file of customers was ready")
        else:
            measure_customers(bench, file)
    else:
        measure_kernels(bench, *size.kernels[step])


def main() -> int:
    """Measure one step; 1 where something failed, did not agree or had to be left out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--place", choices=PLACES, default="gpu")
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--until", type=float, help="seconds since 1970 at which it is over")
    parser.add_argument("--file", type=Path, help="a Parquet file of customers")
    parser.add_argument("--output", type=Path, required=True)
    asked = parser.parse_args()
    try:
        quick = asked.size == "tiny"
        seconds = math.inf if asked.until is None else asked.until - time.time()
        bench = opened(asked.place, asked.step, asked.output, seconds, quick=quick)
        run(asked.step, SIZES[asked.size], bench, asked.file)
    except EngineError as error:
        print(f"first.py: {error}", file=sys.stderr)
        return 1
    for word, stages in (("failed", bench.failed), ("skipped", bench.missed)):
        if stages:
            print(f"{word}: {', '.join(stages)}", file=sys.stderr)
    return 1 if bench.failed or bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
