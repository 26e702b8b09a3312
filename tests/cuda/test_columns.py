"""Columns on a device written as rows of the matrix: what the CPU's kernel makes of them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from engine.cuda import grids
from engine.cuda.columns import TYPES, Column, write_columns
from engine.native.library import library
from engine.native.tables import ASINH, LOG, PLAIN, Shape, as_numbers, shaped
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.cupy_by_numpy import DeviceArray

NAMES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32",
         "float64", "bool"]  # fmt: skip
FILL = 2.5


@pytest.fixture(scope="module")
def cupy():
    return stand_in.made(kernels=True)


def plain(**changed):
    given = {"fill": FILL, "low": -50.0, "high": 90.0, "kind": PLAIN, "unit": 3.0,
             "centre": 1.25, "scale": 0.7}  # fmt: skip
    return Shape(**(given | changed))


def values_of(name, n, seed=0):
    rng = np.random.default_rng([seed, n])
    dtype = np.dtype(name)
    if name == "bool":
        return rng.random(n) < 0.4
    if dtype.kind == "f":
        values = (100 * rng.normal(size=n)).astype(dtype)
        values[rng.random(n) < 0.1] = np.nan
        values[rng.random(n) < 0.05] = np.inf
        return values
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, n, dtype, endpoint=True)


def made(cupy, columns, shapes, n, width=None):
    """Make rows by the device's kernel; what stands beside them is kept."""
    out = DeviceArray(np.full((n, width or len(columns)), -7, np.float32))
    given = [Column(DeviceArray(v), None if k is None else DeviceArray(k)) for v, k in columns]
    assert write_columns(given, *as_numbers(shapes), out, cupy)
    return out.get()


def expected_of(columns, shapes, n):
    """Give the same by the kernel of the CPU."""
    frame = {
        str(i): pl.Series(v) if k is None else pl.Series(v).set(pl.Series(~k), None)
        for i, (v, k) in enumerate(columns)
    }
    out = np.empty((n, len(columns)), np.float32)
    if not library().instructions:
        pytest.skip(f"nothing to hold the bits against: {library().reason}")
    assert shaped(pl.DataFrame(frame), shapes, out)
    return out


@pytest.mark.parametrize("n", [1, 127, 128, 129, 1_000])
def test_plain_columns_of_every_type_have_the_bits_of_the_cpu(cupy, n):
    columns = [(values_of(name, n), None) for name in NAMES]
    shapes = [plain(low=-1e30, high=1e30, scale=0.1 + i) for i in range(len(NAMES))]
    found = made(cupy, columns, shapes, n)
    assert found.tobytes() == expected_of(columns, shapes, n).tobytes()


def test_what_is_missing_infinite_or_masked_is_filled(cupy):
    known = np.array([True, False, True, True, True])
    floats = np.array([1, 2, np.nan, -np.inf, 1e308])
    columns = [(floats, known), (np.arange(5, dtype=np.int8), known), (floats, None)]
    shapes = [plain(centre=0.0, scale=1.0)] * 3
    found = made(cupy, columns, shapes, 5)
    assert found[:, 0].tolist() == [1, FILL, FILL, FILL, 90]
    assert found[:, 1].tolist() == [0, FILL, 2, 3, 4]
    assert found[:, 2].tolist() == [1, 2, FILL, FILL, 90]
    assert found.tobytes() == expected_of(columns, shapes, 5).tobytes()


def test_bounds_may_be_none_and_a_fill_is_clipped(cupy):
    values = np.array([-1e300, 0, 1e300, np.nan])
    shapes = [plain(low=-np.inf, high=np.inf, centre=0.0, scale=1e290), plain(fill=1e6)]
    found = made(cupy, [(values, None)] * 2, shapes, 4)
    assert found[:, 0].tolist() == np.float32([-1e10, 0, 1e10, FILL * 1e-290]).tolist()
    assert found[3, 1] == np.float32((90 - 1.25) * (1 / 0.7))


@pytest.mark.parametrize("kind", [LOG, ASINH])
def test_logarithms_are_within_a_unit_of_the_cpus(cupy, kind):
    far = 1e300 if kind == LOG else 1e150  # whose square is finite
    values = np.concatenate([values_of("float64", 3_000), [0, -0.0, 1e-320, -1e-9, far, -far]])
    shape = plain(kind=kind, low=-np.inf, high=np.inf)
    n = len(values)
    found = made(cupy, [(values, None)], [shape], n)[:, 0]
    cpus = expected_of([(values, None)], [shape], n)[:, 0]
    # Two units of the logarithm, moved and scaled, and the rounding to float32 on either side.
    size = np.log1p(np.abs(np.where(np.isfinite(values), values, FILL)))
    bound = 2 * 2.0**-52 * (size + 1) / shape.scale + np.spacing(np.abs(cpus))
    assert (np.abs(found.astype(np.float64) - cpus) <= bound).all()
    assert (found == cpus).mean() > 0.99


def test_more_columns_than_a_block_holds_and_room_beside_them(cupy):
    n, width = 300, 75
    columns = [(values_of(NAMES[i % len(NAMES)], n, seed=i), None) for i in range(70)]
    shapes = [plain(centre=float(i)) for i in range(70)]
    found = made(cupy, columns, shapes, n, width)
    assert found[:, :70].tobytes() == expected_of(columns, shapes, n).tobytes()
    assert (found[:, 70:] == -7).all()


def test_columns_that_begin_anywhere_are_read(cupy):
    given = DeviceArray(values_of("int16", 200)), DeviceArray(values_of("float64", 200))
    out = DeviceArray(np.zeros((199, 2), np.float32))
    shapes = [plain(), plain()]
    assert write_columns([Column(v[1:]) for v in given], *as_numbers(shapes), out, cupy)
    columns = [(v.get()[1:], None) for v in given]
    assert out.get().tobytes() == expected_of(columns, shapes, 199).tobytes()


def test_the_order_of_blocks_does_not_matter(cupy):
    columns = [(values_of(name, 500), None) for name in NAMES]
    shapes = [plain(kind=LOG)] * len(NAMES)
    first = made(cupy, columns, shapes, 500)
    raw_module.ORDER[0] = True
    try:
        assert made(cupy, columns, shapes, 500).tobytes() == first.tobytes()
    finally:
        raw_module.ORDER[0] = False


def test_what_no_kernel_takes_is_left(cupy):
    values, out = np.arange(4.0), DeviceArray(np.zeros((4, 1), np.float32))
    how = as_numbers([plain()])

    def done(column, out=out, xp=cupy, how=how):
        return write_columns([column], *how, out, xp)

    assert done(Column(DeviceArray(values)))
    assert not done(Column(DeviceArray(values.astype(np.float16))))
    assert not done(Column(DeviceArray(np.arange(8.0))[::2]))
    assert not done(Column(DeviceArray(values[:3])))
    assert not done(Column(DeviceArray(values), DeviceArray(np.ones(4))))
    assert not done(Column(DeviceArray(values)), DeviceArray(np.zeros((4, 1))))
    assert not done(Column(DeviceArray(values)), DeviceArray(np.zeros((4, 0), np.float32)))
    assert not done(Column(DeviceArray(values[:0])), DeviceArray(np.zeros((0, 1), np.float32)))
    assert not done(Column(DeviceArray(values)), xp=stand_in.made())
    assert set(TYPES) == {np.dtype(name) for name in NAMES}


def test_launches_of_many_rows_keep_to_their_numbers():
    for n, columns in ((1, 1), (1 << 32, 64), ((1 << 38) - 128, 3), (5, 65_535 * 32)):
        rows, groups = grids.tile_grid(n, columns)
        assert rows * 128 >= n > (rows - 1) * 128
        assert groups * 32 >= columns > (groups - 1) * 32
    assert grids.tile_grid((1 << 38) - 128, 3)[0] == grids.MOST_X
    assert grids.tile_grid(1 << 38, 3) is None
    assert grids.tile_grid(5, 65_535 * 32 + 1) is None
    assert grids.tile_grid(0, 3) is grids.tile_grid(3, 0) is None
