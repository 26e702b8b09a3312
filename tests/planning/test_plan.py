"""Plans count the GPU's memory apart from the host's; figures alone, so that no GPU is needed."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

import engine
from engine.clustering.algorithm import ROWS as METHODS
from engine.command_line.answers import of_plan
from engine.command_line.console import print_plan
from engine.config.loading import load_config
from engine.data_preparation.prepare import load
from engine.errors import ConfigError, MemoryLimitError
from engine.places.parts import ALONE, Part, Parts
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.planning.customers import check, make_plan, refusal
from engine.planning.seconds import seconds_in_all

GIB = 1 << 30
ROWS = 100_000
WIDTH = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("planning")
    columns = {f"x{i}": pl.Series([float(i)] * ROWS) for i in range(WIDTH)}
    table = pl.DataFrame({"customer_id": range(ROWS), **columns})
    table.write_parquet(made / "one-group.parquet", row_group_size=ROWS)
    table.write_parquet(made / "groups.parquet", row_group_size=10_000)
    table.head(2_000).write_csv(made / "customers.csv")
    return made


def planned(path, runtime, **keys):
    config = load_config({"input": {"path": str(path)}, "clustering": {"k": 3}}, keys or None)
    return make_plan(config, load(config), runtime)


BY_CUDF = replace(ALONE, reader=Part("cuDF", "for the tests"))


def gpu(pool: int, limit: int = 64 * GIB, parts: Parts = ALONE) -> Runtime:
    return Runtime(
        Place.GPU, "for the tests", 2, memory_limit=limit, device_memory=pool, parts=parts
    )


def test_a_cpu_has_no_device_figure(folder):
    plan = planned(folder / "groups.parquet", Runtime(memory_limit=64 * GIB))
    assert plan.device_peak == 0
    assert all(step.device_bytes == 0 for step in plan.steps)


def test_the_matrix_counts_where_it_lies(folder):
    matrix = ROWS * WIDTH * 4
    on_device = planned(folder / "groups.parquet", gpu(8 * GIB))
    in_host = planned(folder / "groups.parquet", gpu(3 * matrix - 3))
    steps = {step.name: step for step in on_device.steps}
    assert steps["load"].device_bytes == 0
    assert steps["save"].device_bytes == 2 * matrix  # the prepared rows and their components
    assert steps["reduce"].device_bytes >= 2 * matrix
    assert {step.name: step for step in in_host.steps}["save"].device_bytes == 0
    host = [next(s.bytes for s in p.steps if s.name == "save") for p in (in_host, on_device)]
    assert host[0] - host[1] == 2 * matrix
    off = planned(folder / "groups.parquet", gpu(8 * GIB), **{"pca.components": "off"})
    assert next(s for s in off.steps if s.name == "save").device_bytes == matrix


def test_what_is_planned_fits_the_pool(folder):
    for pool in (GIB, 4 * GIB, 100 * GIB):
        for file in ("groups.parquet", "customers.csv"):
            for parts in (ALONE, BY_CUDF):
                plan = planned(folder / file, gpu(pool, parts=parts))
                assert 0 < plan.device_peak <= pool, (pool, file)
                assert plan.refusals == ()


def test_what_polars_reads_takes_nothing_of_the_gpu_but_the_matrix(folder):
    plans = [planned(folder / "groups.parquet", gpu(GIB, parts=p)) for p in (ALONE, BY_CUDF)]
    ours, theirs = ({s.name: s.device_bytes for s in plan.steps} for plan in plans)
    assert ours["prepare"] == ROWS * WIDTH * 4 < theirs["prepare"]
    assert ours["describe"] <= theirs["describe"]


def test_a_small_limit_of_host_memory_leaves_the_matrix_on_the_gpu(folder):
    roomy = planned(folder / "groups.parquet", gpu(8 * GIB))
    tight = planned(folder / "groups.parquet", gpu(8 * GIB, roomy.peak - 1))
    assert not tight.in_file
    assert len(tight.refusals) == 1
    assert "even with the matrix on the GPU, more than compute.memory_limit" in tight.refusals[0]
    cpu = planned(folder / "groups.parquet", Runtime(memory_limit=64 * GIB))
    assert planned(folder / "groups.parquet", Runtime(memory_limit=cpu.peak - 1)).in_file
    exact = planned(folder / "groups.parquet", gpu(8 * GIB, roomy.peak))
    assert (exact.in_file, exact.refusals) == (False, ())


def test_host_rows_of_a_gpu_run_go_to_a_file_where_host_memory_is_short(folder):
    pool = 3 * ROWS * WIDTH * 4 - 3
    roomy = planned(folder / "groups.parquet", gpu(pool))
    assert planned(folder / "groups.parquet", gpu(pool, roomy.peak - 1)).in_file


def test_a_row_group_that_does_not_fit_is_refused_with_what_to_do(folder):
    pool = ROWS * WIDTH * 40
    plan = planned(folder / "one-group.parquet", gpu(pool, parts=BY_CUDF))
    (refusal,) = plan.refusals
    assert refusal.startswith("one block of rows of one-group.parquet needs about 91.6 MiB ")
    assert refusal.endswith(
        "write the files with smaller row groups, leave out columns (features.exclude), or set "
        "compute.device to cpu."
    )
    with pytest.raises(MemoryLimitError, match="one block of rows"):
        check(plan, gpu(pool))
    assert planned(folder / "groups.parquet", gpu(pool, parts=BY_CUDF)).refusals == ()
    assert planned(folder / "one-group.parquet", gpu(pool)).refusals == ()


def test_the_cluster_step_counts_what_cuml_holds_of_each_row(folder):
    by_rows = {}
    for solver in ("cuml", "engine"):
        for n in (10**8, 10**9):
            settings = {"k": 3, "kmeans": {"solver": solver}}
            path = str(folder / "groups.parquet")
            config = load_config({"input": {"path": path}, "clustering": settings})
            plan = make_plan(config, load(config), gpu(2000 * GIB, 10**15), n_rows=n)
            steps = {step.name: step.device_bytes for step in plan.steps}
            by_rows[solver, n] = (steps["cluster"] - steps["save"]) / n
    assert by_rows["cuml", 10**8] >= 20
    assert 32 <= by_rows["cuml", 10**9] < 33
    assert by_rows["engine", 10**9] < 20


def test_no_place_is_needed_for_it_where_passes_of_ours_do(folder):
    """Two matrices and cuML's figures are more than the pool: it is then not cuML that runs."""
    asked = {"k": 3, "kmeans": {"solver": "cuml"}}
    path = str(folder / "groups.parquet")
    config = load_config({"input": {"path": path}, "clustering": asked})
    loaded = load(config)
    n = 100_000_000
    for width in (2, 20):
        pool = 3 * n * width * 4
        plan = make_plan(config, loaded, gpu(pool, 10**15), n_rows=n, n_columns=width)
        assert plan.refusals == ()
        assert plan.device_peak <= pool


def test_segments_count_in_every_step(folder):
    def steps(k: int) -> dict[str, int]:
        plan = planned(folder / "groups.parquet", gpu(GIB), **{"clustering.k": k})
        assert plan.refusals == ()
        return {step.name: step.device_bytes for step in plan.steps}

    few, many = steps(3), steps(1_000)
    for name in ("cluster", "evaluate", "describe"):
        assert many[name] > few[name] + 20_000_000, name


def test_every_step_is_refused_that_does_not_fit(folder):
    """Reference rows of the silhouette, which no block of the files has to do with."""
    path, reference = folder / "groups.parquet", 4_000_000
    plan = planned(path, gpu(GIB), **{"evaluation.reference_rows": reference})
    (refusal,) = plan.refusals
    assert refusal.startswith("the step evaluate needs about 1.")
    assert "more than its pool (1 GiB); ask for fewer segments (clustering.k), " in refusal
    with pytest.raises(MemoryLimitError, match="the step evaluate"):
        check(plan, gpu(GIB))


def test_it_is_shown(folder, capsys):
    print_plan(planned(folder / "groups.parquet", gpu(8 * GIB)))
    assert "of 8.0 GiB of the GPU's memory" in capsys.readouterr().out
    print_plan(replace(planned(folder / "groups.parquet", Runtime(memory_limit=64 * GIB))))
    assert "GPU's memory" not in capsys.readouterr().out


def test_what_holds_for_all_methods_is_said_once(folder):
    keys = {"clustering.methods": "all", "clustering.k": "auto"}
    plan = planned(folder / "groups.parquet", Runtime(memory_limit=1 << 20), **keys)
    (refusal,) = plan.refusals
    assert refusal.count("more than compute.memory_limit (1 MiB)") == 1
    assert not plan.left_out
    slow = {**keys, "clustering.time_limit": 1e-4}
    (refusal,) = planned(folder / "groups.parquet", Runtime(memory_limit=64 * GIB), **slow).refusals
    assert refusal.startswith("no method would be done in time: the quickest, kmeans, would take ")


def test_the_time_counts_all_that_is_done_for_a_method():
    def seconds(method: str, **keys: object) -> float:
        return seconds_in_all(method, load_config({}, keys), 20_000, 12)

    fit = {"clustering.k": 8, "evaluation.resamples": 0}
    for method in METHODS:
        alone, again = seconds(method, **fit), seconds(method, **{"clustering.k": 8})
        assert alone < again < seconds(method), method
    # One fit serves all numbers of segments, or each takes its own.
    assert seconds("spectral") - seconds("spectral", **{"clustering.k": 8}) < 5
    assert seconds("kmeans") > 8 * seconds("kmeans", **fit)


def test_targets_of_segments_are_looked_at_and_nothing_is_written(folder, tmp_path, capsys):
    targets = [str(tmp_path / "a.csv"), str(tmp_path / "none" / "a.csv"), "env:NO_SUCH_TARGET"]
    path = str(folder / "customers.csv")
    found = engine.plan(path, {"output.segments": targets}, k=3)
    assert [looked.error is None for looked in found.targets] == [True, False, False]
    assert not list(tmp_path.iterdir())
    told = of_plan(found)["targets"]
    assert told[0] == {"target": targets[0], "reachable": True, "why": None}
    assert told[1]["why"].startswith(f"{targets[1]}: cannot be written, its folder does not exist")
    print_plan(found)
    said = capsys.readouterr().out
    assert f"segments to {targets[0]}: reached" in said
    assert f"segments cannot be sent: {targets[1]}: cannot be written, its folder" in said
    error = refusal(found, found.runtime)
    assert (str(error), getattr(error, "exit_code", None)) == (told[1]["why"], 3)
    assert engine.plan(path, k=3).targets == ()
    with pytest.raises(ConfigError, match=r"is the file of input\.path"):
        engine.plan(path, {"output.segments": path}, k=3)
