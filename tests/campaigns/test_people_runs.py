"""Whole runs on tables with people in them: no file and no line of output holds what they are."""

from __future__ import annotations

import io
import re
import sys
from contextlib import nullcontext, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
import yaml

from engine.command_line.cli import main
from engine.data_preparation.generators.shop import transaction_batches
from tests.campaigns import identifying as of
from tests.campaigns.identifying import Maker, by_pattern, coordinate, joined
from tests.campaigns.people_columns import drawn
from tests.campaigns.tries import WHOLE
from tests.drawing import undrawn

pytestmark = pytest.mark.long

N = 400
COLUMNS: dict[str, Maker] = {
    "Vorname": by_pattern("Qx&&&&&"),
    "account_holder": by_pattern("Wq&&&& Zx&&&&"),
    "username": by_pattern("qz&&&&##"),
    "Straße": by_pattern("Qu&&&&straße %#"),
    "Kennzeichen": by_pattern("B-?? 7%##"),
    "codice_fiscale": of.codice_fiscale,
    "mobile_number": by_pattern("79########"),
    "card_number": of.card,
    "BSN": of.bsn,
    "CPF": of.cpf,
    "latitude": coordinate(47, 54),
    "longitude": coordinate(6, 15),
    "x1": of.iban,
    "x2": of.ipv4,
    "x3": of.pesel,
    "x4": of.mail,
    "x5": by_pattern("+49 1%# #######"),
    "x6": of.card_in_groups,
    "geboren_am": of.day("D.M.CY"),
    "comments": joined(by_pattern("qxj&&&& "), of.text("one two red")),
    "emails": joined(of.mail, "; ", of.mail),
    "user_agent": by_pattern("Mozilla/5.0 (Q&&&&&) %#.#"),
}


def table(different: int) -> pl.DataFrame:
    draw = Random(3)
    shared = {c: drawn(m, N, different, i) for i, (c, m) in enumerate(COLUMNS.items())}
    facts = {
        "customer_id": [f"K{i:05}" for i in range(N)],
        "spend": [round(draw.gammavariate(2, 100) * (1 + 5 * (i % 3)), 2) for i in range(N)],
        "visits": [draw.randint(0, 9) + 20 * (i % 3) for i in range(N)],
        "plan": [draw.choice("SML") for _ in range(N)],
    }
    return pl.DataFrame(facts | shared)


def command(*words: object) -> str:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["engine", *map(str, words)])
        with suppress(SystemExit):
            main()
    assert not re.search(r"(?m)^engine: ", out.getvalue()), out.getvalue()
    return out.getvalue()


def configured(folder: Path, path: Path, **sections: Any) -> Path:
    tree: dict[str, Any] = {
        "clustering": {"k": 3, "kmeans": {"n_init": 2}}, "evaluation": {"resamples": 2},
        "output": {name: str(folder / name) for name in ("models", "reports", "processed")},
    }  # fmt: skip
    given = {**tree, "input": {"path": str(path), **sections.pop("input", {})}, **sections}
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(given))
    return file


def shown(values: set[str], folder: Path, said: str) -> list[str]:
    """List values that stand in a file of a folder, tables read as such, or in what was said."""
    texts = {"output": said}
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix == ".parquet":
            frame = pl.read_parquet(file)
            texts[file.name] = frame.write_csv() if frame.width else ""
        elif file.is_file():
            texts[file.name] = file.read_bytes().decode("utf-8", errors="replace")
    assert len(texts) > 4
    return [
        f"{value!r} in {name}" for name, text in texts.items() for value in values if value in text
    ]


def sensitive(frame: pl.DataFrame) -> set[str]:
    return {str(v) for c in COLUMNS for v in frame[c].unique()}


@pytest.mark.parametrize("kind", ["csv", "parquet"] if WHOLE else ["csv"])
def test_a_run_on_customers_writes_no_value(tmp_path, kind):
    frame, path = table(40), tmp_path / f"customers.{kind}"
    frame.write_csv(path) if kind == "csv" else frame.write_parquet(path)
    results = tmp_path / "results"
    results.mkdir()
    config = configured(results, path)
    said = command("plan", config) + command("run", config)
    model = next((results / "models").rglob("model.json")).parent
    said += command("assign", model, path, results / "assigned.parquet")
    assert not shown(sensitive(frame), results, said)
    assert "check digits agree" in said
    assert all(repr(column) in said for column in ("Vorname", "BSN", "x1", "latitude"))


def test_a_run_on_transactions_with_customers_beside_writes_no_value(tmp_path):
    lines = pl.concat(transaction_batches(N, 5))
    ids = lines["customer_id"].unique().sort()
    people = table(40).head(len(ids)).with_columns(customer_id=ids)
    lines = lines.join(people.select("customer_id", *list(COLUMNS)[:12]), on="customer_id")
    lines.write_parquet(tmp_path / "lines.parquet")
    people.write_csv(tmp_path / "people.csv")
    results = tmp_path / "results"
    results.mkdir()
    config = configured(
        results, tmp_path / "lines.parquet",
        input={"kind": "transactions", "customers": str(tmp_path / "people.csv")},
    )  # fmt: skip
    with nullcontext() if WHOLE else undrawn():
        said = command("plan", config) + command("run", config)
    assert not shown(sensitive(people), results, said)
    assert all(repr(column) in said for column in ("Vorname", "BSN", "x1", "latitude"))
