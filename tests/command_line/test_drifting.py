"""``engine drift`` as schedulers call it: code, JSON, the folder that is written."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import engine
from engine.command_line.cli import main
from tests.drawing import undrawn


def _run(monkeypatch, capsys, *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["engine", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drift")
    rows = {"id": range(600), "spend": [float(i % 3 * 50 + i % 7) for i in range(600)],
            "age": [20 + i * 13 % 50 for i in range(600)]}  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "then.parquet")
    pl.DataFrame(rows).with_columns(pl.col("age") + 30).write_parquet(folder / "now.parquet")
    where = {f"output.{f}": str(folder / f) for f in ("models", "reports", "processed")}
    with undrawn():
        engine.segment(
            str(folder / "then.parquet"), {**where, "evaluation.resamples": 0}, k=3, name="shop"
        )
    return folder


def test_the_answer_and_the_code_of_a_drift(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    code, out, _ = _run(monkeypatch, capsys, "drift", "shop", "then.parquet", "-q",
                        "--fail-above", "moderate")  # fmt: skip
    assert (code, out) == (0, "")
    found = sorted(Path("reports/shop/drift").iterdir())
    assert sorted(f.name for f in found[-1].iterdir()) == ["drift.html", "drift.json"]
    code, out, err = _run(monkeypatch, capsys, "drift", "shop", "now.parquet", "--json",
                          "--fail-above", "large", "--out", "there")  # fmt: skip
    answer = json.loads(out)
    assert (code, answer["exit_code"]) == (5, 5)
    assert answer["verdict"] == "drifted: fit again"
    assert answer["shifted"] == ["age"]
    assert "--fail-above large" in answer["error"]
    assert Path(answer["report"]) == Path("there/drift.html")
    assert "'age' rose" in err
    assert _run(monkeypatch, capsys, "drift", "shop", "now.parquet", "-q", "--fail-above", "0.1",
                "--set", "drift.psi_large=90", "--out", "there")[0] == 5  # fmt: skip
    assert _run(monkeypatch, capsys, "runs", "shop")[1].count("kmeans") == 1


def test_a_slight_shift_can_end_it_too(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    pl.read_parquet("then.parquet").with_columns(pl.col("age") + 3).write_parquet("later.parquet")
    for level, ended in (("moderate", 0), ("slight", 5)):
        words = ("later.parquet", "--fail-above", level, "--out", "there", "--json")
        code, out, _ = _run(monkeypatch, capsys, "drift", "shop", *words,
                            "--set", "drift.psi_moderate=90", "--set", "drift.psi_large=90",
                            "--set", "drift.effect_moderate=0.4")  # fmt: skip
        assert (code, json.loads(out)["level"]) == (ended, "slight")


def test_what_may_stand_behind_fail_above(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    code, _, err = _run(
        monkeypatch, capsys, "drift", "shop", "then.parquet", "--fail-above", "much"
    )
    assert code == 2
    assert "slight, moderate, large or a number" in err
    assert _run(monkeypatch, capsys, "drift", "shop", "not there.csv")[0] == 3
