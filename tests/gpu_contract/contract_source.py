"""Reads the engine's source: what each name holds there, so that calls into RAPIDS are found.

A small abstract interpreter: every function of every file that knows of a GPU is walked through
once, and each expression is given the kind of thing it holds. In code that may run on a GPU a
method of something whose kind is not known is a finding, so that no call escapes.
"""

from __future__ import annotations

import ast
from typing import Any

import cupy
import faiss
from contract_expressions import Expressions
from contract_kinds import ARRAY, CHECKED, PLAIN, UNKNOWN, Each, Found, Instance, Known, item_of
from contract_tables import FIXTURES, PLACE_CODE
from environment import ROOT, gpu_files, outside_files


def read_engine() -> Found:
    """Walk through the engine's source."""
    found = Found()
    for file in gpu_files():
        read_file(str(file.relative_to(ROOT)), file.read_text(encoding="utf-8"), found)
    return found


def read_outside() -> Found:
    """Walk through what calls the libraries beside the engine: benchmarks and parity tests."""
    found = Found()
    for file in outside_files():
        parity = file.parent.name == "parity"
        name = str(file.relative_to(ROOT)) if parity else file.name
        read_file(name, file.read_text(encoding="utf-8"), found)
    return found


def read_file(name: str, text: str, found: Found) -> Found:
    """Walk through one file, or what might stand in its place."""
    _Walk(name, text, found).run()
    return found


class _Walk(Expressions):
    """One file."""

    def run(self) -> None:
        for node in self.tree.body:
            guarded = node.body if isinstance(node, ast.If) else [node]
            for statement in guarded:
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    self.imported(statement, self.names)
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                self.function(node, self.names)
            elif isinstance(node, ast.ClassDef):
                self._class(node)
        self._check_all_seen()
        self.check_libraries()

    def _check_all_seen(self) -> None:
        for function in ast.walk(self.tree):
            if isinstance(function, ast.FunctionDef):
                for node in [n for s in function.body for n in ast.walk(s)]:
                    if isinstance(node, ast.Call) and id(node) not in self.seen:
                        where = f"{self.file}:{node.lineno}"
                        self.found.unresolved.append(f"{where}: {ast.unparse(node)} not walked")

    def _class(self, node: ast.ClassDef) -> None:
        cls = getattr(self.module, node.name)
        self.of_self = {}
        methods = [m for m in node.body if isinstance(m, ast.FunctionDef)]
        methods.sort(key=lambda m: m.name != "__init__")
        places = any(isinstance(n, ast.Attribute) and n.attr == "_xp" for n in ast.walk(node))
        for method in methods:
            self.function(method, {**self.names, "self": Instance(cls)}, places=places)
        self.of_self = {}

    def function(self, node: Any, outer: dict[str, Any], *, places: bool = False) -> None:
        was, self.strict = self.strict, self.strict or places or self._is_place_code(node)
        names = dict(outer)
        arguments = node.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            if argument.arg != "self":
                names[argument.arg] = self._parameter(argument, names)
        if arguments.vararg:
            names[arguments.vararg.arg] = Each(self._parameter(arguments.vararg, names))
        self.inside.append(node)
        if isinstance(node, ast.Lambda):
            self.value(node.body, names)
        else:
            self._body(node.body, names)
        self.inside.pop()
        self.strict = was

    def _is_place_code(self, node: Any) -> bool:
        chosen = PLACE_CODE.get(self.file, {})
        for name in ("*", getattr(node, "name", "lambda")):
            if name in chosen:
                self.found.used.add((self.file, name))
                return True
        for child in ast.walk(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                modules = [n.name for n in child.names] if isinstance(child, ast.Import) else []
                modules.append(getattr(child, "module", None) or "")
                if any(m.partition(".")[0] in CHECKED for m in modules):
                    return True
            if isinstance(child, ast.Attribute) and child.attr in ("xp", "_xp"):
                return True
            if isinstance(child, ast.arg) and child.arg == "xp":
                return True
        return False

    def _parameter(self, argument: ast.arg, names: dict[str, Any]) -> Any:
        if argument.arg == "xp":
            return Known(cupy, "cupy")
        if argument.arg == "faiss":
            return Known(faiss, "faiss")
        if self.file.startswith("tests/") and argument.annotation is None:
            if argument.arg in FIXTURES:
                self.found.used.add(argument.arg)
                return FIXTURES[argument.arg][0]
            return UNKNOWN
        if argument.annotation is None:
            return ARRAY if self.strict else UNKNOWN
        return self.annotated(argument.annotation, names)

    # Statements

    def _body(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        for statement in body:
            self._statement(statement, names)

    def _statement(self, node: ast.stmt, names: dict[str, Any]) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.imported(node, names)
        elif isinstance(node, ast.FunctionDef):
            names[node.name] = PLAIN
            self.function(node, names)
        elif isinstance(node, ast.Assign):
            held = self.value(node.value, names)
            for target in node.targets:
                self.bind(target, held, names)
        elif isinstance(node, ast.AnnAssign):
            held = self.value(node.value, names) if node.value else UNKNOWN
            promised = self.annotated(node.annotation, names)
            self.bind(node.target, held if promised in (PLAIN, ARRAY) else promised, names)
        elif isinstance(node, ast.For):
            self.bind(node.target, item_of(self.value(node.iter, names)), names)
            self._body([*node.body, *node.orelse], names)
        elif isinstance(node, ast.With):
            for item in node.items:
                held = self.value(item.context_expr, names)
                if item.optional_vars is not None:
                    self.bind(item.optional_vars, held, names)
            self._body(node.body, names)
        else:
            self.others(node, names)

    def others(self, node: ast.AST, names: dict[str, Any]) -> None:
        if isinstance(node, ast.ExceptHandler) and node.name:
            names[node.name] = PLAIN
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, names)
            elif isinstance(child, ast.stmt):
                self._statement(child, names)
            else:
                self.others(child, names)
