"""From one period to the next: the customers of each pair of segments, what changed, who moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.comparing.changes import changes
from engine.comparing.joined import Cells, Join, Wanted
from engine.comparing.matching import Matched, by_number, matched
from engine.comparing.periods import Period
from engine.comparing.spilled import MOST_PARTS, ROWS, Customers, Kept, by_text, spill
from engine.errors import DataError
from engine.places.runtime import local_runtime
from engine.utilities.progress import Progress
from engine.utilities.scratch import scratch_folder

MOVED, LEFT = "moved", "left"


@dataclass(frozen=True)
class Step:
    """Two periods, one after the other.

    Attributes
    ----------
    old, new : Period
    matched : Matched
    cells : Cells
    moves : polars DataFrame
        The customers whose move matters most, the first most of all: ``id``, ``change`` (moved or
        left), ``from`` and ``to`` (indices, -1 for none), ``before`` and ``after`` where there is
        money, otherwise ``clear``.
    changes : list of dict
        As of :func:`engine.comparing.changes.changes`.
    money : dict
        ``column`` and ``label`` of what customers are worth; empty where it is not known.
    """

    old: Period
    new: Period
    matched: Matched
    cells: Cells
    moves: pl.DataFrame = field(repr=False)
    changes: list[dict[str, Any]] = field(repr=False)
    money: dict[str, Any]

    @property
    def both(self) -> int:
        """Customers with a segment in both periods."""
        k_old, k_new = len(self.old.names), len(self.new.names)
        return int(self.cells.counts[:k_old, :k_new].sum())

    @property
    def stayed(self) -> int:
        """Of these, those whose segment is the same."""
        pairs = self.matched.pairs.items()
        return int(sum(self.cells.counts[then, now] for now, then in pairs))

    @property
    def came(self) -> int:
        """Customers of the later period alone."""
        return int(self.cells.counts[-1].sum())

    @property
    def left(self) -> int:
        """Customers of the earlier period alone."""
        return int(self.cells.counts[:, -1].sum())


def steps_of(periods: Sequence[Period], most: int, progress: Progress) -> list[Step]:
    """Compare each period with the next.

    Parameters
    ----------
    periods : sequence of two or more Period
    most : int
        Customers whose moves are listed, of each step.
    progress : Progress

    Raises
    ------
    DataError
        Two that follow each other have no customer in common; a table is gone or damaged.

    Notes
    -----
    O(n log n). Customers are written to parts on the disk by a hash of their ids, and joined part
    by part. A part holds 500,000 of up to 64 million customers, and more beyond: some 700 MiB in
    all until then, whatever there are (639 MiB at 10 million). Of disk it takes 16 bytes a
    customer, 20 with money, and 16 more where ids are text.
    """
    money = _money(periods)
    text = by_text([p.customers.id_type for p in periods])
    kept = Kept(text, money.get("column"), clear=not money)
    with scratch_folder("engine-compare") as folder:
        return _steps(list(periods), money, kept, most, folder, progress)


def _steps(
    periods: list[Period], money: dict[str, Any], kept: Kept, most: int, folder: Path,
    progress: Progress,
) -> list[Step]:  # fmt: skip
    rows = [_rows(p.customers) for p in periods]
    parts = 1
    while parts * ROWS < max(rows) and parts < MOST_PARTS:
        parts *= 2
    spilled, found, runtime = [], list[Step](), local_runtime()
    with progress.stage("compare", rows=sum(rows), total=sum(rows)):
        for i, (period, n) in enumerate(zip(periods, rows, strict=True)):
            place = folder / f"{i}"
            place.mkdir()
            spilled.append(spill(period.customers, kept, place, parts))
            progress.advance(n)
        for (old, new), sides in zip(pairwise(periods), pairwise(spilled), strict=True):
            shape = (len(old.names), len(new.names))
            join = Join(*sides, shape, money=bool(money))
            known = by_number(old, new)
            wanted = Wanted(known.pairs, most) if known else None
            cells, moves = join.found(runtime, wanted)
            _check_common(old, new, cells)
            which = known or matched(old, new, cells.counts[: shape[0], : shape[1]])
            if moves is None:
                _, moves = join.found(runtime, Wanted(which.pairs, most))
            assert moves is not None
            listed = _listed(moves, old, new, kept)
            differ = changes(old, new, which.pairs)
            found.append(Step(old, new, which, cells, listed, differ, money))
    return found


def _rows(customers: Customers) -> int:
    try:
        return int(customers.rows.select(pl.len()).collect().item())
    except (OSError, pl.exceptions.PolarsError):
        message = (
            f"{customers.path} is missing or damaged, so the customers of {customers.called} are "
            "not known any more; run the engine again."
        )
        raise DataError(message) from None


def _money(periods: Sequence[Period]) -> dict[str, Any]:
    """Give what all periods say customers are worth, by one column; empty where they do not."""
    values = [p.value for p in periods]
    if not all(values) or len({v["column"] for v in values}) > 1:
        return {}
    return values[-1]


def _check_common(old: Period, new: Period, cells: Cells) -> None:
    if cells.counts[:-1, :-1].sum():
        return
    kinds = old.customers.id_type, new.customers.id_type
    why = "compare runs of the same customers"
    if (kinds[0] == pl.String) != (kinds[1] == pl.String):
        why += (
            ", or, where they are the same, give both the same ids: those of one are text and "
            "those of the other numbers, which only match where they are written so (007 is not 7)"
        )
    message = (
        f"{old.customers.called} and {new.customers.called} have no customer in common; {why}."
    )
    raise DataError(message)


def _listed(moves: np.ndarray, old: Period, new: Period, kept: Kept) -> pl.DataFrame:
    """Give the moves with the ids of whose they are."""
    k_new, gone = len(new.names), moves["new"] == len(new.names) + 1
    ids = _texts(moves, gone, old, new) if kept.text else _numbers(moves, new)
    columns: dict[str, Any] = {
        "id": ids,
        "change": pl.Series(np.where(gone, LEFT, MOVED), dtype=pl.String),
        "from": moves["old"],
        "to": np.where(moves["new"] < k_new, moves["new"], -1).astype(np.int32),
    }
    names = ("before", "after") if kept.money is not None else ("clear",)
    return pl.DataFrame({**columns, **{name: moves[name] for name in names}})


def _numbers(moves: np.ndarray, new: Period) -> pl.Series:
    signed = new.customers.id_type.is_signed_integer()
    return pl.Series(moves["key"].view(np.int64) if signed else moves["key"])


def _texts(moves: np.ndarray, gone: np.ndarray, old: Period, new: Period) -> pl.Series:
    """Look ids up by their rows: of those who left in the earlier table."""
    ids = np.empty(len(moves), object)
    for period, own in ((new, ~gone), (old, gone)):
        customers = period.customers
        rows = customers.rows.select(pl.col(customers.id_column).cast(pl.String).alias("id"))
        rows = rows.filter(pl.col("id").is_not_null()).with_row_index("row")
        wanted = moves["row"][own]
        found = rows.filter(pl.col("row").is_in(wanted.tolist())).collect(engine="streaming")
        known = dict(zip(found["row"].to_list(), found["id"].to_list(), strict=True))
        ids[own] = [known[row] for row in wanted.tolist()]
    return pl.Series("id", ids.tolist(), dtype=pl.String)
