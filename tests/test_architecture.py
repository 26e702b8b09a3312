"""The walls between the parts: who may import whom, how large a part may grow, rows complete."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from engine.clustering.algorithm import ROWS, algorithm
from engine.places.place import Place
from engine.utilities.params import Params

ENGINE = Path(__file__).resolve().parent.parent / "engine"
FILES = sorted(ENGINE.rglob("*.py"))

GPU_LIBRARIES = {
    "cudf", "cuml", "cupy", "cupyx", "dask", "dask_cuda", "dask_cudf", "distributed", "faiss",
    "pylibraft", "raft_dask", "rmm",
}  # fmt: skip
GPU_PLACES = (
    "places",
    "data_preparation",
    "dimensionality_reduction",
    "clustering",
)

MAY_IMPORT = {
    "utilities": {"errors", "utilities"},
    "places": {"errors", "places", "utilities"},
    "command_line": {"command_line", "places"},
    "evaluation": {"errors", "evaluation", "places", "utilities"},
    "dimensionality_reduction": {"dimensionality_reduction", "errors", "places", "utilities"},
    "clustering": {
        "clustering", "dimensionality_reduction", "errors", "evaluation", "places",
        "utilities",
    },
    "config": {"clustering", "config", "errors", "places", "utilities"},
    "data_preparation": {"config", "data_preparation", "errors", "places", "utilities"},
    "descriptive_stats": {
        "config", "data_preparation", "descriptive_stats", "errors", "places", "utilities",
    },
    "visualization": {"errors", "evaluation", "utilities", "visualization"},
    "model": {
        "clustering", "config", "data_preparation", "dimensionality_reduction", "errors", "model",
        "places", "utilities",
    },
    "continuity": {
        "clustering", "config", "continuity", "data_preparation", "descriptive_stats",
        "dimensionality_reduction", "errors", "evaluation", "model", "places", "utilities",
    },
    "planning": {
        "clustering", "config", "data_preparation", "descriptive_stats", "errors", "places",
        "planning", "utilities", "visualization",
    },
}  # fmt: skip
"""Parts of the engine that each part may import. Data flow one way; no step knows the pipeline."""

LINES = 300
LONGER: dict[str, int] = {}
"""Files that are longer today, and the most they may have; they should shrink, and leave here."""

STATEMENT_LINES = 40
"""Most lines of a function's body, without its docstring."""


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(node: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Yield every imported module's dotted name, wherever the import stands."""
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            for name in child.names:
                yield name.name, child
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"relative import in line {child.lineno}"
            yield f"{child.module}", child
            for name in child.names:
                yield f"{child.module}.{name.name}", child


def in_functions(tree: ast.Module) -> set[ast.stmt]:
    """Find the statements that run only when a function is called."""
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return {s for f in functions for s in ast.walk(f) if isinstance(s, ast.stmt) and s is not f}


def for_types_only(tree: ast.Module) -> set[ast.stmt]:
    blocks = (
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.If) and isinstance(n.test, ast.Name) and n.test.id == "TYPE_CHECKING"
    )
    return {s for b in blocks for s in ast.walk(b) if isinstance(s, ast.stmt)}


def relative(file: Path) -> str:
    return str(file.relative_to(ENGINE))


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_gpu_libraries_stay_behind_the_seams(file):
    tree = parsed(file)
    local = in_functions(tree)
    for name, statement in imports(tree):
        if name.split(".")[0] in GPU_LIBRARIES:
            where = f"{relative(file)}:{statement.lineno} imports {name}"
            assert relative(file).startswith(GPU_PLACES), where
            assert statement in local, f"{where} outside a function"


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_parts_import_only_what_they_may(file):
    part = relative(file).split("/")[0]
    if part not in MAY_IMPORT:
        return
    tree = parsed(file)
    types = for_types_only(tree)
    for name, statement in imports(tree):
        pieces = name.split(".")
        if pieces[0] != "engine" or statement in types:
            continue
        assert len(pieces) > 1, f"{relative(file)}:{statement.lineno} imports the whole engine"
        where = f"{relative(file)}:{statement.lineno} imports {name}"
        assert pieces[1] in MAY_IMPORT[part], where


def test_every_part_has_its_rule():
    parts = {p.name for p in ENGINE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert parts == set(MAY_IMPORT)


def test_only_the_configuration_reads_yaml():
    readers = {relative(f) for f in FILES for name, _ in imports(parsed(f)) if name == "yaml"}
    assert readers == {"config/loading.py"}


def test_nothing_is_pickled():
    for file in FILES:
        for name, statement in imports(parsed(file)):
            where = f"{relative(file)}:{statement.lineno}"
            assert name.split(".")[0] not in {"pickle", "joblib", "shelve", "marshal"}, where


def test_no_private_module_of_another_library():
    for file in FILES:
        for name, statement in imports(parsed(file)):
            if name.split(".")[0] != "engine":
                private = [p for p in name.split(".")[1:] if p.startswith("_")]
                assert not private, f"{relative(file)}:{statement.lineno} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_files_stay_short(file):
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGER.get(relative(file), LINES)
    if relative(file) in LONGER:
        assert lines > LINES, "short by now: take it off the list of longer ones"


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_functions_stay_short(file):
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= STATEMENT_LINES, f"{node.name} has {length} lines"


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_the_first_line_says_what_a_file_owns(file):
    docstring = ast.get_docstring(parsed(file))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", "?"))


@pytest.mark.parametrize("name", ROWS)
def test_a_row_speaks_for_every_place(name):
    row = algorithm(name)
    assert row.name == name
    assert set(row.runs) | set(row.lacks) == set(Place)
    assert not set(row.runs) & set(row.lacks)
    for place in Place:
        refusal = row.refusal(place)
        assert (refusal is None) == (place in row.runs)
        assert refusal is None or refusal.strip()
    assert Place.CPU in row.runs
    assert issubclass(row.params, Params)
    assert row.reference


@pytest.mark.parametrize("name", ROWS)
def test_a_row_estimates_memory_that_grows_with_the_work(name):
    row = algorithm(name)
    params = row.params()
    few, many = (row.memory(n, 10, 5, params) for n in (10_000, 100_000_000))
    assert 0 < few < many
    assert row.memory(10_000, 10, 500, params) >= few
