"""Plans count the GPU's memory apart from the host's; figures alone, so that no GPU is needed."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from engine.config import load_config
from engine.console import print_plan
from engine.data_preparation.prepare import load
from engine.errors import MemoryLimitError
from engine.planning import check, make_plan
from engine.runtime import Place, Runtime

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


def gpu(pool: int, limit: int = 64 * GIB) -> Runtime:
    return Runtime(Place.GPU, "for the tests", 2, memory_limit=limit, device_memory=pool)


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
            plan = planned(folder / file, gpu(pool))
            assert 0 < plan.device_peak <= pool, (pool, file)
            assert plan.refusals == ()


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
    plan = planned(folder / "one-group.parquet", gpu(pool))
    (refusal,) = plan.refusals
    assert refusal.startswith("one block of rows of one-group.parquet needs about 0.")
    assert refusal.endswith(
        "write the files with smaller row groups, leave out columns (features.exclude), or set "
        "compute.device to cpu."
    )
    with pytest.raises(MemoryLimitError, match="one block of rows"):
        check(plan, gpu(pool))
    assert planned(folder / "groups.parquet", gpu(pool)).refusals == ()


def test_it_is_shown(folder, capsys):
    print_plan(planned(folder / "groups.parquet", gpu(8 * GIB)))
    assert "of 8.0 GiB of the GPU's memory" in capsys.readouterr().out
    print_plan(replace(planned(folder / "groups.parquet", Runtime(memory_limit=64 * GIB))))
    assert "GPU's memory" not in capsys.readouterr().out
