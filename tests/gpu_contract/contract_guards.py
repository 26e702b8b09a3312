"""Refuses what would carry a library's call past the checks: other names, dictionaries, text.

The walk follows a library through names, through parameters called ``xp`` or by its own name, and
out of functions that the tables know to return it. Whatever it cannot follow is a finding, so that
nothing is called there unseen.
"""

from __future__ import annotations

import ast
import inspect
from typing import Any

from contract_kinds import ARRAY, CHECKED, Each, Found, Instance, Known, Method, Several
from contract_tables import ASKED_BY_TEXT, IMPORTED_BY_TEXT, RETURNS, SEQUENCES

_BY_TEXT = {"getattr", "setattr", "delattr", "vars"}
_DUNDERS = {"__name__", "__version__"}
"""Those that are asked of libraries; others, such as ``__dict__``, lead past the walk."""


class Guards:
    """Checks of calls and of what becomes of a library; a base of those that walk."""

    file: str
    tree: ast.Module
    found: Found
    libraries: list[ast.expr]

    def options_of(self, value: ast.expr, names: dict[str, Any]) -> list[str]:
        """Give the text that an argument may be."""
        raise NotImplementedError

    def guard(self, node: ast.Call, held: Any, arguments: list[Any], names: dict[str, Any]) -> None:
        """Check one call; ``arguments`` are the kinds of the positional ones, then the others."""
        if _is_of_library(held):
            if any(k.arg is None for k in node.keywords):
                self._refuse(node, "** hides the names of its keywords")
            if isinstance(held, Known) and held.name.startswith("cupy."):
                self._sequence(node, held, arguments)
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in _BY_TEXT and arguments and _is_of_library(arguments[0], instances=True):
            self._by_text(node, name)
        if name in ("import_module", "__import__") and node.args:
            self._import(node, names)
        if name not in _BY_TEXT:
            self._handed_on(node, held, arguments)

    def _by_text(self, node: ast.Call, name: str) -> None:
        key = (self.file, ast.unparse(node))
        if key in ASKED_BY_TEXT:
            self.found.used.add(key)
        else:
            self._refuse(node, f"{name} asks a library for a name by text")

    def refuse_dunder(self, node: ast.Attribute, held: Known) -> None:
        if held.in_library and node.attr.startswith("__") and node.attr not in _DUNDERS:
            self._refuse(node, "leads past the walk")

    def check_libraries(self) -> None:
        """Refuse a library that is not asked, compared, bound to a name or handed on as ``xp``."""
        parents = {id(c): p for p in ast.walk(self.tree) for c in ast.iter_child_nodes(p)}
        for node in self.libraries:
            if not _followed(node, parents) and not self._returned(node, parents):
                self._refuse(parents[id(node)], f"{ast.unparse(node)} is not followed there")

    def _returned(self, node: ast.expr, parents: dict[int, Any]) -> bool:
        """Whether a function returns a library that its callers are known to get from it."""
        above = parents[id(node)]
        if not isinstance(above, ast.Return) or not isinstance(node, ast.Name):
            return False
        while not isinstance(above, ast.FunctionDef | ast.Lambda | ast.Module):
            above = parents[id(above)]
        module = self.file.removesuffix(".py").replace("/", ".")
        told = RETURNS.get(f"{module}.{getattr(above, 'name', '')}", (None, ""))[0]
        return isinstance(told, Known) and told.name == node.id

    def _refuse(self, node: Any, why: str) -> None:
        where = f"{self.file}:{getattr(node, 'lineno', 0)}"
        self.found.unresolved.append(f"{where}: {ast.unparse(node)} ({why})")

    def _sequence(self, node: ast.Call, held: Known, arguments: list[Any]) -> None:
        """NumPy takes a tuple of arrays in many places where CuPy takes an array alone."""
        several = [a for a in arguments if isinstance(a, Several | Each) and _holds_array(a)]
        if not several:
            return
        if held.name in SEQUENCES:
            self.found.used.add(held.name)
            return
        self._refuse(node, f"{held.name} is not known to take several arrays as one argument")

    def _import(self, node: ast.Call, names: dict[str, Any]) -> None:
        texts = self.options_of(node.args[0], names)
        if any(text.partition(".")[0] in CHECKED for text in texts):
            self._refuse(node, "imports a library by text")
        if not texts:
            key = (self.file, ast.unparse(node))
            if key in IMPORTED_BY_TEXT:
                self.found.used.add(key)
            else:
                self._refuse(node, "imports what the source does not tell")

    def _handed_on(self, node: ast.Call, held: Any, arguments: list[Any]) -> None:
        keywords = [k.arg for k in node.keywords]
        for place, kind in enumerate(arguments):
            if is_library(kind):
                by_name = place >= len(node.args)
                name = (
                    keywords[place - len(node.args)]
                    if by_name
                    else self._parameter_name(node, held, place)
                )
                if name not in ("xp", "_xp", kind.name):
                    self._refuse(node, "hands a library on under another name than xp or its own")

    def _parameter_name(self, node: ast.Call, held: Any, place: int) -> str | None:
        """Name the parameter that a positional argument becomes, in a function of the engine."""
        called = ast.unparse(node.func).rpartition(".")[2]
        for function in ast.walk(self.tree):
            if isinstance(function, ast.FunctionDef) and function.name == called:
                order = [a.arg for a in [*function.args.posonlyargs, *function.args.args]]
                order = order[1:] if order[:1] == ["self"] else order
                return order[place] if place < len(order) else None
            if isinstance(function, ast.ClassDef) and function.name == called:
                first = [f for f in function.body if getattr(f, "name", "") == "__init__"]
                order = [a.arg for a in first[0].args.args[1:]] if first else []
                return order[place] if place < len(order) else None
        it = getattr(held.owner, held.name, None) if isinstance(held, Method) else None
        it = held.it if isinstance(held, Known) else it
        if not (getattr(it, "__module__", None) or "").startswith("engine"):
            return None
        order = [p for p in inspect.signature(it).parameters if p != "self"]
        return order[place] if place < len(order) else None


def is_library(held: Any) -> bool:
    return isinstance(held, Known) and held.in_library and inspect.ismodule(held.it)


def _is_of_library(held: Any, *, instances: bool = False) -> bool:
    if isinstance(held, Known):
        return held.in_library
    cls = held.owner if isinstance(held, Method) else None
    cls = held.cls if isinstance(held, Instance) and instances else cls
    return cls is not None and cls.__module__.partition(".")[0] in CHECKED


def _holds_array(held: Any) -> bool:
    if isinstance(held, Each):
        return _holds_array(held.item)
    if isinstance(held, Several):
        return any(map(_holds_array, held.items))
    return bool(held == ARRAY)


def _followed(node: ast.expr, parents: dict[int, Any]) -> bool:
    parent = parents[id(node)]
    if isinstance(parent, ast.Attribute | ast.Call | ast.keyword | ast.Compare):
        return True  # a call's arguments are looked at one by one
    if isinstance(parent, ast.Tuple):  # xp, k = runtime.xp, 3
        above = parents[id(parent)]
        return isinstance(above, ast.Assign) and all(_names(t, node, parent) for t in above.targets)
    if isinstance(parent, ast.Assign):
        return all(_name(t) for t in parent.targets)
    return isinstance(parent, ast.NamedExpr | ast.Expr)


def _names(target: ast.expr, node: ast.expr, value: ast.Tuple) -> bool:
    if not isinstance(target, ast.Tuple) or len(target.elts) != len(value.elts):
        return False
    return _name(target.elts[value.elts.index(node)])


def _name(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) or (
        isinstance(target, ast.Attribute) and target.attr in ("xp", "_xp")
    )
