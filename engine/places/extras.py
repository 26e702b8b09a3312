"""What packages beyond the core bring, which are there, and how to get those that are not."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple


class Extra(NamedTuple):
    """Packages that an extra of the engine's names.

    Attributes
    ----------
    modules : tuple of str
        By which they are imported.
    brings : str
        What they are for, in a clause.
    """

    modules: tuple[str, ...]
    brings: str


EXTRAS = {
    "cpu": Extra(("faiss",), "Faiss: similar customers among millions, in lists"),
    "cluster": Extra(("dask", "distributed"), "Dask: runs on many workers (compute.cluster)"),
    "slides": Extra(("pptx",), "python-pptx: a report as slides (engine report NAME --to pptx)"),
    "sql": Extra(("sqlglot",), "sqlglot: a model as SQL (engine export NAME --to sql)"),
    "onnx": Extra(("onnx",), "ONNX: a model as a graph (engine export NAME --to onnx)"),
    "mlflow": Extra(("mlflow", "pandas"), "MLflow: records runs, registers models (tracking.uri)"),
    "remote": Extra(("fsspec", "s3fs", "aiohttp"), "fsspec and s3fs: data in and out of s3://"),
    "gs": Extra(("gcsfs",), "gcsfs: data in and out of gs://"),
    "delta": Extra(("deltalake", "pyarrow"), "deltalake: Delta tables are read"),
    "database": Extra(
        ("adbc_driver_postgresql", "adbc_driver_sqlite", "pyarrow"),
        "ADBC: data from a query (input.sql), segments into PostgreSQL and SQLite",
    ),
    "cupy": Extra(("cupy",), "CuPy for CUDA 12: runs on a GPU (compute.device)"),
    "gpu": Extra(
        ("cudf", "cuml", "cupy"),
        "RAPIDS beside CuPy, on Linux: cuDF reads, Faiss searches on a GPU",
    ),
}
"""By name, as ``pyproject.toml`` has them; with ``-cu13`` the last two are for CUDA 13."""


def missing(extra: str) -> list[str]:
    """Name the modules of an extra that are not installed.

    Examples
    --------
    >>> set(missing("cluster")) <= {"dask", "distributed"}
    True
    """
    return [name for name in EXTRAS[extra].modules if not _there(name)]


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # imported already, by something that says not from where
        return True


def how(extra: str) -> str:
    """Say how an extra is installed.

    Examples
    --------
    >>> how("cluster")
    "pip install 'engine-segments[cluster]'"
    """
    return f"pip install 'engine-segments[{extra}]'"


def told() -> list[str]:
    """Say of each extra whether it is there, what it brings, and how to get it; a line each."""
    lines = []
    for name, extra in EXTRAS.items():
        there = "no" if missing(name) else "yes"
        install = f"; {how(name)}" if there == "no" else ""
        lines.append(f"extra {name:<9}{there:<5}{extra.brings}{install}")
    return lines
