"""The files of a comparison: page, JSON, migration and moves, in place together."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from engine.comparing.told import is_there
from engine.config.sections import Config, OutputConfig
from engine.storage.outputs import writing
from engine.storage.switch import settle, switch
from engine.utilities.json_files import write_json
from engine.utilities.leftovers import held_folder
from engine.utilities.locks import one_at_a_time
from engine.utilities.stopping import whole
from engine.utilities.tables import write_table
from engine.utilities.targets import refuse_in_run

PAGE, TREE, MIGRATION, MOVES = (
    "comparison.html", "comparison.json", "migration.csv", "moves.csv",
)  # fmt: skip
FOLDER = "compared"
_SWITCH = ".switch-"
_COLUMNS: dict[str, Any] = {
    "from_period": pl.String, "to_period": pl.String, "from_segment": pl.Int32,
    "from_name": pl.String, "to_segment": pl.Int32, "to_name": pl.String,
    "customers": pl.Int64, "share_of_from": pl.Float64, "share_of_to": pl.Float64,
}  # fmt: skip
_MONEY = {"money_before": pl.Float64, "money_after": pl.Float64}


def beside(settings: Config, table: Path) -> Config:
    """Let a comparison go beside the reports of the run whose customers' table this is."""
    output = settings.output.model_copy(update={"reports": str(table.parents[2])})
    return settings.model_copy(update={"output": output})


def folder_of(settings: OutputConfig, periods: Sequence[Mapping[str, Any]]) -> Path:
    """Say where a comparison goes: beside the reports of the last one's name.

    Examples
    --------
    >>> two = [{"name": "shop", "run": "A"}, {"name": "shop", "run": "B"}]
    >>> str(folder_of(OutputConfig(), two))
    'reports/shop/compared/A-B'
    """
    runs = [str(p["run"]) for p in periods]
    between = runs[1:-1]
    more = f"-{hashlib.sha256(' '.join(runs).encode()).hexdigest()[:6]}" if between else ""
    return (
        Path(settings.reports) / str(periods[-1]["name"]) / FOLDER / f"{runs[0]}-{runs[-1]}{more}"
    )


def save(
    folder: Path, page: str, tree: dict[str, Any], moves: pl.DataFrame, settings: OutputConfig
) -> int:
    """Write the files of a comparison into a folder, all in one step, and give the cells marked.

    Parameters
    ----------
    folder : Path
        Made where it is not there; other files in it stay.
    page : str
    tree : dict
        As of :func:`engine.comparing.told.told`.
    moves : polars DataFrame
        Of single customers: written for those alone who may read customers.
    settings : OutputConfig

    Raises
    ------
    EngineError
        It cannot be written, or is that of a run; what was there is as it was.
    """
    refuse_in_run(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with held_folder(folder, ".comparing-") as staged, one_at_a_time(folder):
            (staged / PAGE).write_text(page, encoding="utf-8")
            write_json(staged / TREE, tree)
            table = migration_of(tree)
            marked = write_table(iter([table]), table.schema, staged / MIGRATION).marked
            who = settings.permissions
            marked += write_table(iter([moves]), moves.schema, staged / MOVES, who).marked
            names = {folder / name: staged / name for name in (PAGE, TREE, MIGRATION, MOVES)}
            with whole():
                for older in folder.glob(f"{_SWITCH}*"):
                    settle(older)
                switch(folder / f"{_SWITCH}{secrets.token_hex(8)}", names)
    return marked


def migration_of(tree: Mapping[str, Any]) -> pl.DataFrame:
    """Give the migration as a table that adds up: cells, then what is pooled, then totals.

    A count that is empty is of too few customers to be told; ``pooled`` is what such ones come to.
    """
    rows = [row for step in tree["steps"] for row in _rows(step)]
    money = _MONEY if any("money" in step for step in tree["steps"]) else {}
    return pl.DataFrame(rows, _COLUMNS | money, orient="row")


def _rows(step: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    money = step.get("money")
    periods = {"from_period": step["from"], "to_period": step["to"]}
    for i, of in enumerate(step["rows"]):
        for j, to in enumerate(step["columns"]):
            if not (is_there(of) and is_there(to)) or of["kind"] + to["kind"] == "newleft":
                continue
            n = step["counts"][i][j]
            worth = {f"money_{k}": money[k][i][j] for k in ("before", "after")} if money else {}
            yield {
                **periods, **_called(of, to), "customers": n, "share_of_from": _share(n, of),
                "share_of_to": _share(n, to), **worth,
            }  # fmt: skip
    for side, other in (("from", "rows"), ("to", "columns")):
        for one in filter(is_there, step[other]):
            all_of = {"segment": None, "name": "all"}
            pair = (one, all_of) if side == "from" else (all_of, one)
            pooled = {"segment": None, "name": "pooled"}
            few = (one, pooled) if side == "from" else (pooled, one)
            if one["pooled"]:
                yield {**periods, **_called(*few), "customers": one["pooled"]}
            worth = {k: one[k] for k in ("money_before", "money_after") if k in one}
            yield {**periods, **_called(*pair), "customers": one["customers"], **worth}


def _called(of: Mapping[str, Any], to: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "from_segment": of["segment"], "from_name": of["name"],
        "to_segment": to["segment"], "to_name": to["name"],
    }  # fmt: skip


def _share(n: int | None, side: Mapping[str, Any]) -> float | None:
    total = side["customers"]
    return n / total if n is not None and total else None
