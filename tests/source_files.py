"""The engine's files as they are written, for tests of what all of them keep to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ENGINE = Path(__file__).resolve().parent.parent / "engine"
FILES = sorted(ENGINE.rglob("*.py"))


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


def relative(file: Path) -> str:
    return str(file.relative_to(ENGINE))
