"""What is installed is what the GPU extra asks for: one CUDA, one Faiss, each in its version."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions, packages_distributions, version

import cupy
import numpy as np
import pytest
from environment import ROOT, requirements
from packaging.requirements import Requirement

NAMES = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in distributions()}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("pin", PROJECT["optional-dependencies"]["gpu"])
def test_a_pin_is_met(pin):
    wanted = Requirement(pin)
    assert wanted.specifier.contains(version(wanted.name), prereleases=True)


def test_the_environment_holds_the_extra():
    assert set(PROJECT["optional-dependencies"]["gpu"]) <= set(requirements())


def test_one_cuda_and_it_is_12():
    assert [n for n in NAMES if n.endswith("-cu12")]
    assert not [n for n in NAMES if re.search(r"(-cu1[013]|cuda1[013]x|-cu11)$", n)]
    toolkits = {n: v for n, v in NAMES.items() if n.startswith(("cuda-toolkit", "cuda-bindings"))}
    assert all(v.startswith("12.") for v in toolkits.values()), toolkits


def test_one_faiss():
    assert packages_distributions()["faiss"] == ["faiss-gpu"]


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
