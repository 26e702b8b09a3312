"""A model is exported as SQL or ONNX by a command, and options that do not go together refused."""

from __future__ import annotations

import json
import sys

import duckdb
import onnx
import pytest

from engine.command_line import cli
from tests.portable.engines import customers, differ


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    import engine
    from tests.drawing import undrawn

    with undrawn():
        found = engine.segment(
            customers(200), {"clustering": {"k": 3, "kmeans": {"n_init": 2}}}, ephemeral=True
        ).model
    folder = tmp_path_factory.mktemp("model")
    found.save(folder)
    return found, folder


@pytest.fixture
def export(model, capfd, monkeypatch):
    """Call ``engine export`` for the model; give the code and what was printed."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["engine", "export", str(model[1]), *map(str, words)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        return int(done.value.code or 0), *capfd.readouterr()

    return call


def test_a_statement_is_printed_or_written(model, export, tmp_path):
    code, out, err = export("--to", "sql", "--dialect", "duckdb", "--table", '"my customers"')
    assert (code, err) == (0, "")
    frame = customers(100, seed=4)
    with duckdb.connect() as there:
        there.register("given", frame.to_arrow())
        there.sql('CREATE TABLE "my customers" AS SELECT * FROM given')
        assert differ(model[0], frame, there.sql(out).pl()) == 0
    file = tmp_path / "out.sql"
    words = ("--to", "sql", "--dialect", "postgres", "--id", "City", file)
    assert export(*words)[1].endswith(f": {file}\n")
    assert file.read_text() == model[0].to_sql("postgres", id_column="City")
    assert file.stat().st_mode & 0o077 == 0


def test_a_graph_is_written(model, export, tmp_path):
    file = tmp_path / "model.onnx"
    code, out, _ = export("--to", "onnx", file)
    assert (code, out.endswith(f"as ONNX: {file}\n")) == (0, True)
    onnx.checker.check_model(onnx.load(file), full_check=True)


def test_json(model, export, tmp_path):
    code, out, _ = export("--to", "sql", "--dialect", "spark", "--json")
    assert (code, json.loads(out)["sql"]) == (0, model[0].to_sql("spark"))
    code, out, _ = export("--to", "onnx", tmp_path / "model.onnx", "--json")
    assert json.loads(out)["output"] == str(tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "pmml", "m.pmml"], "is none of sql, onnx"),
        (["--to", "sql"], "--dialect is missing"),
        (["--to", "sql", "--dialect", "oracle"], "none of duckdb, sqlite"),
        (["--to", "onnx"], "OUTPUT is missing"),
        (["--to", "onnx", "m.onnx", "--table", "t"], "--table goes with --to sql"),
        (["--to", "onnx", "m.onnx", "--where", "x > 1"], "--where is of customers"),
        (["--dialect", "duckdb", "c.csv"], "--dialect goes with --to sql"),
        ([], "OUTPUT is missing"),
        (["--to", "sql", "--dialect", "duckdb", "--table", "a b"], "is no name of a table"),
    ],
)
def test_what_does_not_go_together(export, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    code, out, err = export(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert not list(tmp_path.iterdir())
