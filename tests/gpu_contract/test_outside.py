"""What calls the libraries beside the engine, on GPU hosts alone, calls them as they are."""

from __future__ import annotations

import pytest
from contract_binding import knows, label, misfit, options_unknown
from contract_kinds import Found
from contract_source import read_file, read_outside
from environment import ROOT, outside_files, stamp

FOLDER = ROOT / "benchmarks"


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Let a benchmark import those beside it by their names."""
    monkeypatch.syspath_prepend(str(FOLDER))


def findings(found: Found) -> list[str]:
    """List what is wrong; receivers that only a test run could tell are left alone."""
    said = [*found.unresolved]
    said += [f"{c.where}: {why}" for c in found.calls if (why := misfit(c))]
    said += [f"{w}: no {c.__name__}.{n}" for w, c, n in found.attributes if not knows(c, n)]
    fitting = [c for c in found.calls if not misfit(c)]
    return said + [f"{c.where}: {o}" for c in fitting for o in options_unknown(c)]


def test_every_call_fits():
    found = read_outside()
    assert findings(found) == []
    reached = {label(c.target) for c in found.calls}
    assert {"cuml.cluster.KMeans", "KMeans.fit", "Generator.random", "cupy.empty"} <= reached
    assert {"cuml.cluster.SpectralClustering", "cuml.cluster.AgglomerativeClustering"} <= reached
    buffers = [c for c in found.calls if "device_buffer_samples" in c.keywords]
    assert buffers


def test_every_file_is_read():
    names = {str(f.relative_to(ROOT)) for f in outside_files()}
    assert {"benchmarks/gpu.py", "benchmarks/gpu_bench.py", "benchmarks/gpu_host.py"} <= names
    assert {"benchmarks/gpu_methods.py", "tests/parity/test_agglomerative.py"} <= names
    assert {"tests/parity/conftest.py", "tests/parity/test_kmeans.py"} <= names
    assert "tests/parity/test_spectral.py" in names
    assert {"tests/parity/test_ann_methods.py", "tests/parity/test_pca_methods.py"} <= names


def test_a_change_there_is_a_change(monkeypatch):
    """So that `--if-changed` does not take it for one that passed before."""
    before = stamp()
    files = [*outside_files()]
    for left_out in (files[0], files[-1]):
        rest = [f for f in files if f != left_out]
        monkeypatch.setattr("environment.outside_files", lambda rest=rest: rest)
        assert stamp() != before


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("gpu_host.py", "device_buffer_samples=buffer", "device_buffer_rows=buffer"),
        ("gpu_host.py", 'output_type="numpy"', 'output_type="np"'),
        ("gpu_host.py", "model.n_iter_", "model.iterations_"),
        ("gpu_host.py", "import empty_on_host", "import pinned_on_host"),
        ("gpu_methods.py", 'connectivity="pairwise"', 'connectivity="paired"'),
        (
            "gpu_methods.py",
            'affinity="nearest_neighbors",\n            n_n',
            'affinity="rbf",\n n_n',
        ),
        ("gpu_methods.py", "eigen_tol=1e-5", "eigen_tolerance=1e-5"),
        (
            "tests/parity/test_agglomerative.py",
            'linkage="single",\n        o',
            'linkage="ward",\n o',
        ),
        ("tests/parity/test_spectral.py", 'affinity="precomputed"', 'affinity="graph"'),
        ("tests/parity/test_spectral.py", "eigen_tol=1e-5", "tol=1e-5"),
        ("gpu.py", "xp.empty_like(source)", "xp.like_empty(source)"),
        ("gpu.py", ".random(size // 4, dtype", ".random(size // 4, type"),
        ("gpu_bench.py", "xp.cuda.Device().synchronize()", "xp.cuda.Device().wait()"),
        ("gpu_bench.py", "rng.integers(0, k, size=n)", "rng.integers(0, k, shape=n)"),
        ("gpu_bench.py", "minlength=k * k", "least=k * k"),
        ("gpu_bench.py", "return KMeans(n_clusters=k, n_init", "return KMeans(clusters=k, n_init"),
        (
            "gpu_bench.py",
            "n_clusters=k, init=init, n_init=1, max_iter=passes, tol=1e-30, output",
            "n_clusters=k, begin=init, n_init=1, max_iter=passes, tol=1e-30, output",
        ),
        (
            "tests/parity/test_kmeans.py",
            "kmeans.gpu import _Cuml",
            "kmeans.gpu import _on_all_rows",
        ),
        ("tests/parity/test_device.py", "xp.linalg.norm(", "xp.linalg.length("),
        (
            "tests/parity/test_device.py",
            "busy = xp.zeros(1 << 27, xp.float32)",
            "busy = xp.zeroes(8)",
        ),
    ],
)
def test_a_mistake_is_found(file, right, wrong):
    path = ROOT / file if "/" in file else FOLDER / file
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1
    assert findings(read_file(file, text.replace(right, wrong), Found()))
