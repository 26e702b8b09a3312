"""The README says what is true: its table of methods, its commands, its Python."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

from typer.main import get_command

import engine
from engine.clustering.algorithm import table
from engine.command_line.cli import app

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_the_table_of_methods_is_generated_from_the_rows() -> None:
    command = "python -c 'from engine.clustering.algorithm import table; print(table())'"
    assert table() in README, f"the table of README.md is not what {command} prints"


def test_every_command_line_in_the_readme_parses() -> None:
    commands = get_command(app).commands
    lines = re.findall(r"^engine (\w+)(.*?)(?:\s{2,}#.*)?$", README, flags=re.MULTILINE)
    assert {name for name, _ in lines} == set(commands)
    for name, words in lines:
        # Parses arguments and options; runs nothing.
        commands[name].make_context(name, shlex.split(words), resilient_parsing=False)


def test_the_readmes_python_parses_and_names_what_exists() -> None:
    tree = ast.parse("\n".join(re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)))
    used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and _is_engine(n)}
    assert {"segment", "load_model"} <= used
    assert all(hasattr(engine, name) for name in used)


def _is_engine(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "engine"


def test_make_targets_named_in_the_readme_exist() -> None:
    makefile = (Path(__file__).parent.parent / "Makefile").read_text()
    named = set(re.findall(r"\bmake ([a-z-]+)", README)) - {"and"}
    assert named >= {"run", "test", "lint"}
    for target in named:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
