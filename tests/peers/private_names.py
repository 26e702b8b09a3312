"""Which private names of a library, and of its objects, the source of a test reaches into."""

from __future__ import annotations

import ast
from functools import cache

_CLUSTERING = ("sklearn.cluster", "scipy.cluster")


def private_names(source: str, test: str) -> list[str]:
    """List the private names that a test uses, itself or in functions of its module.

    Those imported from a private module of the library's clustering, or private by their own name
    there, and private attributes of any object. What is private elsewhere, such as in the
    library's helpers for tests, has nothing to do with an estimator.

    Parameters
    ----------
    source : str
        Of the module.
    test : str
        The name of its function.
    """
    functions, imported = _of_module(source)
    found: set[str] = set()
    left, seen = [test], set()
    while left:
        name = left.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Attribute):
                left.append(node.attr)  # a helper may be a method of the test's class
                found.update({f".{node.attr}"} if _is_private(node.attr) else ())
            if isinstance(node, ast.Name):
                left.append(node.id)
                found.update(imported & {node.id})
    return sorted(found)


@cache
def _of_module(source: str) -> tuple[dict[str, ast.AST], set[str]]:
    """Give the functions of a module, and the private names that it imports."""
    tree = ast.parse(source)
    functions: dict[str, ast.AST] = {
        node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
    }
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_CLUSTERING)
        for alias in node.names
        if any(_is_private(part) for part in f"{node.module}.{alias.name}".split("."))
    }
    return functions, imported


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
