"""The same job month after month: three data sets, one command each time.

Every period is one call of :func:`engine.segment` that continues the run before it
(``clustering.continue_from: latest``), the first time too. Before it, drift says how the customers
have shifted since that run; at the end the runs are compared, one after the other.

    python examples/every_month.py --data FOLDER --out FOLDER [--cut N] [shop] [policies] [flights]

``FOLDER`` holds ``online_retail.parquet`` (shop: a year of invoices), ``policyholders_year0``
and ``_year1.parquet`` (policies: two years), ``airline_flight_activity.parquet`` (flights: eight
quarters); the data sets that are not there are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

import engine

Period = tuple[str, pl.DataFrame]
"""What a period is called, and the table that a job would find at its end."""

HEADS = ("period", "customers", "segments", "kept", "stayed", "new", "left", "drift before it")


@dataclass(frozen=True)
class Job:
    """A job that runs once a period.

    Attributes
    ----------
    files : tuple of str
        What it reads.
    periods : callable
        Cuts the files, to so many customers, into periods.
    words : mapping
        What :func:`engine.segment` is told beside the data.
    """

    files: tuple[str, ...]
    periods: Callable[[Sequence[Path], int | None], Iterator[Period]]
    words: Mapping[str, Any]


def months(files: Sequence[Path], cut: int | None) -> Iterator[Period]:
    """Give the invoices up to the end of each of twelve months, from December 2010 on."""
    lines = some(pl.read_parquet(files[0]), "CustomerID", cut)
    for month in lines["InvoiceDate"].str.slice(0, 7).unique().sort()[:12]:
        # As text: what is later in the month sorts before the next one.
        yield month, lines.filter(pl.col("InvoiceDate").str.slice(0, 7) <= month)


def years(files: Sequence[Path], cut: int | None) -> Iterator[Period]:
    """Give the policies of each year."""
    for year, file in enumerate(files):
        yield f"year {year}", some(pl.read_parquet(file), "id_policy", cut)


def quarters(files: Sequence[Path], cut: int | None) -> Iterator[Period]:
    """Give what members flew in each quarter."""
    months = some(pl.read_parquet(files[0]), "loyalty_number", cut)
    months = months.with_columns(quarter=(pl.col("month") - 1) // 3 + 1).sort("year", "month")
    flown = ("total_flights", "distance", "points_accumulated", "points_redeemed")
    by = ("year", "quarter")
    for (year, quarter), lines in months.partition_by(
        by, as_dict=True, maintain_order=True
    ).items():
        table = lines.group_by("loyalty_number", maintain_order=True).agg(pl.col(flown).sum())
        yield f"{year} Q{quarter}", table


def some(table: pl.DataFrame, column: str, cut: int | None) -> pl.DataFrame:
    """Give the rows of so many customers: always the same ones."""
    if cut is None:
        return table
    ids = table[column].drop_nulls().unique().sort()
    drawn = ids.sample(min(cut, len(ids)), seed=0)
    return table.filter(pl.col(column).is_in(drawn.implode()))


JOBS = {
    "shop": Job(("online_retail.parquet",), months, {"transactions": True}),
    "policies": Job(
        ("policyholders_year0.parquet", "policyholders_year1.parquet"),
        years,
        {"id": "id_policy", "exclude": ["id_client", "id_vehicle", "pol_insee_code"]},
    ),
    "flights": Job(
        ("airline_flight_activity.parquet",), quarters, {"id": "loyalty_number", "k": 4}
    ),
}


@dataclass(frozen=True)
class Done:
    """What became of a period.

    Attributes
    ----------
    label : str
    result : Result
    drift : Drift or None
        Since the run before; None of the first.
    """

    label: str
    result: engine.Result
    drift: engine.Drift | None

    @property
    def continuity(self) -> Mapping[str, Any]:
        """How the segments continue those of the run before."""
        return self.result.summary["continuity"] or {}

    @property
    def row(self) -> tuple[str, ...]:
        """A line of the table."""
        told, moved = self.continuity, self.continuity.get("migration")
        words = ["first run", "", "", ""]
        if moved:
            share = moved["stayed"] / moved["both"] if moved["both"] else 0.0
            words = [f"{told['n_kept']} of {told['n_before']}", f"{share:.0%}"]
            words += [f"{moved['new']:,}", f"{moved['left']:,}"]
        found = ""
        if self.drift:
            found = f"{self.drift.verdict} ({', '.join(self.drift.shifted[:3]) or 'none'})"
        n, k = self.result.summary["n_customers"], len(self.result.model.names)
        return (self.label, f"{n:,}", f"{k}", *words, found)


def run(
    name: str, data: Path, out: Path, cut: int | None = None, **overrides: Any
) -> tuple[list[Done], engine.Comparison]:
    """Run a job, period after period, as a scheduler would.

    Parameters
    ----------
    name : str
        Of :data:`JOBS`.
    data, out : Path
        Folders.
    cut : int, optional
        So many customers.
    **overrides : Any
        Keys of a configuration, with ``__`` for a point.

    Returns
    -------
    done : list of Done
    comparison : Comparison
        All runs, one after the other; its page is under ``out``.
    """
    job, done = JOBS[name], list[Done]()
    asked = {"clustering.continue_from": "latest", "output.keep": 24}
    asked |= {f"output.{f}": str(out / f) for f in ("models", "reports", "processed")}
    asked |= {key.replace("__", "."): value for key, value in overrides.items()}
    for label, table in job.periods([data / f for f in job.files], cut):
        drift = engine.drift(done[-1].result, table) if done else None
        result = engine.segment(table, asked, name=name, **job.words)
        done.append(Done(label, result, drift))
        show(done[-1].row)
    comparison = engine.compare([one.result for one in done])
    comparison.write(out / f"{name}-compared")
    return done, comparison


def show(row: Sequence[str]) -> None:
    """Print a line of the table."""
    widths = (9, 10, 9, 9, 7, 7, 7, 0)
    print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def main(words: Sequence[str] | None = None) -> None:
    """Run the jobs that are asked for, or all whose data are there."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=", ".join(JOBS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cut", type=int, help="customers of each data set; all without")
    asked = parser.parse_args(words)
    there = [j for j in JOBS if all((asked.data / f).is_file() for f in JOBS[j].files)]
    for name in asked.jobs or there:
        if name not in there:
            sys.exit(f"{name}: {asked.data} does not hold {', '.join(JOBS[name].files)}")
        print(f"\n{name}")
        show(HEADS)
        _, comparison = run(name, asked.data, asked.out, asked.cut)
        print(f"{comparison!r}\n{asked.out / f'{name}-compared'}")


if __name__ == "__main__":
    main()
