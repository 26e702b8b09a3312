"""The people columns: those that identify somebody are kept out and told, all others are used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.people_told import is_of_people
from engine.data_preparation.features.plan_report import PlanReport
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress
from tests.campaigns.ordinary_columns import ORDINARY, N
from tests.campaigns.people_columns import BY_VALUE, IDENTIFYING, drawn
from tests.campaigns.tries import WHOLE, some, told

pytestmark = pytest.mark.long

DRAW = Random(14)
TABLE: dict[str, list[Any]] = {
    "customer_id": [f"K{i * 37 % 1009:04}" for i in range(N)],
    "spend": [round(DRAW.gammavariate(2, 100), 2) for _ in range(N)],
    "orders": [DRAW.randint(0, 40) for _ in range(N)],
    "plan": [DRAW.choice("SML") for _ in range(N)],
}
KINDS = ("csv", "parquet") if WHOLE else ("csv",)
DIFFERENT = (40, N) if WHOLE else (40,)
"""Values of a column: shared by ten customers each, or as many as there are customers."""

AT_ONCE = 24
"""Columns of a table that are tried together."""

TOLD_OTHERWISE = ("looks like an identifier", "has a value of its own")
"""Reasons that keep a column out whatever its values are."""


def learnt(columns: dict[str, list[Any]], path: Path, kind: str) -> tuple[FeaturePlan, PlanReport]:
    file = path / f"customers.{kind}"
    frame = pl.DataFrame(TABLE | columns, strict=False)
    frame.write_csv(file) if kind == "csv" else frame.write_parquet(file)
    config = load_config({"input": {"path": str(file)}})
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config)
    return prepare.learn(loaded, identity, config, Runtime(), Progress())[2:]


def written(values: list[str]) -> Iterator[list[Any]]:
    """Give values as text, and as numbers where they are whole ones of no leading zero."""
    yield values
    if all(v.isdigit() and v[0] != "0" and len(v) < 17 for v in values):
        yield [int(v) for v in values]


def faults(columns: dict[str, list[Any]], path: Path, kind: str) -> list[str]:
    """Say what is wrong with what became of columns that identify people, in one table."""
    plan, report = learnt(columns, path, kind)
    reasons = {c["column"]: c["what"] for c in report.columns}
    used = {name.partition(" (days")[0].partition(": ")[0] for name in plan.columns}
    said = f"{plan.to_json()} {report.columns} {report.notices} {report.warnings}"
    tokens = set(re.split(r"['\"]|(?<=\D)[,;: ]+|[,;: ]+(?=\D)", said))
    found = []
    for column, values in columns.items():
        reason = reasons.get(column, "")
        shown = [
            v for v in map(str, values) if len(v) > 3 and (v in tokens or (" " in v and v in said))
        ]
        if column in used:
            found.append(f"{column} is used ({values[0]!r})")
        elif not (is_of_people(reason) or reason.startswith(TOLD_OTHERWISE)):
            found.append(f"{column} is not told ({values[0]!r}): {reason!r}")
        elif shown:
            found.append(f"{column} shows {shown[0]!r}")
    return found


def attempts(rows: list[tuple[str, str, Any]]) -> Iterator[dict[str, list[Any]]]:
    """Give tables of identifying columns: each as text and as numbers, shared and not."""
    every = []
    for place, (_, column, maker) in enumerate(rows):
        for different in DIFFERENT:
            values = drawn(maker, N, different, place)
            every += [(column, clothed) for clothed in written(values)]
    while every:
        table: dict[str, list[Any]] = {}
        rest = []
        for column, values in every:
            if column in table or len(table) == AT_ONCE:
                rest.append((column, values))
            else:
                table[column] = values
        yield table
        every = rest


def tried(campaign: str, rows: list[tuple[str, str, Any]], path: Path) -> list[str]:
    n, wrong = 0, []
    for table in attempts(rows):
        for kind in KINDS:
            n += len(table)
            wrong += [f"{kind}: {fault}" for fault in faults(table, path, kind)]
    told(campaign, n, n - len(wrong))
    return wrong


def test_identifying_columns_are_kept_out_by_name(tmp_path):
    wrong = tried("people by name", some(IDENTIFYING, 28), tmp_path)
    assert not wrong, "\n".join(wrong)


def test_identifying_columns_are_kept_out_by_value(tmp_path):
    rows = [(name, f"x{i}", maker) for i, (name, maker) in enumerate(some(BY_VALUE, 18))]
    wrong = tried("people by value", rows, tmp_path)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_ordinary_columns_are_used(tmp_path, kind):
    """All in a few tables: what a table shares does not make people of its columns."""
    found = []
    names = some(list(ORDINARY), 110)
    for start in range(0, len(names), 40):
        columns = {name: ORDINARY[name] for name in names[start : start + 40]}
        report = learnt(columns, tmp_path, kind)[1]
        of = {c["column"].partition(" (days")[0]: c["what"] for c in report.columns}
        found += [f"{c}: {of.get(c)}" for c in columns if c not in of or is_of_people(of[c])]
    told(f"ordinary columns, {kind}", len(names), len(names) - len(found))
    assert not found, "\n".join(found)


def test_there_are_enough_of_both():
    assert len({language for language, _, _ in IDENTIFYING}) >= 20
    assert len(IDENTIFYING) >= 150
    assert len(ORDINARY) >= 150
