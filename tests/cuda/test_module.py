"""Sources become kernels once, and a GPU on which they do not compile keeps CuPy's way."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from engine.cuda import module
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.cuda_on_cpu.raw_module import LaunchError

SOURCE = """#include "shared.cuh"
#include "shared.cuh"
extern "C" __global__ void twice(int* x) { x[threadIdx.x] = twofold(x[threadIdx.x]) + MORE; }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "shared.cuh").write_text("__device__ int twofold(int a) { return 2 * a; }\n")
    (tmp_path / "a.cu").write_text(SOURCE)
    (tmp_path / "wrong.cu").write_text('extern "C" __global__ void twice(int* x) { nonsense; }\n')
    monkeypatch.setattr(module, "SOURCES", tmp_path)
    module.source.cache_clear()
    yield tmp_path
    module.source.cache_clear()


def test_what_a_source_includes_stands_in_it_once(folder):
    text = module.source("a.cu")
    assert text.count("int twofold") == 1
    assert "#include" not in text


def test_a_kernel_is_compiled_once_for_what_it_is_defined_by(folder):
    xp = stand_in.made(kernels=True)
    run = module.kernel(xp, "a.cu", "twice", "-DMORE=5")
    assert module.kernel(xp, "a.cu", "twice", "-DMORE=5") is run
    x = xp.asarray(np.arange(4, dtype=np.int32))
    run((1,), (4,), (x,))
    module.kernel(xp, "a.cu", "twice", "-DMORE=0")((1,), (4,), (x,))
    assert x.get().tolist() == [10, 14, 18, 22]
    run((1,), (4,), (x,), shared_mem=module.shared_limit(xp))
    with pytest.raises(LaunchError):
        run((1,), (4,), (x,), shared_mem=module.shared_limit(xp) + 1)


def test_what_a_source_sets_aside_counts_against_the_limit(folder):
    """CUDA refuses to let a kernel have more than is left, and every kernel would be lost."""

    class Function:
        shared_size_bytes = 33_664

        def __setattr__(self, name, value):
            assert name == "max_dynamic_shared_size_bytes"
            assert value + self.shared_size_bytes == module.shared_limit(xp)
            super().__setattr__(name, value)

    xp = stand_in.made(kernels=True)
    function = Function()
    xp.RawModule = lambda **_: SimpleNamespace(get_function=lambda _: function)
    assert module.kernel(xp, "a.cu", "twice") is function
    assert "max_dynamic_shared_size_bytes" in vars(function)


def test_without_what_compiles_there_is_no_kernel(folder):
    assert module.kernel(stand_in.made(), "a.cu", "twice") is None


@pytest.mark.parametrize(("major", "compiled"), [(6, False), (7, True), (10, True)])
def test_gpus_below_sm_70_have_no_kernels(folder, monkeypatch, major, compiled):
    """Ballots of a part of a warp's lanes are not defined there."""
    monkeypatch.setattr(raw_module, "MAJOR", major)
    xp = stand_in.made(kernels=True)
    assert module.compiles(xp) == compiled
    assert (module.kernel(xp, "a.cu", "twice", "-DMORE=1") is not None) == compiled


def test_a_source_that_does_not_compile_is_told_once(folder):
    xp = stand_in.made(kernels=True)
    with pytest.warns(RuntimeWarning, match=r"^the kernel twice is not compiled, CuPy does its"):
        assert module.kernel(xp, "wrong.cu", "twice") is None
    assert module.kernel(xp, "wrong.cu", "twice") is None


def test_memory_that_is_exhausted_is_no_fault_of_the_source(folder):
    xp = stand_in.made(kernels=True)

    def exhausted(**_):
        raise MemoryError

    xp.RawModule = exhausted
    with pytest.raises(MemoryError):
        module.kernel(xp, "a.cu", "twice")
