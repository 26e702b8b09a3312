"""The walls of the house: who imports whom, no circles, rooms where they are said to be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from engine.clustering.algorithm import ROWS
from tests.source_files import ENGINE, FILES, imports, in_functions, parsed, relative

GPU_LIBRARIES = {
    "cudf", "cuml", "cupy", "cupyx", "dask", "dask_cuda", "dask_cudf", "distributed", "faiss",
    "pylibraft", "raft_dask", "rmm",
}  # fmt: skip
GPU_FILES = (
    "cluster/",
    "places/choice.py",
    "places/device.py",
    "places/device_rows.py",
    "places/parts.py",
    "data_preparation/",
    "dimensionality_reduction/",
    "clustering/",
)
"""Files, and rooms, that may import these, inside functions."""

BY_NAME = {
    "__init__.py", "cluster/plugins.py", "clustering/__init__.py", "clustering/algorithm.py",
    "run/describing.py", "utilities/ahead.py",
}  # fmt: skip
"""Files that import what a string names: what is handed out, rows of methods, what a later
stage imports, and on workers what the process that sends tasks has imported."""

ORDER = (
    "errors.py",
    "native",
    "cuda",
    "places",
    "utilities",
    "cluster",
    "dimensionality_reduction",
    "evaluation",
    "clustering",
    "clustering/kmeans",
    "clustering/agglomerative",
    "clustering/spectral",
    "clustering/ann_methods",
    "clustering/pca_methods",
    "clustering/__init__.py",
    "config",
    "data_preparation/generators",
    "data_preparation/reading",
    "data_preparation/fetching",
    "data_preparation/features",
    "data_preparation/transactions",
    "data_preparation",
    "descriptive_stats/cross_selling",
    "descriptive_stats",
    "visualization",
    "visualization/charts",
    "visualization/page",
    "visualization/slides",
    "storage",
    "delivery",
    "portable",
    "model",
    "planning",
    "continuity",
    "similar_customers",
    "customer_lists",
    "explaining",
    "comparing",
    "drifting",
    "tracking",
    "run",
    "__init__.py",
    "command_line",
    "__main__.py",
)
"""Rooms from the ground up: a file imports what stands above its room here, and its own room."""

GROUND = {"errors.py", "places", "utilities"}
COMPUTING = {"clustering", "dimensionality_reduction", "evaluation"}
MAY_IMPORT = {
    "native": set(),
    "cuda": set(),
    "places": {"errors.py"},
    "utilities": {"errors.py", "places"},
    "cluster": {"errors.py", "native", "places", "utilities"},
    "dimensionality_reduction": {"errors.py", "native", "places"},
    "evaluation": GROUND | {"cuda", "native"},
    "clustering": GROUND | {"cuda", "dimensionality_reduction", "evaluation", "native"},
    "config": GROUND | {"clustering"},
    "data_preparation": GROUND | {"cluster", "config", "cuda", "native"},
    "descriptive_stats": {"cluster", "config", "cuda", "data_preparation", "native", "places",
                          "utilities"},
    "visualization": {"errors.py", "evaluation", "utilities"},
    "delivery": {"config", "data_preparation", "errors.py", "utilities"},
    "storage": {"config", "errors.py", "utilities"},
    "portable": GROUND | {"clustering", "data_preparation", "dimensionality_reduction", "native"},
    "model": GROUND | {"cluster", "clustering", "config", "data_preparation",
                       "delivery", "dimensionality_reduction", "portable", "storage"},
    "planning": GROUND | {"cluster", "clustering", "config", "data_preparation", "delivery",
                          "descriptive_stats", "dimensionality_reduction", "model",
                          "visualization"},
    "continuity": GROUND | COMPUTING | {"config", "data_preparation", "descriptive_stats", "model"},
    "similar_customers": GROUND | {"clustering", "config", "data_preparation", "model", "storage"},
    "customer_lists": {"config", "data_preparation", "delivery", "descriptive_stats", "errors.py",
                       "similar_customers", "storage", "utilities"},
    "explaining": {"clustering", "config", "data_preparation", "descriptive_stats", "errors.py",
                   "model", "similar_customers", "storage", "utilities", "visualization"},
    "comparing": GROUND | {"config", "continuity", "data_preparation", "descriptive_stats", "model",
                           "storage", "visualization"},
    "drifting": {"config", "data_preparation", "errors.py", "model", "places",
                 "storage", "utilities", "visualization"},
    "tracking": {"config", "data_preparation", "errors.py", "model", "places", "storage",
                 "utilities", "visualization"},
    "run": GROUND | COMPUTING | {"cluster", "comparing", "config", "continuity", "customer_lists",
                                 "data_preparation", "delivery", "descriptive_stats", "explaining",
                                 "model", "native", "planning", "similar_customers", "storage",
                                 "tracking", "visualization"},
    "command_line": GROUND | {"__init__.py", "cluster", "comparing", "config", "customer_lists",
                              "data_preparation", "drifting", "explaining", "model", "native",
                              "planning", "portable", "run", "similar_customers", "storage",
                              "tracking", "visualization"},
}  # fmt: skip
"""What each room may import beside itself: less than what stands above it. No figure knows of a
model, no step of the run, no room of a command."""

DOORS = ("__init__.py", "__main__.py", "clustering/__init__.py")
"""Files that hand out what others own: rooms of their own. Other ``__init__.py`` hold nothing."""


def test_gpu_libraries_stay_behind_the_seams():
    wrong = []
    for file in FILES:
        tree = parsed(file)
        behind = relative(file).startswith(GPU_FILES)
        local = in_functions(tree) if behind else set()
        wrong += [
            f"{relative(file)}:{statement.lineno} imports {name}"
            for name, statement in imports(tree)
            if name.split(".")[0] in GPU_LIBRARIES and statement not in local
        ]
    assert not wrong


def room(file: str) -> str:
    return file if file in DOORS else file.rpartition("/")[0] or file


def imported_files(file: Path) -> dict[str, int]:
    """Give the engine's files that a file imports anywhere, for typing too, with lines."""
    found = {}
    for name, statement in imports(parsed(file)):
        pieces = name.split(".")
        if pieces[0] != "engine":
            continue
        module = ENGINE.joinpath(*pieces[1:])
        for path in (module.with_suffix(".py"), module / "__init__.py"):
            # ``from engine.places import device`` names the folder, too, whose __init__ is empty.
            empty = path.name == "__init__.py" and relative(path) not in DOORS
            if path.is_file() and path != file and not empty:
                found.setdefault(relative(path), statement.lineno)
    return found


def climbing(file: str, imported: dict[str, int], order: tuple[str, ...]) -> list[str]:
    """List the imports of a file that stand below its room in the order, or are in none."""
    level = {room: number for number, room in enumerate(order)}
    return [
        f"{file}:{line} imports {other}"
        + ("" if room(other) in level else ", whose room is not in ORDER")
        for other, line in imported.items()
        if level.get(room(other), len(order)) > level.get(room(file), -1)
    ]


def test_rooms_import_only_what_stands_above_them():
    assert not [c for f in FILES for c in climbing(relative(f), imported_files(f), ORDER)]


def test_climbing_is_seen():
    order = ("errors.py", "places", "run")
    assert climbing("places/device.py", {"run/pipeline.py": 3}, order) == [
        "places/device.py:3 imports run/pipeline.py"
    ]
    assert climbing("places/device.py", {"attic/box.py": 1}, order)
    assert climbing("attic/box.py", {"errors.py": 1}, order)
    assert not climbing("run/pipeline.py", {"places/device.py": 3, "run/results.py": 4}, order)


def floor(file: str) -> str:
    """Give the folder right below ``engine/`` that holds a file, or the file that stands there."""
    return file.split("/")[0]


def crossings() -> Iterator[tuple[str, str, str]]:
    """Yield every import from one room into another: from where, into where, the line."""
    for file in FILES:
        own = floor(relative(file))
        for other, line in imported_files(file).items():
            if floor(other) != own:
                yield own, floor(other), f"{relative(file)}:{line} imports {other}"


def test_rooms_import_only_what_they_may():
    doors = set(DOORS)  # they hand out what any room owns
    wrong = [
        said
        for room, other, said in crossings()
        if room not in doors and other not in MAY_IMPORT.get(room, set())
    ]
    assert not wrong


def test_what_rooms_may_import_is_what_they_import():
    """What is no longer needed leaves the list."""
    listed = {(room, other) for room, others in MAY_IMPORT.items() for other in others}
    assert not listed - {(room, other) for room, other, _ in crossings()}
    assert set(MAY_IMPORT) == {floor(room) for room in ORDER if not room.endswith(".py")}


def names_modules(tree: ast.Module) -> bool:
    """Whether a file imports by a string, or holds one that names a module of the engine."""
    modules = [".".join(f.relative_to(ENGINE.parent).with_suffix("").parts) for f in FILES]
    strings = {
        n.value.partition(":")[0]
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }
    called = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    called |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    return bool(strings & set(modules) or called & {"import_module", "__import__"})


def test_only_a_few_files_import_by_name():
    """A string that is imported is seen by none of the tests above."""
    assert {relative(f) for f in FILES if names_modules(parsed(f))} == BY_NAME


def test_an_import_by_name_is_seen():
    assert names_modules(ast.parse("rows = {'run': 'engine.run.pipeline:segment'}"))
    assert names_modules(ast.parse("import importlib; importlib.import_module(name)"))
    assert names_modules(ast.parse("__import__(name)"))
    assert not names_modules(ast.parse("engine = 'pyarrow'; name = 'engine.yaml'"))


def test_folders_hold_nothing_but_their_files():
    for file in FILES:
        if file.name == "__init__.py" and relative(file) not in DOORS:
            assert len(parsed(file).body) == 1, file


def test_every_room_has_its_level():
    rooms = {room(relative(f)) for f in FILES}
    assert not rooms - set(ORDER), "rooms that ORDER and docs/architecture.md do not name"
    assert not set(ORDER) - rooms, "rooms that are not there"
    assert len(set(ORDER)) == len(ORDER)


def test_the_page_on_architecture_names_every_room_in_this_order():
    page = (ENGINE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("## Rooms")[1].split("## The flow")[0]
    first = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    named = [name for cell in first for name in re.findall(r"`([\w/.]+)`", cell)]
    named = [f"clustering/{n}" if n.rstrip("/") in ROWS else n for n in named]
    assert [name.rstrip("/") for name in named] == [r for r in ORDER if r not in DOORS]


def test_the_page_on_architecture_names_files_that_are_there():
    page = (ENGINE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = set(re.findall(r"(?:[\w]+/)*\w+\.py", page)) - {"tests/test_architecture.py"}
    known = [f"/{relative(f)}" for f in FILES]
    assert names
    assert not [name for name in names if not any(f.endswith(f"/{name}") for f in known)]


def test_tests_stand_where_what_they_test_does():
    """Rooms have their tests at the same path; what stands beside these is said here."""
    tests = ENGINE.parent / "tests"
    beside = {"bad_input", "benchmarks", "campaigns", "contract", "gpu_contract", "parity"}
    beside |= {"peers", "real"}
    folders = {str(f.parent.relative_to(tests)) for f in tests.rglob("test_*.py")} - {"."}
    rooms = {r for r in ORDER if not r.endswith(".py")}
    without = sorted(f"tests/{room}" for room in rooms - folders)
    assert not without, "rooms without tests at their path"
    elsewhere = sorted(f"tests/{folder}" for folder in folders - beside - rooms)
    assert not elsewhere, "tests of no room"


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Find files that import each other in a circle, in that order; empty where there are none."""
    done: set[str] = set()

    def walk(file: str, way: list[str]) -> list[str]:
        if file in way:
            return [*way[way.index(file) :], file]
        if file in done:
            return []
        for other in sorted(graph.get(file, ())):
            if found := walk(other, [*way, file]):
                return found
        done.add(file)
        return []

    return next((found for file in sorted(graph) if (found := walk(file, []))), [])


def test_a_circle_is_seen():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_files_import_each_other_in_a_circle():
    """Imports inside functions and for typing count too."""
    assert circle({relative(f): set(imported_files(f)) for f in FILES}) == []
