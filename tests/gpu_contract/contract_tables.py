"""What the source alone does not say, each entry with its reason; one that is unused fails."""

from __future__ import annotations

from typing import Any

import cudf
import cupy
import faiss
import rmm
from contract_kinds import ARRAY, HOST, PLAIN, Instance, Known, Several
from pyarrow.parquet import FileMetaData, RowGroupMetaData

from engine.cluster.spread import Spread
from engine.places.runtime import Runtime

_Kinds = dict[Any, tuple[Any, str]]

PLACE_CODE: dict[str, dict[str, str]] = {
    "engine/places/device.py": {"*": "all of it runs on a GPU, and only there"},
    "engine/places/device_feed.py": {"*": "all of it runs on a GPU, and only there"},
    "engine/data_preparation/reading/device_blocks.py": {
        "*": "all of it runs on a GPU, and only there"
    },
    "engine/clustering/ann_methods/gpu.py": {"*": "all of it runs on a GPU, and only there"},
    "engine/clustering/kmeans/gpu.py": {"*": "all of it runs on a GPU, and only there"},
    "engine/clustering/spectral/gpu.py": {"*": "all of it runs on a GPU, and only there"},
    "engine/clustering/spectral/graph.py": {"thinness": "is given squares of a chunk's rows"},
    "engine/places/runtime.py": {
        "get": "is given what lies on the device",
        "store": "is given blocks that lie on the device",
        "take": "indexes arrays that lie on the device",
    },
}
"""Functions that meet device arrays without naming a GPU library or an array namespace."""

KINDS: _Kinds = {
    ("engine/places/runtime.py", "frame"): (PLAIN, "a Narwhals frame: see test_frames.py"),
    ("engine/places/runtime.py", "dtype"): (PLAIN, "a NumPy data type"),
    ("engine/places/runtime.py", "frame.to_native()"): (
        Instance(cudf.DataFrame),
        "the frames of a GPU are cuDF's; only `matrix` takes one out of its wrapper",
    ),
    **{
        ("engine/data_preparation/features/visiting.py", rows): (
            Instance(Spread),
            "rows that are spread, wherever anything but a slice is asked of them",
        )
        for rows in ("identity.priority", "identity.keep", "r")
    },
    ("engine/cluster/gpu_worker.py", "worker"): (PLAIN, "Dask's worker"),
    ("engine/clustering/kmeans/gpu.py", "params"): (PLAIN, "settings, as a class tells there"),
    ("engine/evaluation/moments.py", "pieces"): (
        Instance(Spread),
        "labels that are spread, as the line above says",
    ),
    ("engine/places/device.py", "memory"): (
        Instance(rmm.mr.PoolMemoryResource),
        "is asked only for what it was found to have",
    ),
    ("engine/places/device_rows.py", "frame"): (
        Instance(cudf.DataFrame),
        "of what lies on a GPU only cuDF's frames have `to_pandas`",
    ),
    ("engine/data_preparation/features/by_kernel.py", "series"): (
        Instance(cudf.Series),
        "a column of a frame that lies on a GPU",
    ),
    ("engine/cuda/module.py", "_module(xp, device, file, defines)"): (
        Instance(cupy.RawModule),
        "its line: a module of CuPy's",
    ),
    ("engine/data_preparation/reading/device_blocks.py", "block"): (PLAIN, "a Polars frame"),
    ("engine/data_preparation/reading/device_blocks.py", "frame"): (
        Instance(cudf.DataFrame),
        "what `_read` gives",
    ),
    ("engine/clustering/ann_methods/gpu.py", "index"): (
        Instance(faiss.GpuIndex),
        "what `on_gpu` gives: either of its two classes is one",
    ),
    ("engine/clustering/ann_methods/gpu.py", "_resources()"): (
        Instance(faiss.StandardGpuResources),
        "its last line",
    ),
    ("engine/clustering/ann_methods/rows.py", "index"): (
        Instance(faiss.GpuIndex),
        "its docstring; of those on a CPU the tests elsewhere run",
    ),
    ("engine/clustering/ann_methods/index.py", "self.faiss"): (
        Instance(faiss.GpuIndexIVFFlat),
        "what `on_gpu` gives: of what is asked of it here, the flat one has its share",
    ),
    ("engine/clustering/ann_methods/index.py", "linked"): (
        Instance(faiss.IndexHNSWFlat),
        "`on_gpu` refuses that kind, so it is one of a CPU",
    ),
    ("engine/clustering/ann_methods/index.py", "empty(kind, x.shape[1], n_lists(len(x)), seed)"): (
        Instance(faiss.GpuIndexIVFFlat),
        "what `on_gpu` gives: only this one is trained",
    ),
    ("engine/clustering/ann_methods/index.py", "flat"): (
        Instance(faiss.GpuIndexFlatL2),
        "what `on_gpu` gives for that kind",
    ),
    ("tests/parity/test_runs.py", "model.assign(shop)"): (PLAIN, "a table: it is given a file"),
}
"""What an expression holds where neither an assignment nor an annotation tells."""

RETURNS: _Kinds = {
    "Runtime.reduce": (HOST, "its docstring: in host memory"),
    "DataFrame.to_cupy": (ARRAY, "its annotation"),
    "DataFrame.astype": (Instance(cudf.DataFrame), "its docstring"),
    "RawModule.get_function": (Instance(cupy.RawKernel), "its docstring"),
    "Series.astype": (Instance(cudf.Series), "its docstring"),
    "Series.fillna": (Instance(cudf.Series), "its docstring, of a number"),
    "Series.notna": (Instance(cudf.Series), "its docstring"),
    "Series.to_cupy": (ARRAY, "its annotation"),
    "cudf.read_csv": (Instance(cudf.DataFrame), "its annotation"),
    "cudf.read_parquet": (Instance(cudf.DataFrame), "its docstring"),
    "ndarray.get": (HOST, "the copy in host memory"),
    "ndarray.tolist": (PLAIN, "a list of numbers"),
    "pyarrow.parquet.read_metadata": (Instance(FileMetaData), "its docstring"),
    "FileMetaData.row_group": (Instance(RowGroupMetaData), "its docstring"),
    "cupy.get_default_memory_pool": (Instance(cupy.cuda.MemoryPool), "its docstring"),
    "cupy.cuda.get_current_stream": (Instance(cupy.cuda.Stream), "its docstring"),
    "cupy.linalg.eigh": (Several((ARRAY, ARRAY)), "its docstring: values and vectors"),
    "cupy.linalg.norm": (ARRAY, "its docstring"),
    "cupy.linalg.qr": (Several((ARRAY, ARRAY)), "its docstring, for the default mode"),
    "cupy.random.default_rng": (Instance(cupy.random.Generator), "its docstring"),
    "cupy.cuda.runtime.getDeviceProperties": (PLAIN, "a dictionary"),
    "cupy.cuda.runtime.pointerGetAttributes": (
        Instance(cupy.cuda.runtime.PointerAttributes),
        "its docstring",
    ),
    "engine.clustering.ann_methods.library.library": (
        Known(faiss, "faiss"),
        "its docstring: Faiss itself",
    ),
    "cupy.cuda.runtime.memGetInfo": (Several((PLAIN, PLAIN)), "free and total bytes"),
}
"""What calls give, other than an object of a class that is called or a CuPy array."""

ATTRIBUTES: _Kinds = {
    "ndarray.T": (ARRAY, "a view"),
    "ndarray.shape": (PLAIN, "a tuple of numbers"),
    "ndarray.dtype": (PLAIN, "a NumPy data type"),
    "ndarray.size": (PLAIN, "a number"),
    "ndarray.data": (Instance(cupy.cuda.MemoryPointer), "the documentation of cupy.ndarray"),
    "GpuIndexIVFFlat.cp": (Instance(faiss.ClusteringParameters), "a base of its C++ class"),
    "IndexIVFFlat.cp": (Instance(faiss.ClusteringParameters), "a base of its C++ class"),
    "IndexHNSWFlat.hnsw": (Instance(faiss.HNSW), "a field of its C++ class"),
    "GpuIndexIVFFlat.quantizer": (Instance(faiss.Index), "a field of a base of its C++ class"),
    "Series.dtype": (PLAIN, "a NumPy data type, of numbers"),
    "Series.has_nulls": (PLAIN, "whether some are missing"),
    "DataFrame.columns": (PLAIN, "names: a pandas Index"),
    "FileMetaData.num_row_groups": (PLAIN, "a number"),
    "RowGroupMetaData.num_rows": (PLAIN, "a number"),
}
"""What attributes of library objects hold."""

NUMPY_ON_PURPOSE: _Kinds = {
    (
        "engine/clustering/ann_methods/index.py",
        "np.ascontiguousarray(rows - self.shift, dtype=np.float32)",
    ): (HOST, "only for rows in host memory"),
    ("engine/places/device_feed.py", "np.ascontiguousarray(part)"): (
        HOST,
        "only for blocks in host memory",
    ),
    **{
        (f"engine/clustering/{file}.py", call): (HOST, "only where rows lie in host memory")
        for file, call in (
            ("kmeans/passes", "np.bincount(labels, weight, minlength=k)"),
            ("label_sums", "np.bincount(labels, weights, k)"),
            ("label_sums", "np.bincount(labels, wide[:, c], k)"),
            ("spectral/bipartite", "np.bincount(index.ravel(), affinity.ravel(), m)"),
        )
    },
    ("engine/places/runtime.py", "np.asarray(array.get() if hasattr(array, 'get') else array)"): (
        HOST,
        "copied to host memory first",
    ),
}
"""NumPy's functions on what may lie on a device, where CuPy would refuse the conversion."""

OPTIONS: dict[tuple[str, int | str], str] = {
    ("cupy.einsum", 0): "subscripts: any formula; parsed by CuPy itself in test_calls.py",
}
"""Text arguments that are no option to be found in the library's source."""

SEQUENCES: dict[str, str] = {
    "cupy.concatenate": "its docstring: arrays to be joined",
    "cupy.stack": "its docstring: sequence of arrays to be stacked",
}
"""CuPy's functions that take several arrays as one argument, as NumPy's do."""

IMPORTED_BY_TEXT: dict[tuple[str, str], str] = {}
"""Imports whose module the source does not tell."""

ASKED_BY_TEXT: dict[tuple[str, str], str] = {
    ("engine/cluster/travelling.py", "getattr(xp, name)"): (
        "a name that a pass asks of its library by itself, on its way to a worker"
    ),
}
"""Names that are asked of what may be a library by text."""

FIXTURES: _Kinds = {
    "gpu": (Instance(Runtime), "tests/parity/conftest.py"),
    "runtime": (Instance(Runtime), "tests/parity/conftest.py"),
    "in_blocks": (Instance(Runtime), "tests/parity/conftest.py"),
}
"""Parameters of the parity tests that are places."""
