"""What does which part of a run on a GPU: what is there, and why the others are not used."""

from __future__ import annotations

import builtins
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from engine.places import packages, parts


@pytest.fixture
def there(monkeypatch):
    """Give a machine on which CuPy works, and some modules that may break."""

    def made(*names: str, broken: str = "", clashing: str | None = None) -> parts.Parts:
        def imported(name: str, *more: object, **named: object) -> object:
            if name == broken:
                message = f"lib{name}.so: cannot open\nmore"
                raise ImportError(message)
            return real(name, *more, **named)

        real = builtins.__import__
        faiss = SimpleNamespace(get_num_gpus=lambda: int("faiss-gpu" in names))
        for name, module in (
            ("cudf", SimpleNamespace()),
            ("rmm", SimpleNamespace()),
            ("faiss", faiss),
        ):
            monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr(builtins, "__import__", imported)
        monkeypatch.setattr(parts, "find_spec", lambda name: name if name in names else None)
        monkeypatch.setattr(packages, "clash_beside", lambda: clashing)
        monkeypatch.setattr(packages, "clash_of_faiss", lambda: None)
        for asked in (parts.found, parts.why_no, parts.why_no_faiss):
            asked.cache_clear()
        return parts.found()

    yield made
    for asked in (parts.found, parts.why_no, parts.why_no_faiss):
        asked.cache_clear()


def test_cupy_alone_does_everything(there):
    assert there() == parts.ALONE
    assert not parts.ALONE.reads_there
    assert not parts.ALONE.has_faiss


def test_each_library_takes_its_part_where_it_is(there):
    found = there("cudf", "cuml", "rmm", "faiss", "faiss-gpu")
    assert [found.reader.by, found.search.by, found.pool.by] == ["cuDF", "Faiss", "RMM"]
    assert (found.kmeans, found.pca) == (parts.ALONE.kmeans, parts.ALONE.pca)
    assert found.reads_there
    assert found.has_faiss


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"broken": "cudf"}, "cuDF cannot be imported (libcudf.so: cannot open)"),
        ({"clashing": "RAPIDS packages are mixed"}, "RAPIDS packages are mixed"),
    ],
)
def test_a_broken_rapids_is_told_and_not_used(there, more, why):
    found = there("cudf", "rmm", **more)
    assert found.reader == parts.Part("Polars", why)
    assert found.pool.by == ("CuPy" if "clashing" in more else "RMM")


def test_faiss_that_sees_no_gpu_searches_nothing_there(there):
    why = "the Faiss that is installed sees no GPU (faiss-gpu does)"
    assert there("faiss").search == parts.Part("every distance by CuPy", why)


def test_every_part_is_told(there):
    found = there("cudf")
    assert found.lines()[0] == "reader: cuDF (it is installed and works)"
    assert [line.partition(":")[0] for line in found.lines()] == [*found.told()]
    assert found.told()["pool"] == {"by": "CuPy", "why": "RMM is not installed"}


def test_gpus_that_do_a_part_alike_are_told_as_one(there):
    found = there("cudf", "faiss", "faiss-gpu")
    together = parts.in_common([parts.ALONE, found, parts.ALONE])
    assert together.reader.by == "Polars, cuDF"
    assert together.reader.why == "Polars: cuDF is not installed; cuDF: it is installed and works"
    assert together.kmeans == parts.ALONE.kmeans
    assert together.pool == parts.ALONE.pool


def test_one_way_for_two_reasons_is_told_once():
    broken = replace(parts.ALONE, reader=parts.Part("Polars", "cuDF cannot be imported (x)"))
    together = parts.in_common([parts.ALONE, broken, parts.ALONE])
    assert together.reader.by == "Polars"
    assert together.reader.why == "cuDF is not installed, cuDF cannot be imported (x)"
