"""Times the engine's steps on a GPU, one size a process; the same code rehearses on a CPU.

``python benchmarks/gpu.py --place gpu --rows 10000000 --k 8 64 --output results/gpu.jsonl``
measures copy bandwidth, principal components, k-means, assignment and scores on rows generated in
the place's memory; ``--file customers.parquet`` measures load, preparation and the whole job on a
file; ``--host`` k-means on rows in host memory; ``--method`` agglomerative or spectral clustering
instead. Each measurement is one line of JSON, written as
soon as it is known, so that a process that is stopped leaves what it had. What is too large for the
place is a line that says so.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from gpu_bench import (
    Bench,
    adjusted_rand,
    generated,
    library,
    machine_facts,
    their_kmeans,
    their_passes,
)
from gpu_host import measure_host
from gpu_methods import METHODS, measure_method

from engine.clustering.algorithm import Task, algorithm
from engine.clustering.kmeans.passes import lloyd_step
from engine.clustering.representatives import Representatives
from engine.config.loading import load_config
from engine.dimensionality_reduction import pca
from engine.errors import EngineError
from engine.evaluation.scores import inertia, internal_scores
from engine.evaluation.silhouette import silhouette
from engine.places.choice import choose
from engine.places.place import Place
from engine.utilities.progress import Progress
from engine.utilities.sampling import row_priority

COPY_BYTES = {Place.GPU: 1 << 30, Place.CPU: 1 << 27}
"""Far beyond any cache."""
STEPS = 10
"""Lloyd passes over which the time of one pass of another library is averaged."""


def measure_copy(bench: Bench) -> None:
    """Measure how fast the place's memory is copied within itself."""
    xp, size = bench.runtime.xp, COPY_BYTES[bench.runtime.place]
    source = xp.random.default_rng(0).random(size // 4, dtype=xp.float32)
    target = xp.empty_like(source)

    def told(_: Any) -> dict[str, Any]:
        return {"bytes": 2 * size}

    def copy() -> None:
        target[:] = source

    copied = bench.seconds(copy)[1]
    bench.bandwidth = 2 * size / statistics.median(copied)
    bench.stage("copy", copy, told, bytes_per_second=bench.bandwidth)


def measure_pca(bench: Bench, x: Any) -> None:
    """Compare one additive pass in float64 with cuML's principal components."""

    def told(found: tuple[np.ndarray, np.ndarray, np.ndarray]) -> dict[str, Any]:
        ratio = found[1] / found[1].sum()
        return {"first_ratios": [float(r) for r in ratio[:3]], "floor_seconds": bench.floor}

    runtime = bench.runtime
    ours = bench.stage("pca by reduce", lambda: pca._by_covariance(x, runtime), told)
    if runtime.place == Place.GPU:

        def apart(found: tuple[np.ndarray, np.ndarray, np.ndarray]) -> dict[str, Any]:
            if ours is None:
                return told(found)
            ratios = [values / values.sum() for _, values, _ in (ours, found)]
            return told(found) | {"ratios_apart": float(np.abs(ratios[0] - ratios[1]).max())}

        bench.stage("pca by cuml", lambda: by_cuml(x), apart)


def by_cuml(x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, variances and directions by cuML, in float32."""
    from cuml.decomposition import PCA

    model = PCA(n_components=x.shape[1], svd_solver="full", output_type="numpy")
    model.fit(x)
    return (
        np.asarray(model.mean_, dtype=np.float64).ravel(),
        np.asarray(model.explained_variance_, dtype=np.float64).ravel(),
        np.asarray(model.components_, dtype=np.float64),
    )


def measure_kmeans(bench: Bench, x: Any, groups: Any, k: int) -> Representatives | None:
    """Time one pass, ours and the library's, and whole fits with their inertia and agreement."""
    runtime, row = bench.runtime, algorithm("kmeans")
    drawn = np.random.default_rng(1).choice(bench.rows, k, replace=False)
    start = runtime.take(x, drawn).astype(np.float64)
    facts = {"k": k, "floor_seconds": bench.floor}
    bench.stage("kmeans pass, ours", lambda: lloyd_step(x, start, runtime)[0].sum(), **facts)
    measure_their_pass(bench, x, start)

    def worth(centres: np.ndarray, labels: Any) -> dict[str, Any]:
        return {
            "inertia": inertia(x, centres, labels, runtime=runtime),
            "ari_truth": adjusted_rand(labels, groups, k, runtime),
        }

    def ours(found: Any) -> dict[str, Any]:
        return {"n_iter": found.n_iter, **worth(found.representatives.points, found.labels)}

    task, params = Task(x, k, row_priority(bench.rows, 0), 0), row.params()
    fit = bench.stage(
        "kmeans fit, engine", lambda: row.runs[runtime.place](task, params, runtime), ours, k=k
    )

    def theirs(model: Any) -> dict[str, Any]:
        centres = runtime.get(model.cluster_centers_)
        return {"n_iter": int(model.n_iter_), **worth(centres, runtime.put(model.labels_))}

    bench.stage(
        f"kmeans fit, {library(runtime)}",
        lambda: their_kmeans(runtime, k).fit(x),
        theirs,
        k=k,
    )
    return None if fit is None else fit.representatives


def measure_their_pass(bench: Bench, x: Any, start: np.ndarray) -> None:
    """Time one pass of the other library: what more iterations add to a fit from one start."""
    runtime, name = bench.runtime, f"kmeans pass, {library(bench.runtime)}"

    def fitted(iterations: int) -> Any:
        return their_passes(runtime, start, iterations).fit(x)

    try:
        (few, once), (many, often) = (bench.seconds(lambda n=n: fitted(n)) for n in (1, 1 + STEPS))
    except Exception as error:
        traceback.print_exc()
        bench.failed.append(name)
        bench.write(stage=name, k=len(start), failed=f"{type(error).__name__}: {error}")
        return
    steps = int(many.n_iter_) - int(few.n_iter_)
    apart = statistics.median(often) - statistics.median(once)
    bench.write(
        stage=name,
        k=len(start),
        seconds=apart / steps if steps > 0 else None,
        passes=steps,
        fit_of_one_pass=statistics.median(once),
        floor_seconds=bench.floor,
    )


def measure_scores(bench: Bench, x: Any, found: Representatives) -> None:
    """Time assignment, the internal scores and the sampled silhouette of one segmentation."""
    runtime, k = bench.runtime, found.n_segments
    labels = bench.stage(
        "assign",
        lambda: found.assign(x, runtime=runtime),
        lambda a: {"sizes_largest": int(np.bincount(a).max())},
        k=k,
        floor_seconds=bench.floor,
    )
    if labels is None:
        return
    bench.stage(
        "internal scores",
        lambda: internal_scores(x, labels, runtime=runtime, k=k),
        lambda s: {"inertia": s.inertia, "davies_bouldin": s.davies_bouldin},
        k=k,
        floor_seconds=bench.floor,
    )
    priority = row_priority(bench.rows, 0)
    bench.stage(
        "silhouette",
        lambda: silhouette(x, labels, priority=priority, runtime=runtime),
        lambda s: {"value": s.value, "low": s.low, "high": s.high},
        k=k,
    )


def measure_arrays(bench: Bench, numbers_of_segments: list[int]) -> None:
    """Measure everything that needs no file."""
    measure_copy(bench)
    matrix = 4 * bench.rows * bench.columns
    if bench.runtime.place == Place.GPU and 3 * matrix > bench.runtime.device_memory:
        gib = f"{3 * matrix / 2**30:.0f} GiB"
        bench.write(stage="all", skipped=f"three copies of the rows ({gib}) do not fit the pool")
        return
    for number, k in enumerate(numbers_of_segments):
        x, groups = generated(bench, k)
        if number == 0:
            measure_pca(bench, x)
        found = measure_kmeans(bench, x, groups, k)
        if found is not None:
            measure_scores(bench, x, found)
        del x, groups


def measure_file(bench: Bench, path: Path, k: int, *, job: bool = True) -> None:
    """Measure load, preparation and, where asked, the whole job on a file of customers."""
    from engine.data_preparation import prepare
    from engine.data_preparation.features.visiting import customers
    from engine.data_preparation.generators.customers import SCHEMA

    runtime = bench.runtime
    features = [c for c in SCHEMA if c not in ("customer_id", "true_segment")]
    config = load_config({"input": {"path": str(path)}, "features": {"exclude": ["true_segment"]}})
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config)
    bench.rows, bench.columns = len(identity.ids), len(features)

    def load() -> int:
        return sum(len(block) for _, block in customers(loaded.source, identity, features, runtime))

    def ready() -> Any:
        source, _, plan, _ = prepare.learn(loaded, identity, config, runtime, Progress())
        return prepare.build_matrix(
            source.source, identity, plan, file=None, runtime=runtime, progress=Progress()
        )

    bench.stage("identity", lambda: prepare.identify(loaded, config), file=path.stat().st_size)
    bench.stage("load", load, lambda n: {"read": n}, file=path.stat().st_size)
    bench.stage("prepare", ready, lambda m: {"prepared_columns": int(m.shape[1])})
    if job:
        measure_job(bench, path, k)


def measure_job(bench: Bench, path: Path, k: int) -> None:
    """Run the whole job as users do: a file in; segments, profiles, figures and a model out."""
    import polars as pl
    from scoring import agreement

    import engine

    def job() -> engine.Result:
        with tempfile.TemporaryDirectory() as out:
            result = engine.segment(
                {
                    "input": {"path": str(path)},
                    "features": {"exclude": ["true_segment"]},
                    "clustering": {"k": k},
                    "compute": {"device": str(bench.runtime.place)},
                    "output": {f: f"{out}/{f}" for f in ("models", "reports", "processed")},
                }
            )
            _ = result.segments  # read before its folder goes
        return result

    def told(result: engine.Result) -> dict[str, Any]:
        truth = pl.read_parquet(path, columns=["true_segment"])["true_segment"]
        codes = truth.cast(pl.Categorical).to_physical().to_numpy()
        labels = result.segments["segment"].to_numpy()
        return {
            "stages": {s["name"]: s["seconds"] for s in result.summary["stages"]},
            "inertia": result.scores["inertia"],
            "silhouette": result.scores["silhouette"]["value"],
            "ari_truth": agreement(codes, labels),
        }

    bench.stage("whole job", job, told, k=k)


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[Bench]:
    """Open the place, describe the machine, and say at the end what failed."""
    compute = load_config({"compute": {"device": arguments.place}}).compute
    runtime = choose(compute)
    bench = Bench(runtime, arguments.rows, arguments.columns, arguments.output)
    bench.stage_seconds = arguments.stage_seconds
    bench.machine = machine_facts(runtime)
    yield bench
    if bench.failed:
        print(f"failed: {', '.join(bench.failed)}", file=sys.stderr)


def main() -> int:
    """Measure one size, or one file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--place", choices=("cpu", "gpu"), default="gpu")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=16)
    parser.add_argument("--k", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--host", action="store_true", help="k-means on rows in host memory")
    parser.add_argument("--method", choices=METHODS, help="measure this method instead")
    parser.add_argument("--stage-seconds", type=float, default=12.0, help="then no more repeats")
    parser.add_argument("--file", type=Path, help="measure load, prepare and the whole job on it")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results/gpu.jsonl")
    arguments = parser.parse_args()
    try:
        with opened(arguments) as bench:
            if arguments.host:
                measure_host(bench, arguments.k[0])
            elif arguments.method:
                measure_method(bench, arguments.method, arguments.k[0])
            elif arguments.file:
                measure_file(bench, arguments.file, arguments.k[0])
            else:
                measure_arrays(bench, arguments.k)
    except EngineError as error:
        print(f"gpu.py: {error}", file=sys.stderr)
        return 1
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
