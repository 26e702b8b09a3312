"""Tables of a run beside segments.parquet: segments.csv and segments.xlsx, where asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.customer_lists.book import (
    MOST_CUSTOMERS,
    customers_sheet,
    profiles_sheet,
    segments_sheet,
)
from engine.customer_lists.listing import Listing
from engine.utilities.formulas import told
from engine.utilities.permissions import Permissions
from engine.utilities.tables import write_table
from engine.utilities.workbooks import WrittenBook, write_workbook

CSV, XLSX, PARQUET = "csv", "xlsx", "parquet"


def save_tables(
    listing: Listing,
    tables: Sequence[str],
    tree: Mapping[str, Any],
    names: Sequence[str],
    permissions: Permissions,
) -> list[str]:
    """Write the tables that are asked for beside the run's own.

    Parameters
    ----------
    listing : Listing
        Its table is ``segments.parquet``, in the folder of which the others are written.
    tables : sequence of {"csv", "xlsx", "parquet"}
    tree : mapping
        Of the run's profiles.
    names : sequence of str
        Of its segments.
    permissions : {"private", "group", "shared"}

    Returns
    -------
    notices : list of str
        What was changed or left out, for people.
    """
    stem, notices = listing.table.with_suffix(""), []
    if CSV in tables:
        file = stem.with_suffix(f".{CSV}")
        written = write_table(listing.frames(), listing.schema, file, permissions)
        notices += told(written.marked, file.name)
    if XLSX in tables:
        file = stem.with_suffix(f".{XLSX}")
        above = _beyond(listing, stem.with_suffix(f".{CSV if CSV in tables else PARQUET}"))
        sheets = [segments_sheet(tree, names, above), profiles_sheet(tree, names)]
        if not above:
            sheets.append(customers_sheet(listing.schema, listing.frames()))
        notices += [*above, *told_of(write_workbook(sheets, file, permissions), file)]
    return notices


def told_of(written: WrittenBook, file: Path) -> list[str]:
    """Say what a workbook holds otherwise than the table."""
    if not written.cut:
        return []
    cells = "1 cell holds" if written.cut == 1 else f"{written.cut:,} cells hold"
    return [f"{cells} more text than a spreadsheet's can; it is cut in {file.name}"]


def _beyond(listing: Listing, whole: Path) -> list[str]:
    n = len(listing)
    if n <= MOST_CUSTOMERS:
        return []
    return [
        f"The {n:,} customers are in {whole.name}: a sheet holds {MOST_CUSTOMERS:,}; engine export "
        "writes those of one segment."
    ]
