"""Which place a run takes: packages that clash are a reason, told before anything is imported."""

from __future__ import annotations

import sys

import pytest

from engine import device, doctor
from engine.config import load_config
from engine.errors import PlaceError
from engine.places import choose
from engine.runtime import Place

GOOD = {"cudf-cu12": "26.10.2", "cuml-cu12": "26.10.0", "numba": "0.64.0", "numpy": "2.4.6"}
CLASHES = [
    ({"numpy": "2.5.0"}, (580, 65), "numba 0.64.0 does not work with NumPy 2.5.0"),
    ({"faiss-cpu": "1.12.0", "faiss-gpu": "1.15.1"}, (580, 65), "faiss-cpu and faiss-gpu"),
    ({"cupy-cuda13x": "14.2.0"}, (580, 65), "packages for CUDA 12 (cudf-cu12, cuml-cu12) and"),
    ({}, (470, 82), "the NVIDIA driver is too old for CUDA 12, which needs 525.60 or newer"),
]


def compute(place: str):
    return load_config({"compute": {"device": place}}).compute


@pytest.fixture
def machine(monkeypatch):
    """Give a machine with a GPU, on which CUDA must not be started, and any packages."""

    def made(packages: dict[str, str], driver: tuple[int, int]) -> None:
        monkeypatch.setattr(doctor, "packages", lambda: GOOD | packages)
        monkeypatch.setattr(doctor, "nvidia_driver", lambda: driver)
        monkeypatch.setattr(device, "driver_device_count", lambda: 1)
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
    assert not {"cudf", "cuml", "cupy", "rmm"} & set(sys.modules)


def test_cuda_is_started_last_and_once(machine):
    machine({}, (580, 65))
    for _ in range(2):
        assert choose(compute("auto")).reason == "auto: CUDA was started"
    assert machine.calls == [1]
