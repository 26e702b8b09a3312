"""Which place a run takes: packages that clash are a reason, told before anything is imported."""

from __future__ import annotations

import builtins
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from engine.config.loading import load_config
from engine.errors import PlaceError
from engine.places import device
from engine.places import machine as machine_module
from engine.places import packages as wheels
from engine.places.choice import choose
from engine.places.driver import Gpu
from engine.places.place import Place

GOOD = {"cudf-cu12": "26.10.2", "cuml-cu12": "26.10.0", "numba": "0.64.0", "numpy": "2.4.6"}
CLASHES = [
    ({"numpy": "2.5.0"}, (580, 65), "numba 0.64.0 does not work with NumPy 2.5.0"),
    ({"faiss-cpu": "1.12.0", "faiss-gpu": "1.15.1"}, (580, 65), "faiss-cpu and faiss-gpu"),
    ({"cupy-cuda13x": "14.2.0"}, (580, 65), "packages for CUDA 12 (cudf-cu12, cuml-cu12) and"),
    ({}, (470, 82), "the NVIDIA driver is too old for CUDA 12, which needs 525.60 or newer"),
    ({"dask-cuda": None}, (580, 65), "the metadata of dask-cuda is damaged"),
]


def compute(place: str):
    return load_config({"compute": {"device": place}}).compute


@pytest.fixture
def machine(monkeypatch):
    """Give a machine with a GPU, on which CUDA must not be started, and any packages."""

    def made(packages: dict[str, str], driver: tuple[int, int]) -> None:
        monkeypatch.setattr(wheels, "packages", lambda: GOOD | packages)
        monkeypatch.setattr(wheels, "nvidia_driver", lambda: driver)
        monkeypatch.setattr(device, "driver_trouble", lambda: None)
        monkeypatch.setattr(device, "find_spec", lambda name: name)
        monkeypatch.setattr(device, "_why_cuda_fails", started)

    def started() -> str:
        calls.append(1)
        return "CUDA was started"

    calls: list[int] = []
    made.calls = calls
    device.why_not.cache_clear()
    yield made
    device.why_not.cache_clear()


@pytest.mark.parametrize(("packages", "driver", "words"), CLASHES)
def test_auto_falls_back_and_gpu_fails_where_packages_clash(machine, packages, driver, words):
    machine(packages, driver)
    known = set(sys.modules)
    chosen = choose(compute("auto"))
    assert chosen.place == Place.CPU
    assert chosen.reason.startswith(f"auto: {words}")
    with pytest.raises(PlaceError) as caught:
        choose(compute("gpu"))
    sentence = str(caught.value)
    assert sentence.startswith(f"compute.device is gpu, but {words}")
    assert sentence.endswith("; set compute.device to cpu or auto to run without one.")
    assert sentence.count(". ") == 0
    assert machine.calls == []
    assert not {"cudf", "cuml", "cupy", "rmm"} & (set(sys.modules) - known)


def test_cuda_is_started_last_and_once(machine):
    machine({}, (580, 65))
    for _ in range(2):
        assert choose(compute("auto")).reason == "auto: CUDA was started"
    assert machine.calls == [1]


REFUSED = "the GPU's memory cannot be taken (std::bad_alloc; close other programs on it)"


@pytest.fixture
def usable(machine, monkeypatch):
    """Give a machine where CUDA starts, and whose memory ends when the pool is opened."""
    machine({}, (580, 65))
    monkeypatch.setattr(device, "_why_cuda_fails", lambda: None)

    def opened(**_):
        raise PlaceError(REFUSED)

    monkeypatch.setattr(device, "open_device", opened)
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace())


def test_auto_falls_back_where_the_memory_cannot_be_had(usable):
    chosen = choose(compute("auto"))
    assert (chosen.place, chosen.reason) == (Place.CPU, f"auto: {REFUSED}")
    assert chosen.xp is np
    with pytest.raises(PlaceError) as caught:
        choose(compute("gpu"))
    assert str(caught.value) == (
        f"compute.device is gpu, but {REFUSED}; set compute.device to cpu or auto to run "
        "without one."
    )


@pytest.fixture
def cuda(monkeypatch):
    """Give a CUDA that starts, and packages of which one cannot be imported."""

    def made(broken: str | None, error: Exception) -> None:
        def imported(name, *arguments, **keywords):
            if name == broken:
                raise error
            return real(name, *arguments, **keywords)

        monkeypatch.setattr(builtins, "__import__", imported)

    runtime = SimpleNamespace(getDeviceCount=lambda: 1)
    cupy = SimpleNamespace(cuda=SimpleNamespace(runtime=runtime), zeros=np.zeros)
    for name in ("cudf", "cuml", "rmm"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace())
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    real = builtins.__import__
    return made


@pytest.mark.parametrize("broken", ["cudf", "cuml", "rmm"])
def test_the_trial_imports_all_that_a_run_needs(cuda, broken):
    cuda(None, ImportError())
    assert device._why_cuda_fails() is None
    for error in (ImportError("libcuml++.so: cannot open\nmore"), RuntimeError("no context")):
        cuda(broken, error)
        reason = device._why_cuda_fails()
        assert reason.startswith("the RAPIDS packages cannot be imported (")
        assert str(error).splitlines()[0] in reason
        assert "\n" not in reason


@pytest.mark.parametrize(
    ("capability", "packages", "needs"),
    [
        ((6, 0), {}, "7.0"),
        ((7, 0), {}, None),
        ((9, 0), {}, None),
        ((7, 0), {"cudf-cu12": None, "cuml-cu12": None}, "7.5"),
        ((7, 5), {"cudf-cu12": None, "cuml-cu12": None}, None),
    ],
)
def test_a_gpu_that_is_too_old_is_named_before_cuda_starts(
    machine, monkeypatch, capability, packages, needs
):
    machine({}, (580, 65))
    installed = {k: v for k, v in GOOD.items() if k not in packages}
    installed |= {k.replace("12", "13"): GOOD[k] for k in packages}
    monkeypatch.setattr(wheels, "packages", lambda: installed)
    monkeypatch.setattr(wheels, "gpus", lambda: [Gpu("NVIDIA Old", 16 << 30, capability)])
    reason = choose(compute("auto")).reason
    if needs is None:
        assert reason == "auto: CUDA was started"
        return
    found = ".".join(map(str, capability))
    assert reason.startswith(f"auto: the GPU (NVIDIA Old, compute capability {found}) is too old")
    assert f"which needs {needs} or newer" in reason
    assert machine.calls == []


@pytest.mark.parametrize(
    ("init", "count", "words"),
    [
        (0, 0, "the NVIDIA driver reports no GPU"),
        (100, 0, "the NVIDIA driver reports no GPU"),
        (802, 0, "the NVIDIA driver does not start: error 802 (the system is not ready; start the"),
        (803, 0, "the NVIDIA driver does not start: error 803 (the kernel's driver and its"),
        (36, 0, "the NVIDIA driver does not start: error 36 (see CUresult"),
        (0, 2, None),
    ],
)
def test_the_drivers_error_is_named(monkeypatch, init, count, words):
    class Driver:
        def cuInit(self, flags):
            return init

        def cuDeviceGetCount(self, found):
            found._obj.value = count
            return 0

    monkeypatch.setattr(machine_module.ctypes, "CDLL", lambda name: Driver())
    assert machine_module.driver_device_count() == (0 if init else count)
    device.why_not.cache_clear()
    monkeypatch.setattr(device, "_why_cuda_fails", lambda: "CUDA was started")
    monkeypatch.setattr(device, "find_spec", lambda name: name)
    monkeypatch.setattr(wheels, "clash", lambda: None)
    reason = choose(compute("auto")).reason
    device.why_not.cache_clear()
    assert reason.startswith(f"auto: {words or 'CUDA was started'}")
