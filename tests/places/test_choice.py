"""Which place a run takes: packages that clash are a reason, told before anything is imported."""

from __future__ import annotations

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

GOOD = {
    "cudf-cu12": "26.10.2",
    "cuml-cu12": "26.10.0",
    "cupy-cuda12x": "14.2.0",
    "numba": "0.64.0",
    "numpy": "2.4.6",
}
CLASHES = [
    ({"cupy-cuda13x": "14.2.0"}, (580, 65), "cupy-cuda12x and cupy-cuda13x are both installed"),
    ({}, (470, 82), "the NVIDIA driver is too old for CUDA 12, which needs 525.60 or newer"),
    ({"cupy-cuda12x": None}, (580, 65), "the metadata of cupy-cuda12x is damaged"),
]
BESIDE = [
    {"numpy": "2.5.0"},
    {"faiss-cpu": "1.12.0", "faiss-gpu": "1.15.1"},
    {"cuml-cu12": "26.08.0"},
    {"cudf-cu13": "26.10.2"},
    {"dask-cuda": None},
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


@pytest.mark.parametrize("packages", BESIDE)
def test_what_clashes_beside_a_good_cupy_refuses_nothing(machine, packages):
    machine(packages, (580, 65))
    assert choose(compute("auto")).reason == "auto: CUDA was started"
    assert machine.calls == [1]


@pytest.mark.parametrize("name", ["cudf", "cuml", "rmm", "faiss", "dask_cuda"])
def test_cupy_is_enough(machine, monkeypatch, name):
    machine({}, (580, 65))
    monkeypatch.setattr(device, "find_spec", lambda asked: None if asked == name else asked)
    assert choose(compute("auto")).reason == "auto: CUDA was started"


def test_without_cupy_the_extra_is_named(machine, monkeypatch):
    machine({}, (580, 65))
    monkeypatch.setattr(device, "find_spec", lambda _: None)
    with pytest.raises(PlaceError) as caught:
        choose(compute("gpu"))
    assert str(caught.value) == (
        "compute.device is gpu, but CuPy is not installed (pip install 'engine-segments[cupy]', or "
        "cupy-cu13 for CUDA 13); set compute.device to cpu or auto to run without one."
    )


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
    """Give a CUDA that starts, and whose libraries may be missing."""

    def made(error: Exception | None = None) -> None:
        def ones(shape):
            if error:
                raise error
            return np.ones(shape)

        runtime = SimpleNamespace(getDeviceCount=lambda: 1)
        cupy = SimpleNamespace(cuda=SimpleNamespace(runtime=runtime), ones=ones)
        monkeypatch.setitem(sys.modules, "cupy", cupy)

    return made


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (None, None),
        (RuntimeError("no context\nmore"), "CUDA does not start (no context)"),
        (
            RuntimeError("CuPy failed to load libnvrtc.so.12: OSError: not found"),
            "CUDA does not start (CuPy failed to load libnvrtc.so.12: OSError: not found); "
            "pip install 'engine-segments[cupy]' brings CUDA's libraries",
        ),
    ],
)
def test_the_trial_is_a_product_and_a_kernel(cuda, error, reason):
    cuda(error)
    assert device._why_cuda_fails() == reason


@pytest.mark.parametrize(
    ("capability", "packages", "needs"),
    [
        ((4, 9), {}, "5.0"),
        ((6, 1), {}, None),
        ((9, 0), {}, None),
        ((7, 0), {"cudf-cu12", "cuml-cu12", "cupy-cuda12x"}, "7.5"),
        ((7, 5), {"cudf-cu12", "cuml-cu12", "cupy-cuda12x"}, None),
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
