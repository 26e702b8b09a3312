"""NVRTC compiles every source for every architecture, within the limits of registers and memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cuda.module import SOURCES, STATIC_SHARED
from tests.cuda_on_cpu import nvrtc
from tests.cuda_on_cpu.nvrtc import CompileError, compiled, taken

pytestmark = pytest.mark.skipif(nvrtc.library() is None, reason="the wheel of NVRTC is missing")

FILES = sorted(file.name for file in SOURCES.glob("*.cu"))
MOST_REGISTERS, REGISTERS_OF_AN_SM = 255, 65_536

MOST_STACK = 48
"""Bytes of a thread that may lie in local memory: a few registers of passes that add up inertia,
too, which no iteration asks for."""


@pytest.mark.long
@pytest.mark.parametrize("architecture", nvrtc.ARCHITECTURES)
@pytest.mark.parametrize("file", FILES)
def test_kernels_stay_within_limits(file, architecture):
    for said, found in nvrtc.all_taken(file, architecture):
        print(file, architecture, said, found)
        assert 0 < found.registers <= MOST_REGISTERS
        assert found.registers * found.threads <= REGISTERS_OF_AN_SM
        assert found.stack <= MOST_STACK * ("inertia" in said), said
        assert found.shared <= STATIC_SHARED


def test_what_is_read_is_what_the_compiler_says():
    text = """extern "C" __global__ void __launch_bounds__(96) a(int* x) {
        __shared__ int room[100];
        int stack[500];
        for (int i = 0; i < 500; ++i) stack[i] = x[i];
        room[threadIdx.x] = x[threadIdx.x];
        __syncthreads();
        x[threadIdx.x] = room[x[threadIdx.x]] + stack[x[0] + x[1]];
    }
    extern "C" __global__ void b(int* x) { x[0] = 1; }"""
    a, b = taken(compiled(text, "sm_90"))
    assert (a.kernel, a.threads, a.stack, b.kernel) == ("a", 96, 2000, "b")
    assert a.shared >= 400  # what sm_90 keeps of it for itself is counted
    assert (b.stack, b.shared) == (0, 0) or b.shared <= 1024
    assert 4 <= b.registers < a.registers
    with pytest.raises(CompileError, match="nonsense"):
        compiled("__global__ void f() { nonsense; }", "sm_90")


def test_numbers_below_the_least_normal_one_are_flushed_as_cupy_has_it(monkeypatch):
    text = """extern "C" __global__ void a(float* x) { x[0] = x[1] * x[2]; }"""
    flushed = compiled(text, "sm_90")
    monkeypatch.setattr(nvrtc, "OWN_OPTIONS", ("-ftz=false",))
    assert flushed != compiled(text, "sm_90")


def test_the_page_has_the_table():
    """Its rows name every source; numbers are those of the compiler of that day."""
    page = Path(__file__).parents[2].joinpath("docs/gpu_kernels.md").read_text("utf-8")
    for file in FILES:
        assert f"| `{file}` |" in page, file
