"""What runs on GPU hosts alone asks the engine for names that it has, as it can be called.

The parity tests' GPU half and the benchmarks run seldom: a name that went would show there first.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*(ROOT / "tests/parity").glob("*.py"), *(ROOT / "benchmarks").glob("*.py")])
NOTHING = object()


class Names:
    """What the names of a file that come from the engine stand for."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.wrong: list[str] = []
        self.resolved = 0
        self.held: dict[str, Any] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and _ours(node.module):
                self._from(node)
            elif isinstance(node, ast.Import):
                self._whole(node)
        # A name that is also a variable somewhere may be that.
        stored = {n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name) and _is_set(n)}
        stored |= {n.arg for n in ast.walk(self.tree) if isinstance(n, ast.arg)}
        for name in stored & self.held.keys():
            del self.held[name]

    def _from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            try:
                module = importlib.import_module(node.module)
                if not hasattr(module, alias.name):
                    importlib.import_module(f"{node.module}.{alias.name}")
                self.held[alias.asname or alias.name] = getattr(module, alias.name)
                self.resolved += 1
            except ImportError as error:
                self.wrong.append(f"line {node.lineno}: {error}")

    def _whole(self, node: ast.Import) -> None:
        for alias in node.names:
            if _ours(alias.name):
                try:
                    found = importlib.import_module(alias.name)
                except ImportError as error:
                    self.wrong.append(f"line {node.lineno}: {error}")
                    continue
                top = importlib.import_module("engine")
                self.held[alias.asname or "engine"] = found if alias.asname else top

    def check(self) -> list[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute):
                self.value(node)
            elif isinstance(node, ast.Call):
                self._call(node)
        return sorted(set(self.wrong))

    def value(self, node: ast.expr) -> Any:
        """Give the module, class or function that an expression is, if it is the engine's."""
        if isinstance(node, ast.Name):
            return self.held.get(node.id, NOTHING)
        if isinstance(node, ast.Call):
            found = self.value(node.func)
            return _Instance(found) if inspect.isclass(found) else NOTHING
        if not isinstance(node, ast.Attribute):
            return NOTHING
        owner = self.value(node.value)
        if isinstance(owner, _Instance):
            return self._of(owner.cls, node)
        if inspect.ismodule(owner) or inspect.isclass(owner):
            return self._of(owner, node)
        return NOTHING

    def _of(self, owner: Any, node: ast.Attribute) -> Any:
        if hasattr(owner, node.attr):
            self.resolved += 1
            return getattr(owner, node.attr)
        fields = [*inspect.getmro(owner)] if inspect.isclass(owner) else []
        if not any(node.attr in inspect.get_annotations(c) for c in fields):
            self.wrong.append(f"line {node.lineno}: {owner.__name__} has no {node.attr}")
        return NOTHING

    def _call(self, node: ast.Call) -> None:
        found = self.value(node.func)
        if found is NOTHING or isinstance(found, _Instance) or not callable(found):
            return
        open_ended = any(isinstance(a, ast.Starred) for a in node.args)
        if open_ended or any(k.arg is None for k in node.keywords):
            return
        method = isinstance(node.func, ast.Attribute) and isinstance(
            self.value(node.func.value), _Instance
        )
        try:
            signature = inspect.signature(found)
            arguments = [None] * (len(node.args) + method)
            signature.bind(*arguments, **dict.fromkeys(k.arg for k in node.keywords if k.arg))
        except TypeError as error:
            self.wrong.append(f"line {node.lineno}: {ast.unparse(node)}: {error}")


class _Instance:
    def __init__(self, cls: type) -> None:
        self.cls = cls


def _ours(module: str | None) -> bool:
    return (module or "").partition(".")[0] == "engine"


def _is_set(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_every_name_of_the_engine_is_there(file):
    assert Names(file.read_text(encoding="utf-8")).check() == []


def test_names_are_found():
    names = Names((ROOT / "tests/parity/test_kmeans.py").read_text(encoding="utf-8"))
    names.check()
    assert names.resolved > 10


@pytest.mark.parametrize(
    "wrong",
    [
        "from engine.clustering.kmeans.gpu import _on_all_rows",
        "def f():\n    from engine.nowhere import Runtime",
        "import engine.nowhere",
        "from engine.dimensionality_reduction import pca\npca._by_hand(1, 2)",
        "from engine.dimensionality_reduction import pca\npca._by_covariance(1)",
        "from engine.clustering.kmeans.gpu import _Cuml\n_Cuml(1, 2)",
        "from engine.clustering.kmeans.gpu import _Cuml\n_Cuml(1, 2, 3).fit(4)",
        "from engine.clustering.kmeans.gpu import _Cuml\n_Cuml(1, 2, 3).fits(4, 5, 6)",
        "import engine\nengine.segments({})",
        "from engine.places.place import Place\nPlace.TPU",
    ],
)
def test_a_name_that_is_not_there_is_found(wrong):
    assert Names(wrong).check() != []
