"""What runs kernels without a GPU: it shows a kernel's mistakes, and refuses what CUDA refuses."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cuda_on_cpu import raw_module
from tests.cuda_on_cpu.raw_module import CompileError, LaunchError, RawModule
from tests.cupy_by_numpy import DeviceArray

pytestmark = pytest.mark.skipif(raw_module.compiler() is None, reason="no g++ here")

KERNELS = """
// Each row of 64 numbers the other way round, through shared memory.
extern "C" __global__ void __launch_bounds__(64) turned(float* x, int beyond, int skip) {
    extern __shared__ float room[];
    float* row = x + blockIdx.x * 64LL;
    room[threadIdx.x + beyond] = row[threadIdx.x];
    if (!skip) __syncthreads();
    row[threadIdx.x] = room[63 - threadIdx.x];
}

extern "C" __global__ void halves(float* x, int how) {
    __shared__ float room[2][32];
    room[threadIdx.x / 32][threadIdx.x % 32] = x[threadIdx.x];
    if (how == 1 && threadIdx.x == 7) return;
    if (how == 2 && threadIdx.x >= 32) {
        __syncthreads();
    } else {
        __syncthreads();
    }
    if (how == 3 && threadIdx.x == 0) room[1][32] = 1;
    x[threadIdx.x] = room[1 - threadIdx.x / 32][threadIdx.x % 32];
}

extern "C" __global__ void warps(double* x, unsigned* votes, int how) {
    double v = x[threadIdx.x];
    if (how == 1 && threadIdx.x == 40) return;
    if (how == 2 && threadIdx.x % 2) v = __shfl_sync(0xffffffffu, v, 0);
    for (int by = 16; by; by /= 2) v += __shfl_xor_sync(0xffffffffu, v, by);
    unsigned even = __ballot_sync(0xffffffffu, threadIdx.x % 2 == 0);
    if (threadIdx.x % 32 < 8) v = __shfl_down_sync(0xffu, v + threadIdx.x, 1, 8);
    x[threadIdx.x] = v;
    votes[threadIdx.x] = even;
}

extern "C" __global__ void uninitialised(float* x) {
    extern __shared__ float room[];
    x[threadIdx.x] = room[threadIdx.x];
}

extern "C" __global__ void fours(const float* x, float* y, int from) {
    const float4 v = *reinterpret_cast<const float4*>(x + from);
    y[0] = v.x + v.y + v.z + v.w;
}

template <typename T, int TIMES> __global__ void times(T* x, long long n) {
    const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i < n) x[i] = TIMES * x[i];
}

extern "C" __global__ void counted(const int* x, int* counts) {
    atomicAdd(counts + x[threadIdx.x], 1);
}
"""


def kernel(name: str, *expressions: str):
    given = {"name_expressions": expressions} if expressions else {}
    return RawModule(code=KERNELS, options=("-std=c++17",), **given).get_function(name)


def rows(n: int, dtype=np.float32) -> DeviceArray:
    return DeviceArray(np.arange(n, dtype=dtype))


NO, ONE = np.int32(0), np.int32(1)


def test_threads_share_memory_and_wait_for_each_other():
    x = rows(192)
    kernel("turned")((3,), (64,), (x, NO, NO), shared_mem=256)
    assert np.array_equal(x.held, np.arange(192.0).reshape(3, 64)[:, ::-1].ravel())


def test_what_is_written_beyond_shared_memory_is_an_error():
    with pytest.raises(LaunchError, match=r"turned: block \(0, 0\): written beyond its shared"):
        kernel("turned")((3,), (64,), (rows(192), ONE, NO), shared_mem=256)
    with pytest.raises(LaunchError, match="beyond its shared memory"):
        kernel("turned")((3,), (64,), (rows(192), NO, NO), shared_mem=252)
    with pytest.raises(LaunchError, match="beyond its shared memory"):
        kernel("halves")((1,), (64,), (rows(64), np.int32(3)))


def test_a_barrier_that_is_missing_shows(monkeypatch):
    """In one of the two orders of threads, which a test of a kernel tries both."""
    found = []
    for order in (False, True):
        monkeypatch.setattr(raw_module, "ORDER", [order])
        x = rows(64)
        kernel("turned")((1,), (64,), (x, NO, ONE), shared_mem=256)
        found.append(np.array_equal(x.held, np.arange(63.0, -1, -1)))
    assert not all(found)


@pytest.mark.parametrize(
    ("how", "said"),
    [(1, "threads ended while others wait at the barrier in line"),
     (2, "threads of a block wait at barriers in lines")],
)  # fmt: skip
def test_a_divergent_barrier_is_an_error(how, said):
    x = rows(64)
    kernel("halves")((1,), (64,), (x, NO))
    assert np.array_equal(x.held, (np.arange(64) + 32) % 64)
    with pytest.raises(LaunchError, match=said):
        kernel("halves")((1,), (64,), (x, np.int32(how)))


def test_lanes_of_a_warp_exchange():
    x, votes = rows(64, np.float64), DeviceArray(np.zeros(64, np.uint32))
    kernel("warps")((1,), (64,), (x, votes, NO))
    sums = [float(np.arange(32).sum()), float(np.arange(32, 64).sum())]
    assert x.held[[31, 63]].tolist() == sums
    assert x.held[:8].tolist() == [sums[0] + i for i in (1, 2, 3, 4, 5, 6, 7, 7)]
    assert set(votes.held.tolist()) == {0x55555555}


@pytest.mark.parametrize("how", [1, 2])
def test_lanes_that_do_not_meet_are_an_error(how):
    votes = DeviceArray(np.zeros(64, np.uint32))
    with pytest.raises(LaunchError, match="lanes of a warp wait for others of their mask"):
        kernel("warps")((1,), (64,), (rows(64, np.float64), votes, np.int32(how)))
    with pytest.raises(LaunchError, match="a mask names lanes that the block does not have"):
        kernel("warps")((1,), (48,), (rows(64, np.float64), votes, NO))


def test_shared_memory_begins_as_nan():
    x = rows(32)
    kernel("uninitialised")((1,), (32,), (x,), shared_mem=128)
    assert np.isnan(x.held).all()


def test_a_misaligned_address_is_an_error():
    x = DeviceArray(np.arange(64, dtype=np.float32))
    start = -x.held.ctypes.data // 4 % 4
    y = rows(1)
    kernel("fours")((1,), (1,), (x, y, np.int32(start)))
    assert y.held[0] == 4 * start + 6
    with pytest.raises(LaunchError, match=r"fours: line \d+: an address is not aligned"):
        kernel("fours")((1,), (1,), (x, y, np.int32(start + 1)))


def test_templates_are_asked_for_by_expressions():
    x, n = rows(5, np.int64), 5
    kernel("times<long long, 3>", "times<long long, 3>")((2,), (4,), (x, n))
    assert x.held.tolist() == [0, 3, 6, 9, 12]


def test_integers_are_counted_by_atomics():
    counts = DeviceArray(np.zeros(3, np.int32))
    kernel("counted")((1,), (64,), (DeviceArray(np.arange(64, dtype=np.int32) % 3), counts))
    assert counts.held.tolist() == [22, 21, 21]
    floats = 'extern "C" __global__ void f(float* x) { atomicAdd(x, 1.f); }'
    with pytest.raises(CompileError, match="no fixed order"):
        RawModule(code=floats).get_function("f")


def test_what_cuda_refuses_is_refused():
    run, x = kernel("uninitialised"), rows(2048)
    for grid, block, shared in (
        ((1,), (1025,), 128), ((1, 65_536), (32,), 128), ((1,), (32,), (48 << 10) + 4),
    ):  # fmt: skip
        with pytest.raises(LaunchError, match="CUDA_ERROR_INVALID_VALUE"):
            run(grid, block, (x,), shared_mem=shared)
    run.max_dynamic_shared_size_bytes = raw_module.SHARED_LIMIT
    run((1,), (32,), (x,), shared_mem=64 << 10)
    with pytest.raises(LaunchError, match="INVALID_VALUE"):
        run.max_dynamic_shared_size_bytes = raw_module.SHARED_LIMIT + 1
    with pytest.raises(LaunchError, match="INVALID_VALUE"):  # by its launch bounds
        kernel("turned")((1,), (96,), (x, NO, NO), shared_mem=512)
    with pytest.raises(LaunchError, match="symbol not found"):
        kernel("times")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [((rows(64, np.float64), NO, NO), "an array of float64 where the kernel takes f4"),
     ((np.zeros(64, np.float32), NO, NO), "Unsupported type"),
     ((rows(64), 0, NO), "a scalar of int64 where the kernel takes i4"),
     ((rows(64), NO, 0.5), "a scalar of float64 where the kernel takes i4"),
     ((rows(64), rows(1), NO), "an array where the kernel takes i4"),
     ((None, NO, NO), "None is garbage"),
     ((np.uintp(8), NO, NO), "a scalar of uint64 where the kernel takes pf4"),
     ((np.int64(0), NO, NO), "a scalar of int64 where the kernel takes pf4"),
     ((rows(64), np.uintp(0), NO), "a scalar of uint64 where the kernel takes i4")],
)  # fmt: skip
def test_arguments_of_other_types_are_refused(wrong, said):
    """CuPy passes an int on as int64 and a float as float64, whatever the kernel takes."""
    with pytest.raises(TypeError, match=said):
        kernel("turned")((1,), (64,), wrong, shared_mem=256)
    with pytest.raises(LaunchError, match="takes 3 arguments, not 2"):
        kernel("turned")((1,), (64,), (rows(64), NO), shared_mem=256)


def test_what_does_not_compile_is_an_error():
    with pytest.raises(CompileError, match="nonsense"):
        RawModule(code='extern "C" __global__ void f(int* x) { nonsense(x); }').get_function("f")
    with pytest.raises(CompileError, match="not known here"):
        RawModule(code=KERNELS, options=("--std=c++11",)).get_function("turned")
