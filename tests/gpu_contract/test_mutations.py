"""The checks find what is wrong: a piece of source with one mistake put into it at a time."""

from __future__ import annotations

import pytest
from contract_binding import knows, label, misfit, options_unknown
from contract_kinds import Found
from contract_source import read_file

SPECIMEN = """
import numpy as np

_KIND = "stable"

def run(rows: Any, k: int, sizes: np.ndarray) -> tuple[Any, Any]:
    import cudf
    import cupyx
    import rmm
    import cupy
    from cuml.cluster import KMeans
    from cuml.decomposition import PCA as CumlPCA
    from rmm.allocators.cupy import rmm_cupy_allocator

    free, total = cupy.cuda.runtime.memGetInfo()
    rmm.reinitialize(pool_allocator=True, maximum_pool_size=total)
    cupy.cuda.set_allocator(rmm_cupy_allocator)
    frame = cudf.read_parquet("a", columns=["b"], row_groups=[[0]])
    array = frame.to_cupy(dtype=np.float32)
    copies = [cupy.cuda.Stream(non_blocking=True) for _ in range(2)]
    copies[0].wait_event(cupy.cuda.Event(disable_timing=True))
    room = cupyx.empty_pinned((2, 2), dtype=np.float32)
    for part, held in zip(room, [array, rows], strict=True):
        held[:1].set(part, stream=copies[1])
    model = KMeans(n_clusters=k, init="k-means++", output_type="numpy")
    model.fit(rows)
    other = CumlPCA(n_components=2, svd_solver="full").fit(rows)
    fixed = cupy.argsort(rows, kind=_KIND)
    return model.cluster_centers_, fixed, hand_on(cupy, rows, "stable")

def hand_on(xp: Any, rows: Any, kind: str) -> Any:
    near = (rows[:, None] - rows[None]).sum(axis=2).argmin(axis=1)
    order = xp.argsort(near.astype(xp.uint16), kind=kind)
    xp.maximum(rows, 0.0, out=rows)
    total = xp.einsum("ij,ij->i", rows, rows)
    counts = [xp.bincount(near, minlength=3) for _ in range(2)]
    return xp.concatenate(counts).take(order, axis=0) if len(total) else xp.sqrt(total)
"""

FAISS = """
import numpy as np
from engine.clustering.ann_methods.library import library

def run(rows: Any, index: Any, k: int, seed: int) -> Any:
    faiss = library()
    made = faiss.GpuIndexIVFFlat(_resources(), 3, k, faiss.METRIC_L2, faiss.GpuIndexIVFFlatConfig())
    made.cp.seed = seed
    made.nprobe = k
    _resources().syncDefaultStreamCurrentDevice()
    faiss.write_index(hand_on(faiss, index), str(k))
    index.add_c(len(rows), faiss.cast_integer_to_float_ptr(rows.data.ptr))
    return index.search_c(len(rows), rows.data.ptr, k, k, k)

def hand_on(faiss: Any, held: Any) -> Any:
    return faiss.index_gpu_to_cpu(held)
"""

FAISS_FILE = "engine/clustering/ann_methods/gpu.py"

IN_FAISS = [
    ("faiss.GpuIndexIVFFlat(", "faiss.GpuIndexIvfFlat("),
    ("faiss.GpuIndexIVFFlatConfig()", "faiss.GpuIndexIVFFlatConfig(device=0)"),
    ("faiss.METRIC_L2", "faiss.METRIC_EUCLIDEAN"),
    ("faiss.GpuIndexIVFFlatConfig()", "config=faiss.GpuIndexIVFFlatConfig()"),
    ("made.cp.seed", "made.cp.random_seed"),
    ("made.cp.seed", "made.clustering.seed"),
    ("made.nprobe", "made.n_probe"),
    ("syncDefaultStreamCurrentDevice", "syncStream"),
    ("faiss.index_gpu_to_cpu(held)", "faiss.index_gpu_to_cpu(held, 0)"),
    ("hand_on(faiss: Any", "hand_on(library: Any"),
    ("cast_integer_to_float_ptr", "cast_integer_to_float32_ptr"),
    ("(rows.data.ptr))", "(rows.data.pointer))"),
    ("(rows.data.ptr))", "(rows.data_ptr))"),
    ("add_c(len(rows), ", "add_c("),
    (", k, k, k)", ", k, k)"),
    ("search_c", "search_k"),
    ("    faiss = library()", "    return library()\n    faiss = library()"),
]

MISTAKES = {
    "the name of a parameter": [
        ("n_clusters=k", "clusters=k"),
        ("maximum_pool_size=", "max_pool_size="),
        ("row_groups=", "rowgroups="),
        ("to_cupy(dtype=", "to_cupy(type="),
        ("non_blocking=", "nonblocking="),
        ("stream=copies", "on=copies"),
        ("minlength=", "min_length="),
        ("argmin(axis=1)", "argmin(axes=1)"),
        ("take(order, axis=0)", "take(order, axes=0)"),
        ("0.0, out=rows", "0.0, to=rows"),
        ("disable_timing=True", "timing=False"),
    ],
    "the number of arguments": [
        ("memGetInfo()", "memGetInfo(0)"),
        ("set_allocator(rmm_cupy_allocator)", "set_allocator(rmm_cupy_allocator, 1)"),
        ("KMeans(n_clusters=k", "KMeans(k"),
        ("wait_event(cupy.cuda.Event(disable_timing=True))", "wait_event()"),
    ],
    "an option": [
        ('"k-means++"', '"k-means+"'),
        ('output_type="numpy"', 'output_type="np"'),
        ('"full"', '"covariance_eigh"'),
        ('rows, "stable"', 'rows, "steady"'),
        ('_KIND = "stable"', '_KIND = "steady"'),
        ("    fixed = cupy", '    kind = "steady"\n    fixed = cupy', "kind=_KIND", "kind=kind"),
        ("kind=_KIND", 'kind="stable" if k else "steady"'),
    ],
    "a library that is lost from sight": [
        ("hand_on(xp: Any, rows: Any", "hand_on(lib: Any, rows: Any"),
        ("hand_on(cupy, rows", "engine.elsewhere(cupy, rows"),
        ("cupy.argsort(rows, kind=_KIND)", 'getattr(cupy, "nonsense")(rows)'),
        ("cupy.argsort(rows, kind=_KIND)", 'getattr(rows, "nonsense")()'),
        ("cupy.argsort(rows, kind=_KIND)", 'vars(cupy)["nonsense"](rows)'),
        ("cupy.argsort(rows, kind=_KIND)", 'cupy.__dict__["nonsense"](rows)'),
        ("cupy.argsort(rows, kind=_KIND)", 'import_module("cupy").nonsense(rows)'),
        ("cupy.argsort(rows, kind=_KIND)", 'importlib.import_module("cupy").nonsense(rows)'),
        ("cupy.argsort(rows, kind=_KIND)", '__import__("cupy").nonsense(rows)'),
        ("cupy.argsort(rows, kind=_KIND)", "importlib.import_module(_KIND + k).nonsense(rows)"),
        ("cupy.argsort(rows, kind=_KIND)", '{"a": cupy}["a"].nonsense(rows)'),
        ("cupy.argsort(rows, kind=_KIND)", "[l.nonsense(rows) for l in (cupy,)]"),
        ("cupy.argsort(rows, kind=_KIND)", "(lambda: cupy)().nonsense(rows)"),
        ("KMeans(n_clusters=k, ", "KMeans(n_clusters=k, **{'bogus': 1}, "),
        ("KMeans(n_clusters=k, ", "KMeans(**kept, n_clusters=k, "),
        ("model.fit(rows)", "model.fit(rows, **{'bogus': 1})"),
    ],
    "a tuple where CuPy takes an array": [
        ("cupy.argsort(rows, kind=_KIND)", "cupy.lexsort((rows, rows))"),
        ("cupy.argsort(rows, kind=_KIND)", "cupy.lexsort([rows, rows])"),
        ("xp.concatenate(counts)", "xp.lexsort(counts)"),
    ],
    "an import": [
        ("cuml.cluster import", "cuml.clusters import"),
        ("import PCA as", "import Pca as"),
        ("rmm.allocators.cupy", "rmm.allocators.cu"),
        ("import cupyx", "import cupyz as cupyx"),
    ],
    "the name of a function, method or attribute": [
        ("memGetInfo", "memInfo"),
        ("cupyx.empty_pinned", "cupyx.pinned_empty"),
        ("cudf.read_parquet", "cudf.load_parquet"),
        (".to_cupy(", ".as_cupy("),
        (".wait_event(", ".await_event("),
        ("held[:1].set(", "held[:1].put_in("),
        ("model.fit(", "model.train("),
        ("cluster_centers_", "centers_"),
        ("xp.argsort", "xp.order"),
        ("xp.uint16", "xp.unsigned16"),
        (".astype(", ".as_type("),
    ],
    "NumPy on the device": [
        ("xp.sqrt(total)", "np.sqrt(total)"),
        ("xp.concatenate(counts)", "np.bincount(near)"),
    ],
    "a receiver that is not known": [
        ("xp.sqrt(total)", "mystery.run(total)"),
        ("model.fit(rows)", "model.fit(rows).predict(rows)"),
    ],
}


def findings(text: str, file: str = "engine/places/device.py") -> list[str]:
    found = read_file(file, text, Found())
    said = [*found.unresolved, *found.receivers, *found.numpy_on_device]
    said += [f"{c.where}: {why}" for c in found.calls if (why := misfit(c))]
    said += [f"{w}: no {c.__name__}.{n}" for w, c, n in found.attributes if not knows(c, n)]
    fitting = [c for c in found.calls if not misfit(c)]
    return said + [f"{label(c.target)}: {o}" for c in fitting for o in options_unknown(c)]


def test_the_specimen_is_right():
    assert findings(SPECIMEN) == []
    assert findings(FAISS, FAISS_FILE) == []


@pytest.mark.parametrize("changes", [m for kind in MISTAKES.values() for m in kind])
def test_a_mistake_is_found(changes):
    text = SPECIMEN
    for right, wrong in zip(changes[::2], changes[1::2], strict=True):
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    assert findings(text)


@pytest.mark.parametrize(("right", "wrong"), IN_FAISS)
def test_a_mistake_with_faiss_is_found(right, wrong):
    assert FAISS.count(right) == 1
    assert findings(FAISS.replace(right, wrong), FAISS_FILE)
