"""What every file keeps to: how large it grows, what it never imports, what its first line says."""

from __future__ import annotations

import ast

from tests.source_files import FILES, imports, parsed, relative

LINES = 300
"""Most lines of a file."""

STATEMENT_LINES = 40
"""Most lines of a function's body, without its docstring."""


def test_only_the_configuration_reads_yaml():
    readers = {relative(f) for f in FILES for name, _ in imports(parsed(f)) if name == "yaml"}
    assert readers == {"config/yaml_text.py"}


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


def test_files_stay_short():
    long = {}
    for file in FILES:
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > LINES:
            long[relative(file)] = lines
    assert not long


def test_functions_stay_short():
    long = {}
    for file in FILES:
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                if length > STATEMENT_LINES:
                    long[f"{relative(file)}:{node.name}"] = length
    assert not long


def test_the_first_line_says_what_a_file_owns():
    wrong = []
    for file in FILES:
        first = (ast.get_docstring(parsed(file)) or "").partition("\n")[0]
        if not first.endswith((".", "?")):
            wrong.append(relative(file))
    assert not wrong
