"""Data where a configuration may stand: told apart, and read with the defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.data_preparation.given import asked, is_data
from engine.errors import ConfigError

CONFIG = "clustering:\n  k: 3\noutput:\n  keep: 2\n"
DATA = "id,spent\n1,2\n"


@pytest.mark.parametrize(
    ("name", "text", "data"),
    [
        ("a.csv", DATA, True),
        ("a.TSV", DATA, True),
        ("a.txt", DATA, True),
        ("a.csv.gz", "x", True),
        ("a.xlsx", "x", True),
        ("a.parquet", "x", True),
        ("a.export", DATA, True),
        ("a", "\x00\x01", True),
        ("a.yaml", CONFIG, False),
        ("a.yml", "not: [closed", False),
        ("a.json", "{}", False),
        ("a.txt", CONFIG, False),
        ("a", CONFIG, False),
        ("a.settings", CONFIG, False),
        ("a.txt", "# all as it is\n\n---\n  # so\n", False),
        ("a.txt", "", False),
        ("a.txt", '{"clustering": {"k": 3}}', False),
        ("a.txt", "{\n  output: {keep: 2},\n}\n", False),
        ("a.txt", "id;input\n1;2\n", True),
    ],
)
def test_data_are_told_from_configurations(tmp_path: Path, name: str, text: str, data) -> None:
    (tmp_path / name).write_text(text)
    assert is_data(tmp_path / name) is data
    assert is_data(tmp_path)
    assert is_data(f"{tmp_path}/*")


def test_data_are_not_read_as_yaml(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.txt").write_text("id: 1\n" * 100_000 + "\n" * 100_000)
    monkeypatch.setattr("engine.data_preparation.given.read_yaml", lambda text: 1 / 0)
    assert is_data(tmp_path / "a.txt")


def test_data_stand_in_the_defaults_and_a_configuration_if_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(CONFIG)
    path = str(tmp_path / "my shop.csv")
    bare = asked(path, {"clustering.k_max": 7}, {"k": 4})
    assert (bare.input.path, bare.output.name, bare.output.keep) == (path, "my-shop", 5)
    assert (bare.clustering.k, bare.clustering.k_max) == (4, 7)
    based = asked(path, base=tmp_path / "base.yaml")
    assert (based.input.path, based.output.name, based.output.keep) == (path, "my-shop", 2)
    assert based.clustering.k == 3
    named = asked(path, base={"output": {"name": "mine"}})
    assert named.output.name == "mine"
    assert asked(path, {"output.name": "other"}).output.name == "other"


def test_two_inputs_or_two_configurations_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a\.csv and input\.path=b\.csv are two inputs"):
        asked("a.csv", {"input.path": "b.csv"})
    with pytest.raises(ConfigError, match=r"a\.yaml and b\.yaml are two configurations"):
        asked("a.yaml", base="b.yaml")
