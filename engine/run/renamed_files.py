"""What a run saved, with another name of a segment: staged, to take the place of the earlier."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from engine.config.sections import OutputConfig
from engine.customer_lists.listing import NAMED, Listing
from engine.customer_lists.tables import save_tables
from engine.descriptive_stats.profiles import Profiles
from engine.errors import DataError
from engine.model.model import Model
from engine.model.signature import sign
from engine.run.reporting import draw_again
from engine.run.saved_customers import SEGMENTS
from engine.storage.outputs import RunFolders, writing
from engine.utilities.json_files import write_json
from engine.utilities.tables import ROW_GROUP_ROWS, parts_of, write_table
from engine.visualization.report_data import ReportData

_LISTS = ("csv", "xlsx")
_RFM = "rfm_by_segment.csv"


@dataclass(frozen=True)
class Change:
    """One name in place of another, wherever a run has it.

    Attributes
    ----------
    model : Model
    number : int
        Of the segment, as in files.
    before, now : str
    """

    model: Model
    number: int
    before: str
    now: str

    @property
    def run(self) -> str:
        """Id of the run."""
        return str(self.model.info["run_id"])

    @property
    def names(self) -> list[str]:
        """Names of all segments."""
        called = zip(self.model.numbers.public, self.model.names, strict=True)
        return [self.now if number == self.number else name for number, name in called]

    def of_model(self) -> Model:
        """Give the model with the name, which remembers that people gave it."""
        given = {*(self.model.info.get("named") or ()), self.number}
        info = {**self.model.info, "named": sorted(given)}
        return replace(self.model, names=tuple(self.names), info=info)

    def of_profiles(self, tree: Mapping[str, Any]) -> dict[str, Any]:
        """Give the tree of profiles with the name."""
        segments = [
            {**s, "name": self.now, "named": True} if s["segment"] == self.number else s
            for s in tree["segments"]
        ]
        return {**tree, "segments": segments}

    def of_summary(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        """Give a summary with the name wherever it stands for the segment of today."""
        found, k = dict(summary), len(self.model.names)
        if told := summary.get("continuity"):
            today = {"segments": told["segments"], "merged": told["merged"]}
            parts = {
                "split": [{**s, "into": self._called(s["into"])} for s in told["split"]],
                "gone": [{**s, "to": self._called(s["to"])} for s in told["gone"]],
            }
            found["continuity"] = {
                **told,
                **{k: self._called(v) for k, v in today.items()},
                **parts,
            }
        if views := summary.get("what_if"):
            found["what_if"] = [self._called(v) if v.get("k") == k else v for v in views]
        return found

    def _called(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return [self._called(part) for part in tree]
        if not isinstance(tree, dict):
            return tree
        found = {
            key: part if key in ("from", "of") else self._called(part) for key, part in tree.items()
        }
        its = found.get("segment") == self.number and found.get("name") == self.before
        return {**found, "name": self.now} if its else found

    def of_customers(self, table: Path, target: Path) -> None:
        """Write a table of customers with the name, streamed; of a folder of parts each of them."""
        if not table.exists():
            return
        parts = parts_of(table)
        if table.is_dir():
            target.mkdir()
        held = pl.scan_parquet(parts[0], glob=False).collect_schema().names()
        pairs = {n: c for n, c in NAMED.items() if n in held and c in held}
        names = [
            pl.when(pl.col(c) == self.number).then(pl.lit(self.now)).otherwise(pl.col(n)).alias(n)
            for n, c in pairs.items()
        ]
        for part in parts:
            file = target / part.name if table.is_dir() else target
            pl.scan_parquet(part, glob=False).with_columns(names).sink_parquet(
                file, compression="zstd", row_group_size=ROW_GROUP_ROWS, maintain_order=True
            )


def stage(staged: RunFolders, output: OutputConfig, change: Change, key: str | None) -> list[str]:
    """Write all that has the name into the staging folders, and sign it where asked.

    Returns
    -------
    notices : list of str
        What was changed or left out in tables for people.
    """
    published = Path(output.reports) / output.name / change.run
    data = ReportData.load(published)
    data = replace(
        data,
        profiles=change.of_profiles(data.profiles), summary=change.of_summary(data.summary),
    )  # fmt: skip
    with writing(published), _whole(published):
        change.of_model().save(staged.model)
        _write_words(staged, published, change)
        change.of_customers(published / SEGMENTS, staged.reports / SEGMENTS)
        data.save(staged.reports, output.permissions)
        notices = _lists(staged, published, output, data)
        draw_again(data, staged, output.smallest_group)
        if key is not None:
            sign(staged.model, key, staged.reports)
        for name, file in places(staged, change.run).items():
            if file is not None and name.is_file():
                os.chmod(file, name.stat().st_mode)
    return notices


@contextmanager
def _whole(published: Path) -> Iterator[None]:
    """Say what a run lacks, where a file of it is gone."""
    try:
        yield
    except FileNotFoundError as error:
        file = Path(error.filename or published)
        if published not in file.parents:  # it could not be written
            raise
        message = f"{file} is missing, so the run cannot be renamed; all is as it was."
        raise DataError(message) from None


def _write_words(staged: RunFolders, published: Path, change: Change) -> None:
    """Write what is plain data of names: summary, profiles, and tables with them."""
    summary = json.loads((published / "summary.json").read_text(encoding="utf-8"))
    write_json(staged.reports / "summary.json", change.of_summary(summary))
    with suppress(FileNotFoundError):
        tree = json.loads((published / "profiles.json").read_text(encoding="utf-8"))
        tree = change.of_profiles(tree)
        write_json(staged.reports / "profiles.json", tree)
        table = Profiles(tree, change.names).table()
        write_table(iter([table]), table.schema, staged.reports / "profiles.csv")
    if (published / _RFM).is_file():
        rfm = pl.read_csv(published / _RFM, infer_schema_length=None)
        if change.before in rfm.columns:
            rfm = rfm.rename({change.before: change.now})
            write_table(iter([rfm]), rfm.schema, staged.reports / _RFM)


def _lists(
    staged: RunFolders, published: Path, output: OutputConfig, data: ReportData
) -> list[str]:
    """Write the tables for people anew that the run has, where they hold no more than its own."""
    stem = Path(SEGMENTS).stem
    there = [kind for kind in _LISTS if (published / f"{stem}.{kind}").is_file()]
    if not there:
        return []
    if data.summary.get("config", {}).get("output", {}).get("columns"):
        files = " and ".join(f"{stem}.{kind}" for kind in there)
        return [f"{files} with the customers' own columns keep the earlier name: engine export "
                "writes them anew"]  # fmt: skip
    names = [s["name"] for s in data.profiles["segments"]]
    listing = Listing(staged.reports / SEGMENTS)
    return save_tables(listing, there, data.profiles, names, output.permissions)


def places(staged: RunFolders, run: str) -> dict[Path, Path | None]:
    """Give what takes the place of which published file, apart from page and figures."""
    folders = ((staged.reports, staged.roots[1]), (staged.model, staged.roots[2]))
    return {
        root / run / file.relative_to(folder): file
        for folder, root in folders
        for file in _files(folder)
    }


def _files(folder: Path) -> Iterator[Path]:
    yield from (f for f in sorted(folder.rglob("*")) if f.is_file() and f.suffix != ".html")
