"""A table of what goes together and what does not, of packages and drivers."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from engine.places import packages as module
from engine.places.driver import Gpu, driver_number
from engine.places.packages import (
    clash,
    clash_beside,
    clash_of_faiss,
    cuda_versions,
    mismatches,
    packages,
)

CUDA12 = {
    "cudf-cu12": "26.10.2",
    "cuml-cu12": "26.10.0",
    "rmm-cu12": "26.10.0",
    "dask-cuda": "26.10.0",
    "cupy-cuda12x": "14.2.0",
    "numba": "0.64.0",
    "numpy": "2.4.6",
}
CUDA13 = {
    "cudf-cu13": "26.10.2",
    "cuml-cu13": "26.10.0",
    "cupy-cuda13x": "14.2.0",
    "numpy": "2.4.6",
}


@pytest.mark.parametrize(
    ("installed", "driver"),
    [
        ({}, None),
        ({}, (390, 157)),
        (CUDA12, None),
        (CUDA12, (525, 60)),
        (CUDA12, (580, 65)),
        (CUDA12 | {"faiss-gpu": "1.15.1"}, (525, 60)),
        (CUDA13, (580, 0)),
        (CUDA13 | {"faiss-cpu": "1.12.0"}, (590, 1)),
        ({"cudf": "26.10.02", "cuml": "26.10.00", "cupy": "14.2.0"}, (580, 65)),
        ({"numba": "0.64.0", "numpy": "2.4.9"}, None),
        ({"numba": "0.65.0", "numpy": "2.5.0"}, None),
        ({"numpy": "2.6.0"}, None),
        ({"cupy-cuda12x": "14.10.0"}, (580, 65)),
        ({"cupy-cuda13x": "15.0.0"}, (580, 65)),
    ],
)
def test_what_goes_together(installed, driver):
    assert mismatches(installed, driver) == []


@pytest.mark.parametrize(
    ("installed", "driver", "sentence"),
    [
        (
            {"faiss-cpu": "1.12.0", "faiss-gpu": "1.15.1"},
            None,
            "faiss-cpu and faiss-gpu are both installed and overwrite each other; uninstall both, "
            "then install the one that is wanted.",
        ),
        (
            CUDA12 | {"rmm-cu13": "26.10.0"},
            (580, 65),
            "packages for CUDA 12 (cudf-cu12, cuml-cu12, cupy-cuda12x, rmm-cu12) and CUDA 13 "
            "(rmm-cu13) are mixed in one environment; install one set afresh: "
            "make gpu-install, or with CUDA=13 for CUDA 13.",
        ),
        (
            CUDA13 | {"faiss-gpu": "1.15.1"},
            (580, 65),
            "packages for CUDA 12 (faiss-gpu) and CUDA 13 (cudf-cu13, cuml-cu13, cupy-cuda13x) are "
            "mixed in one environment; install one set afresh: make gpu-install, or with CUDA=13 "
            "for CUDA 13.",
        ),
        (
            CUDA12,
            (525, 59),
            "the NVIDIA driver is too old for CUDA 12, which needs 525.60 or newer; update the "
            "driver.",
        ),
        (
            CUDA13,
            (575, 5),
            "the NVIDIA driver is too old for CUDA 13, which needs 580.00 or newer; update the "
            "driver, or run make gpu-install CUDA=12.",
        ),
        (
            {"cupy-cuda13x": "14.2.0"},
            (575, 5),
            "the NVIDIA driver is too old for CUDA 13, which needs 580.00 or newer; update the "
            "driver, or install CuPy for CUDA 12 (pip install 'engine-segments[cupy]').",
        ),
        (
            {"numba": "0.64.0", "numpy": "2.5.0"},
            None,
            "numba 0.64.0 does not work with NumPy 2.5.0, so cuDF and cuML cannot be imported; "
            "pip install 'numpy<2.5'.",
        ),
        (
            CUDA12 | {"cuml-cu12": "26.08.1"},
            (580, 65),
            "RAPIDS packages of different releases are installed: 26.08 (cuml-cu12), 26.10 "
            "(cudf-cu12, dask-cuda, rmm-cu12); install one set afresh: make gpu-install, or with "
            "CUDA=13 for CUDA 13.",
        ),
        (
            CUDA12 | {"cupy-cuda12x": "14.1.1"},
            (580, 65),
            "cupy-cuda12x 14.1.1 is too old: 14.2 or newer is needed; pip install --upgrade "
            "'cupy-cuda12x>=14.2'.",
        ),
        (
            {"cupy": "13.6.0"},
            None,
            "cupy 13.6.0 is too old: 14.2 or newer is needed; pip install --upgrade 'cupy>=14.2'.",
        ),
        (
            CUDA12 | {"dask-cuda": None},
            (580, 65),
            "the metadata of dask-cuda is damaged: it names no version; reinstall it "
            "(pip install --force-reinstall dask-cuda), or install one set afresh: "
            "make gpu-install, or with CUDA=13 for CUDA 13.",
        ),
    ],
)
def test_what_does_not(installed, driver, sentence):
    assert mismatches(installed, driver) == [sentence]


@pytest.mark.parametrize(
    ("installed", "driver", "clause"),
    [
        (CUDA12, (580, 65), None),
        (CUDA12 | {"numpy": "2.5.0"}, (580, 65), None),
        (
            CUDA12 | {"cupy-cuda13x": "14.2.0"},
            (580, 65),
            "cupy-cuda12x and cupy-cuda13x are both installed and overwrite each other; uninstall "
            "both, then install the one that is wanted (pip install 'engine-segments[cupy]', or "
            "cupy-cu13 for CUDA 13)",
        ),
        (
            CUDA13 | {"cupy-cuda13x": "14.0.1"},
            (580, 65),
            "cupy-cuda13x 14.0.1 is too old: 14.2 or newer is needed; pip install --upgrade "
            "'cupy-cuda13x>=14.2'",
        ),
        (
            CUDA13,
            (535, 104),
            "the NVIDIA driver is too old for CUDA 13, which needs 580.00 or newer; update the "
            "driver, or install CuPy for CUDA 12 (pip install 'engine-segments[cupy]')",
        ),
    ],
)
def test_a_clash_is_a_clause(monkeypatch, installed, driver, clause):
    monkeypatch.setattr(module, "packages", lambda: installed)
    monkeypatch.setattr(module, "nvidia_driver", lambda: driver)
    assert clash() == clause


def test_what_clashes_beside_cupy_is_a_clause_of_its_own(monkeypatch):
    both = {"faiss-cpu": "1.12.0", "faiss-gpu": "1.15.1"}
    monkeypatch.setattr(module, "packages", lambda: CUDA12 | both | {"numpy": "2.5.0"})
    monkeypatch.setattr(module, "nvidia_driver", lambda: (580, 65))
    assert clash() is None
    assert clash_beside().startswith("numba 0.64.0 does not work with NumPy 2.5.0")
    assert clash_of_faiss().startswith("faiss-cpu and faiss-gpu are both installed")
    monkeypatch.setattr(module, "packages", lambda: CUDA12 | {"faiss-cpu": "1.12.0"})
    assert clash_beside() is None
    assert clash_of_faiss() is None


def test_a_hidden_number_of_the_driver_is_told_by_its_cuda(monkeypatch):
    monkeypatch.setattr(module, "packages", lambda: CUDA13)
    monkeypatch.setattr(module, "nvidia_driver", lambda: None)
    monkeypatch.setattr(module, "driver_version", lambda: (12, 4))
    assert clash().startswith("the NVIDIA driver is too old for CUDA 13")
    monkeypatch.setattr(module, "driver_version", lambda: (13, 0))
    assert clash() is None


def test_every_mismatch_is_named():
    everything = CUDA12 | CUDA13 | {"cuml-cu12": "26.08.0", "numpy": "2.5.1"}
    everything |= {"faiss-cpu": "1.12.0", "faiss-gpu": "1.15.1"}
    assert len(mismatches(everything, (470, 82))) == 6


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  "
            "(dvs-builder@U22-I3-B17-02-5)  Sun Jul 27 07:19:22 UTC 2025",
            (580, 65),
        ),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  525.60.13  Wed Nov 30 2022", (525, 60)),
        ("570.86.15", (570, 86)),
        ("1020.5", (1020, 5)),
        ("", None),
        ("unknown", None),
    ],
)
def test_the_drivers_number(text, number):
    assert driver_number(text) == number


def test_the_cuda_of_packages():
    assert cuda_versions(CUDA12 | {"faiss-gpu": "1.15.1"}) == {
        "cudf-cu12": 12,
        "cuml-cu12": 12,
        "rmm-cu12": 12,
        "cupy-cuda12x": 12,
        "faiss-gpu": 12,
    }


def test_the_installed_packages_are_those_of_the_metadata():
    found = packages()
    assert found["numpy"] == version("numpy")
    assert all(version(name) == number for name, number in found.items())


@pytest.mark.parametrize(
    ("installed", "capability", "needs"),
    [
        (CUDA12, (6, 1), "7.0"),
        (CUDA12, (7, 0), None),
        (CUDA13, (7, 2), "7.5"),
        ({}, (4, 2), "5.0"),
        ({"cupy-cuda12x": "14.2.0"}, (5, 2), None),
        ({"cupy-cuda13x": "14.2.0"}, (7, 2), "7.5"),
    ],
)
def test_a_gpu_too_old(installed, capability, needs):
    gpus = [Gpu("one", 1 << 34, capability), Gpu("not used", 1 << 34, (3, 5))]
    found = mismatches(installed, (590, 1), gpus)
    assert [needs in sentence for sentence in found] == [True] * (needs is not None)
