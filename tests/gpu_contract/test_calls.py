"""Every call of the engine into RAPIDS fits the real function; nothing is left unchecked."""

from __future__ import annotations

import inspect

import cupy
import numpy as np
import pytest
from contract_binding import documented, knows, label, misfit, options_unknown, real, signature
from contract_kinds import CHECKED
from contract_source import read_engine, read_outside
from contract_tables import (
    ASKED_BY_TEXT,
    ATTRIBUTES,
    FIXTURES,
    IMPORTED_BY_TEXT,
    KINDS,
    NUMPY_ON_PURPOSE,
    OPTIONS,
    PLACE_CODE,
    RETURNS,
    SEQUENCES,
)
from environment import GPU_FILE, ROOT, gpu_files

FOUND = read_engine()
CALLS = {f"{c.where}: {c.text}": c for c in FOUND.calls}


TEXTS = {(label(c.target), at, text) for c in FOUND.calls for at, text in c.options}


def test_the_source_is_read():
    files = {str(f.relative_to(ROOT)) for f in gpu_files()}
    assert {
        "engine/places/device.py",
        "engine/places/runtime.py",
        "engine/clustering/kmeans/gpu.py",
    } <= files
    assert {f"engine/clustering/spectral/{name}.py" for name in ("filter", "gpu", "graph")} <= files
    reached = {label(c.target) for c in FOUND.calls}
    assert ("cuml.cluster.KMeans", "init", "k-means++") in TEXTS
    assert {"rmm.reinitialize", "cudf.read_parquet", "cupy.einsum", "KMeans.fit"} <= reached
    assert {"cudf.read_csv", "cudf.set_option", "cupy.cuda.PinnedMemory"} <= reached
    assert {"cupyx.scipy.sparse.csr_array", "cupy.linalg.eigh", "cupy.linalg.qr"} <= reached
    assert {"cupy.linalg.norm", "cupy.lexsort", "cupy.unique", "ndarray.clip"} <= reached
    assert {"faiss.GpuIndexFlatL2", "faiss.GpuIndexIVFFlat", "faiss.index_gpu_to_cpu"} <= reached
    assert {"GpuIndex.add_c", "GpuIndex.search_c", "GpuIndexIVFFlat.train"} <= reached
    assert {"faiss.cast_integer_to_float_ptr", "StandardGpuResources.setTempMemory"} <= reached
    assert ("cudf.set_option", 0, "spill") in TEXTS
    assert len(CALLS) > 100
    assert all(GPU_FILE.search(name) for name in CHECKED)


def test_every_receiver_and_import_is_known():
    # A worker's plugin imports what the client has loaded of the engine itself, and no library.
    # What fetches data has libraries of its own, none of which knows a device.
    own = ("engine/cluster/plugins.py", "engine/data_preparation/fetching/")
    assert not [u for u in FOUND.unresolved if not u.startswith(own)]
    assert not FOUND.receivers


def test_numpy_is_not_called_on_what_may_lie_on_a_device():
    assert not FOUND.numpy_on_device


@pytest.mark.parametrize("where", sorted(CALLS))
def test_a_call_fits(where):
    assert misfit(CALLS[where]) is None


@pytest.mark.parametrize("where", sorted(w for w, c in CALLS.items() if c.options))
def test_an_option_is_one_of_the_librarys(where):
    assert not options_unknown(CALLS[where])


@pytest.mark.parametrize("formula", sorted(t for _, _, t in TEXTS if "->" in t))
def test_a_formula_is_one_that_cupy_reads(formula):
    from cupy.linalg import _einsum

    # It asks its operands for nothing but that they are arrays, which needs a device.
    held, _einsum.cupy = _einsum.cupy, np
    try:
        operands = [np.zeros((1,) * len(part)) for part in formula.split("->")[0].split(",")]
        inputs, output, _ = _einsum._parse_einsum_input((formula, *operands))
    finally:
        _einsum.cupy = held
    assert ",".join(inputs) + "->" + output == formula


@pytest.mark.parametrize(("cls", "name"), sorted({a[1:] for a in FOUND.attributes}, key=str))
def test_an_attribute_exists(cls, name):
    assert knows(cls, name)


def test_every_entry_of_the_tables_is_used(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    stated = {*KINDS, *RETURNS, *ATTRIBUTES, *NUMPY_ON_PURPOSE}
    stated |= {*SEQUENCES, *IMPORTED_BY_TEXT, *ASKED_BY_TEXT, *FIXTURES}
    stated |= {(file, name) for file, names in PLACE_CODE.items() for name in names}
    assert sorted(map(str, stated - FOUND.used - read_outside().used)) == []
    assert not set(OPTIONS) - {(name, at) for name, at, _ in TEXTS}


GPU_ASKED = ("deviceGetPCIBusId", "getDevice", "getDeviceCount", "getDeviceProperties")


def test_what_has_no_signature_is_held_against_its_documentation():
    """So that a new one is looked at by a person."""
    documented_only = set()
    for call in FOUND.calls:
        try:
            inspect.signature(real(call.target))
        except ValueError:
            documented_only.add(label(call.target))
    ours = "argmin astype clip get max mean min ravel reshape set sum take tolist transpose"
    assert documented_only == {
        *(f"ndarray.{name}" for name in ours.split()),
        *(f"cupy.{name}" for name in ("exp", "isfinite", "maximum", "minimum", "sqrt", "subtract")),
        *(f"cupy.cuda.{name}" for name in ("get_current_stream", "set_allocator")),
        *(f"cupy.cuda.runtime.{n}" for n in GPU_ASKED),
        "MemoryPool.set_limit",
        "RawModule.get_function",
        "cupy.RawModule",
        "cupy.cuda.Device",
        "cupy.cuda.PinnedMemoryPointer",
        "cupy.cuda.runtime.memGetInfo",
        "cupy.cuda.runtime.pointerGetAttributes",
    }


def test_documented_signatures_are_read():
    assert list(documented(cupy.ndarray.take).parameters) == ["self", "indices", "axis", "out"]
    assert list(documented(cupy.sqrt).parameters) == ["x", "out", "casting", "dtype"]
    assert signature(cupy.cuda.get_current_stream).parameters["device_id"].default is None
    assert documented(cupy.ndarray.shape) is None
