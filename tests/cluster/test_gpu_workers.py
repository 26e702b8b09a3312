"""GPUs of workers: what they say of them, who may use them, what is said where there are none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.cluster import gpu, worker
from engine.cluster.gpu import on_gpus, own_gpus, start_gpu_workers, taken_by_others
from engine.cluster.gpu_worker import Opener
from engine.cluster.worker import own
from engine.errors import PlaceError
from engine.places.parts import ALONE
from engine.places.place import Place
from tests.cluster import standing_gpu


def place_there() -> str:
    return str(own().place)


def no_gpu(_worker):
    raise OSError("no such device\nand more")


def same_gpu(_worker):
    return worker.OwnGpu(standing_gpu.place(), "0000:01:00.0")


def test_workers_use_their_gpus_only_while_a_run_does(cluster):
    client = cluster.members.client
    assert taken_by_others(client) is None
    with on_gpus(client, standing_gpu.opened):
        assert set(client.run(place_there).values()) == {Place.GPU}
        assert "serve another run on their GPUs" in taken_by_others(client)
    assert set(client.run(place_there).values()) == {Place.CPU}
    assert taken_by_others(client) is None


def test_what_a_killed_run_left_is_taken_away(cluster):
    client = cluster.members.client
    name = f"{gpu._PLUGIN}Client-that-is-gone"
    client.register_plugin(gpu._plugin(standing_gpu.opened), name=name)
    assert set(client.run(place_there).values()) == {Place.GPU}
    assert taken_by_others(client) is None
    assert set(client.run(place_there).values()) == {Place.CPU}


@pytest.mark.long
@pytest.mark.faults
def test_a_worker_that_starts_anew_opens_its_gpu_before_its_first_task(cluster):
    client = cluster.members.client
    with on_gpus(client, standing_gpu.opened):
        client.restart_workers(list(client.scheduler_info(n_workers=-1)["workers"]), timeout=60)
        assert list(client.run(place_there).values()) == [Place.GPU] * 2


@pytest.mark.parametrize(
    ("opener", "told"),
    [
        (no_gpu, r"^2 of 2 workers have no GPU to use \(tcp://.*: no such device; tcp://"),
        (same_gpu, r"^the workers tcp://.* and tcp://.* share one GPU"),
        (Opener(ours=False), "it was not started by dask-cuda"),
    ],
)
def test_gpus_that_cannot_be_used_are_named(cluster, opener, told):
    client = cluster.members.client
    with pytest.raises(PlaceError, match=told), on_gpus(client, opener):
        pass
    assert taken_by_others(client) is None


def test_a_worker_that_lost_its_gpu_ends_the_task_with_the_reason():
    worker.take_gpu("the GPU has only 0.1 GiB of memory free")
    try:
        with pytest.raises(PlaceError, match=r"0\.1 GiB"):
            own()
    finally:
        worker.leave_gpu()
    assert own().place is Place.CPU


def test_workers_of_two_machines_may_have_gpus_at_the_same_address():
    told = {f"tcp://10.0.0.{i}:40{i}": ("0000:01:00.0", 1, "L4", ALONE) for i in range(3)}
    assert [g.worker for g in own_gpus(told)] == sorted(told)


def test_no_gpu_workers_without_a_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr(gpu, "why_not_started", lambda *_: "no NVIDIA driver was found")
    with pytest.raises(PlaceError, match=r"^no NVIDIA driver was found$"):
        start_gpu_workers(None, 1 << 30, tmp_path, "127.0.0.1")
    monkeypatch.setattr(gpu, "why_not_started", lambda *_: None)
    monkeypatch.setattr(gpu, "driver_device_count", lambda: 1)
    with pytest.raises(PlaceError, match=r"^compute\.workers is 2 and this machine has 1 GPU$"):
        start_gpu_workers(2, 1 << 30, tmp_path, "127.0.0.1")


def test_neither_dask_nor_cuda_is_imported_with_the_engine():
    names = ["engine", "engine.cluster.opening", "engine.cluster.gpu_runtime"]
    code = (
        f"import sys, {', '.join(names)}\n"
        "print(*sorted({m.split('.')[0] for m in sys.modules} & {'cupy', 'cudf', 'rmm', 'dask',"
        " 'distributed', 'dask_cuda'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
