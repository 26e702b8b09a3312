"""Tells what an expression of the engine's source holds, and notes the library calls in it."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
from functools import cache
from typing import Any

import cupy
import numpy as np
from contract_guards import Guards, is_library
from contract_kinds import (
    ARRAY,
    CHECKED,
    HOST,
    PLAIN,
    UNKNOWN,
    Call,
    Each,
    Found,
    Instance,
    Known,
    Method,
    Several,
    of_builtin,
)
from contract_operators import Operators
from contract_tables import ATTRIBUTES, KINDS, NUMPY_ON_PURPOSE, RETURNS
from environment import ROOT


class Expressions(Operators, Guards):
    """The expressions of one file: what each holds, and the names that its imports bind."""

    def __init__(self, file: str, text: str, found: Found) -> None:
        self.file = file
        self.tree = ast.parse(text)
        self.found = found
        self.module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
        self.names: dict[str, Any] = {}
        self.of_self: dict[str, Any] = {}
        self.strict = False
        self.seen: set[int] = set()
        self.inside: list[ast.FunctionDef | ast.Lambda] = []
        self.libraries: list[ast.expr] = []

    def annotated(self, node: ast.expr, names: dict[str, Any]) -> Any:
        """Tell what an annotation promises; Any is an array of the place."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node = ast.parse(node.value, mode="eval").body
        if isinstance(node, ast.BinOp):
            return self.annotated(node.left, names)
        if isinstance(node, ast.Subscript):
            base = ast.unparse(node.value)
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            if base == "tuple" and not ast.unparse(node).endswith("...]"):
                return Several(tuple(self.annotated(p, names) for p in parts))
            if base in ("tuple", "list", "Sequence", "Iterator", "Iterable"):
                return Each(self.annotated(parts[0], names))
            if base == "type":
                return UNKNOWN
            return self.annotated(node.value, names)
        text = ast.unparse(node)
        if text == "Any":
            return ARRAY if self.strict else UNKNOWN
        if text == "np.ndarray":
            return HOST
        held = self.value(node, names) if isinstance(node, ast.Name | ast.Attribute) else PLAIN
        return Instance(held.it) if isinstance(held, Known) and inspect.isclass(held.it) else PLAIN

    def imported(self, node: ast.Import | ast.ImportFrom, names: dict[str, Any]) -> None:
        for alias in node.names:
            base = node.module if isinstance(node, ast.ImportFrom) else None
            path = f"{base}.{alias.name}" if base else alias.name
            where = f"{self.file}:{node.lineno}"
            try:
                it = _imported(base, alias.name)
            except (ImportError, AttributeError) as error:
                self.found.unresolved.append(f"{where}: {path} ({error})")
                it = None
            top = alias.asname is None and base is None
            name = path.partition(".")[0] if top else path
            held = Known(importlib.import_module(name) if top else it, name)
            names[alias.asname or name if top else alias.asname or alias.name] = held
            if held.in_library:
                self.found.names.append((where, path))

    def value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        """Tell what an expression holds, and note the library calls in it."""
        if isinstance(node, ast.Call):
            self.seen.add(id(node))
        held = self._value(node, names)
        if is_library(held) and not isinstance(node, ast.Compare):
            self.libraries.append(node)
        return self._told(KINDS, (self.file, ast.unparse(node))) or held

    def _told(self, table: dict[Any, Any], key: Any) -> Any:
        """Look a kind up in a table, and note that its entry is of use."""
        if key not in table:
            return None
        self.found.used.add(key)
        return table[key][0]

    def _value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            return method(node, names)
        self.others(node, names)
        return PLAIN

    def _name(self, node: ast.Name, names: dict[str, Any]) -> Any:
        if node.id in names:
            return names[node.id]
        for scope in (self.module, builtins):
            if hasattr(scope, node.id):
                it = getattr(scope, node.id)
                return Known(it, f"{scope.__name__}.{node.id}")
        return UNKNOWN

    def _attribute(self, node: ast.Attribute, names: dict[str, Any]) -> Any:
        if node.attr in ("xp", "_xp"):
            self.value(node.value, names)
            return Known(cupy, "cupy")
        held = self.value(node.value, names)
        where = f"{self.file}:{node.lineno}"
        if isinstance(held, Known):
            self.refuse_dunder(node, held)
            return self._of_known(held, node.attr, where)
        if isinstance(held, Instance):
            return self._of_instance(held.cls, node.attr, where)
        if held == UNKNOWN and self.strict:
            self.found.receivers.append(f"{where}: {ast.unparse(node)}")
        return held if held == UNKNOWN else PLAIN

    def _of_known(self, held: Known, name: str, where: str) -> Any:
        path = f"{held.name}.{name}"
        if held.in_library:
            self.found.names.append((where, path))
        try:
            return Known(getattr(held.it, name), path)
        except AttributeError as error:
            if held.in_library:
                self.found.unresolved.append(f"{where}: {path} ({error})")
            return UNKNOWN

    def _of_instance(self, cls: type, name: str, where: str) -> Any:
        if cls.__module__.partition(".")[0] in CHECKED:
            self.found.attributes.append((where, cls, name))
            return self._told(ATTRIBUTES, f"{cls.__name__}.{name}") or Method(cls, name)
        if cls.__module__.partition(".")[0] != "engine":
            return PLAIN
        if name in self.of_self:
            return self.of_self[name]
        member = inspect.getattr_static(cls, name, None)
        if isinstance(member, property):
            return _promised(member.fget)
        promise = _promise_of_field(cls, name)
        return Method(cls, name) if promise is None else promise

    def _call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        held = self.value(node.func, names)
        arguments = [self.value(a, names) for a in node.args]
        arguments += [self.value(k.value, names) for k in node.keywords]
        self.guard(node, held, arguments, names)
        if isinstance(held, Known):
            return self._call_known(held, node, arguments, names)
        if isinstance(held, Method):
            if held.owner.__module__.partition(".")[0] in CHECKED:
                self._note(held, node, names)
                told = self._told(RETURNS, f"{held.owner.__name__}.{held.name}")
                return told or (ARRAY if held.owner is cupy.ndarray else UNKNOWN)
            told = self._told(RETURNS, f"{held.owner.__name__}.{held.name}")
            return told or _promised(getattr(held.owner, held.name, None))
        return held if held == UNKNOWN and isinstance(node.func, ast.Attribute) else PLAIN

    def _call_known(
        self, held: Known, node: ast.Call, arguments: list[Any], names: dict[str, Any]
    ) -> Any:
        if held.in_library:
            self._note(held, node, names)
            if held.name in RETURNS:
                return self._told(RETURNS, held.name)
            if inspect.isclass(held.it) and not issubclass(held.it, np.generic):
                return Instance(held.it)
            return ARRAY if held.name.count(".") == 1 and held.name.startswith("cupy") else UNKNOWN
        root = held.name.partition(".")[0]
        if getattr(held.it, "__module__", None) == "numpy" or isinstance(held.it, np.ufunc):
            key = (self.file, ast.unparse(node))
            if self.strict and ARRAY in arguments and not self._told(NUMPY_ON_PURPOSE, key):
                self.found.numpy_on_device.append(f"{self.file}:{node.lineno}: {key[1]}")
            return HOST
        if root == "builtins":
            return of_builtin(held.name.partition(".")[2], arguments)
        if inspect.isclass(held.it):
            return Instance(held.it)
        return self._told(RETURNS, held.name) or _promised(held.it)

    def _note(self, target: Known | Method, node: ast.Call, names: dict[str, Any]) -> None:
        given: list[tuple[int | str, ast.expr]] = [*enumerate(node.args)]
        given += [(k.arg or "", k.value) for k in node.keywords]
        self.found.calls.append(
            Call(
                where=f"{self.file}:{node.lineno}",
                text=ast.unparse(node),
                target=target,
                positional=sum(not isinstance(a, ast.Starred) for a in node.args),
                keywords=tuple(k.arg for k in node.keywords if k.arg),
                options=tuple(
                    (at, o) for at, value in given for o in self.options_of(value, names)
                ),
                open_ended=any(isinstance(a, ast.Starred) for a in node.args)
                or any(k.arg is None for k in node.keywords),
                by_xp="xp." in ast.unparse(node.func),
            )
        )

    def options_of(self, value: ast.expr, names: dict[str, Any]) -> list[str]:
        """Give the text an argument may be: written there, bound to a name, or handed on."""
        if isinstance(value, ast.Constant):
            return [value.value] if isinstance(value.value, str) else []
        if isinstance(value, ast.IfExp):
            return [o for v in (value.body, value.orelse) for o in self.options_of(v, names)]
        if isinstance(value, ast.Attribute):
            held = self.value(value, names)
            return [held.it] if isinstance(held, Known) and isinstance(held.it, str) else []
        if not isinstance(value, ast.Name):
            return []
        inside = self.inside[-1] if self.inside else None
        if isinstance(inside, ast.FunctionDef):
            found = [o for v in _bound(value.id, inside) for o in self.options_of(v, names)]
            if found or value.id in _parameters(inside):
                return found + self._handed(value.id, inside)
        for bound in _bound(value.id, self.tree):
            return self.options_of(bound, names)
        held = names.get(value.id) or getattr(self.module, value.id, None)
        it = held.it if isinstance(held, Known) else held
        return [it] if isinstance(it, str) and it not in (PLAIN, UNKNOWN) else []

    def _handed(
        self, name: str, inside: ast.FunctionDef, seen: frozenset[str] = frozenset()
    ) -> list[str]:
        """Give the text that callers in this file hand to a parameter, or were handed."""
        order = [a for a in _parameters(inside) if a != "self"]
        found = []
        for caller, call in _calls(self.tree):
            if _last_name(call.func) != inside.name:
                continue
            given = dict(zip(order, call.args, strict=False))
            given |= {k.arg: k.value for k in call.keywords if k.arg}
            handed = given.get(name)
            found += _text(handed)
            if isinstance(handed, ast.Name):
                found += [o for v in _bound(handed.id, self.tree) for o in _text(v)]
                if caller and caller.name not in seen and handed.id in _parameters(caller):
                    found += self._handed(handed.id, caller, seen | {inside.name})
        return found


def _calls(tree: ast.Module) -> list[tuple[ast.FunctionDef | None, ast.Call]]:
    """List the calls of a file, each with the innermost function it stands in."""
    found: list[tuple[ast.FunctionDef | None, ast.Call]] = []

    def walk(node: ast.AST, inside: ast.FunctionDef | None) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                found.append((inside, child))
            walk(child, child if isinstance(child, ast.FunctionDef) else inside)

    walk(tree, None)
    return found


def _parameters(function: ast.FunctionDef) -> list[str]:
    arguments = function.args
    return [a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]


def _bound(name: str, scope: ast.FunctionDef | ast.Module) -> list[ast.expr]:
    """Give what a name is bound to in a function, or at the top of a file."""
    nodes = scope.body if isinstance(scope, ast.Module) else list(ast.walk(scope))
    found = []
    for node in nodes:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            found += [node.value for t in targets if isinstance(t, ast.Name) and t.id == name]
            found += [v for t in targets for v in _unpacked(name, t, node.value)]
    return found


def _unpacked(name: str, target: Any, value: ast.expr) -> list[ast.expr]:
    if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)):
        return []
    pairs = zip(target.elts, value.elts, strict=False)
    return [v for t, v in pairs if isinstance(t, ast.Name) and t.id == name]


def _text(value: ast.expr | None) -> list[str]:
    text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return [value.value] if text else []


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _imported(module: str | None, name: str) -> Any:
    if module is None:
        return importlib.import_module(name)
    found = importlib.import_module(module)
    if hasattr(found, name):
        return getattr(found, name)
    return importlib.import_module(f"{module}.{name}")


def _promised(function: Any) -> Any:
    """Tell what one of the engine's own functions returns, from its annotation."""
    function = inspect.unwrap(function) if callable(function) else function
    # What is no function may answer to any attribute, as `polars.col` does.
    told = getattr(function, "__annotations__", {}) if inspect.isroutine(function) else {}
    annotation = told.get("return")
    return PLAIN if annotation is None else _annotation_of(function.__module__, annotation)


def _promise_of_field(cls: type, name: str) -> Any:
    for base in cls.__mro__:
        annotation = inspect.get_annotations(base).get(name)
        if annotation is not None:
            return _annotation_of(base.__module__, annotation)
    return None


@cache
def _annotation_of(module: str, annotation: Any) -> Any:
    file = f"{module.replace('.', '/')}.py"
    if not module.startswith("engine") or not (ROOT / file).is_file():
        return PLAIN
    walk = Expressions(file, (ROOT / file).read_text(encoding="utf-8"), Found())
    walk.strict = not module.startswith("engine.cluster.")  # what is Any there is Dask's
    for node in walk.tree.body:
        for statement in node.body if isinstance(node, ast.If) else [node]:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                walk.imported(statement, walk.names)
    text = (
        annotation
        if isinstance(annotation, str)
        else getattr(annotation, "__name__", str(annotation))
    )
    return walk.annotated(ast.parse(text, mode="eval").body, walk.names)
