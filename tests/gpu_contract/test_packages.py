"""What is installed is what a GPU extra asks for: one CUDA, one Faiss, each in its version.

`make gpu-contract` makes the environment of CUDA 12; these tests hold for that of CUDA 13 too.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions, packages_distributions, version

import cupy
import numpy as np
import pytest
from environment import ROOT, requirements
from packaging.requirements import Requirement

from engine.places.packages import LEAST_DRIVER, cuda_versions, mismatches, packages

NAMES = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in distributions()}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CUDA = 13 if "cudf-cu13" in NAMES else 12
EXTRA = PROJECT["optional-dependencies"]["gpu-cu13" if CUDA == 13 else "gpu"]


@pytest.mark.parametrize("pin", EXTRA)
def test_a_pin_is_met(pin):
    wanted = Requirement(pin)
    assert wanted.specifier.contains(version(wanted.name), prereleases=True)


@pytest.mark.skipif(CUDA == 13, reason="this environment is not that of make gpu-contract")
def test_the_environment_holds_the_extra():
    assert set(EXTRA) <= set(requirements())


def test_one_cuda():
    named = {n: int(m[1]) for n in NAMES if (m := re.search(r"-cu(?:da)?(\d\d)x?$", n))}
    assert set(named.values()) == {CUDA}, named
    toolkits = {n: v for n, v in NAMES.items() if n.startswith(("cuda-toolkit", "cuda-bindings"))}
    assert toolkits
    assert all(v.startswith(f"{CUDA}.") for v in toolkits.values()), toolkits


def test_at_most_one_faiss_and_that_of_the_cuda():
    wheels = packages_distributions().get("faiss", [])
    assert wheels == (["faiss-gpu"] if CUDA == 12 else [])


def test_the_doctor_finds_nothing_to_mend():
    driver = LEAST_DRIVER[CUDA]
    assert mismatches(packages(), driver) == []
    assert set(cuda_versions(packages()).values()) == {CUDA}
    assert mismatches(packages(), (driver[0] - 100, 0))


def test_numpy_is_old_enough_for_numba():
    assert tuple(map(int, np.__version__.split(".")[:2])) <= (2, 4)


def test_errors_are_of_the_kinds_that_are_caught():
    assert issubclass(cupy.cuda.runtime.CUDARuntimeError, RuntimeError)
    assert issubclass(cupy.cuda.memory.OutOfMemoryError, MemoryError)


def test_cuml_refuses_what_is_kept_from_it():
    """The reason for a branch of ours, which goes when it does."""
    from contract_binding import text_of
    from contract_kinds import Known
    from cuml.decomposition import PCA

    assert "ensure_min_features=2" in text_of(Known(PCA, "PCA"))
