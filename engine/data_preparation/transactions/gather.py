"""The transactions stage: files -> lines by customer -> settled lines -> one row a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.cluster.runtime import ClusterRuntime
from engine.config.input import InputConfig
from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.as_written import take_in_as_written
from engine.data_preparation.transactions.carrying import carrying
from engine.data_preparation.transactions.columns import find_columns
from engine.data_preparation.transactions.finishing import finished
from engine.data_preparation.transactions.id_folding import IdFolding
from engine.data_preparation.transactions.intake import Intake, settler_for
from engine.data_preparation.transactions.on_workers import gather_there
from engine.data_preparation.transactions.parts import Parts
from engine.data_preparation.transactions.piecewise import Asked
from engine.data_preparation.transactions.purchases import Purchases
from engine.data_preparation.transactions.settling import Settler
from engine.data_preparation.transactions.spellings import Names
from engine.data_preparation.transactions.summed import Summed
from engine.places.runtime import Runtime
from engine.utilities.permissions import make_folder
from engine.utilities.progress import Progress


def gather(
    source: Source,
    settings: InputConfig,
    policies: TransactionsConfig,
    folder: Path,
    *,
    customers: Source | None = None,
    progress: Progress | None = None,
    categories: Sequence[str] | None = None,
    least: int = 1,
    describe: Sequence[str] = (),
    runtime: Runtime | None = None,
) -> Purchases:
    """Turn transactions into customers.

    The files are read once, and the column of dates once more before where it is text: blocks are
    cleaned and spread over partitions on disk by customer, and a partition at a time is settled in
    memory. (A CSV that is not in UTF-8 is first copied.) Each line's money is rounded to whole
    ten-thousandths and these are summed, so that no order of rows, blocks or partitions changes a
    sum. O(n log n) in the lines of a partition.

    Parameters
    ----------
    source : Source
        The transactions.
    settings : InputConfig
        ``id`` and ``columns`` name columns.
    policies : TransactionsConfig
    folder : Path
        Takes ``customers.parquet``, the lines and what lies between; made when missing.
    customers : Source, optional
        A table to join, one row a customer.
    progress : Progress, optional
        Told every row twice: once read, once settled.
    categories : sequence of str, optional
        The leading categories of an earlier fit, which then stay the same.
    least : int
        Buyers that a leading category needs.
    describe : sequence of str
        Columns that describe customers; those of the lines are gathered, too.
    runtime : Runtime, optional
        Of a cluster: lines are read and settled by its workers, which see ``folder``.

    Raises
    ------
    DataError
        A column is missing or cannot describe customers, a policy refuses rows, money cannot be
        summed exactly, or nobody bought anything.
    """
    shown = progress or Progress()
    for place in (folder.parent, folder):
        make_folder(place)
    columns = carrying(find_columns(source, settings), source, describe, customers)

    def writings() -> tuple[IdFolding, Names]:
        ids = IdFolding(columns.named["customer_id"], settings.fold_ids, source.label)
        return ids, Names(columns, policies, categories)

    if isinstance(runtime, ClusterRuntime):
        asked = Asked(source, columns, policies, customers, categories, least)
        return gather_there(asked, writings, folder, runtime.members, shown)
    cleaner, intake, warnings = take_in_as_written(
        source, columns, policies, folder, shown, writings
    )
    columns, source = cleaner.columns, cleaner.source
    settler = settler_for(intake, cleaner)
    summed = _settle_all(intake, settler, Parts(folder) if columns.sells else None, shown)
    leading = summed.catalogue.leading(policies.leading_categories, least)
    fixed = leading if categories is None else tuple(categories)
    parts = [summed.parts] if summed.parts else []
    spend = [frame for p in parts for frame in p.spend(fixed)] if fixed else []
    found, rows = finished(
        cleaner,
        intake,
        summed,
        spend,
        leading=fixed,
        least=least,
        customers=customers,
        folder=folder,
    )
    found.facts["warnings"][:0] = warnings
    return replace(found, lines=summed.finish(rows, found.products))


def _settle_all(
    intake: Intake, settler: Settler, parts: Parts | None, progress: Progress
) -> Summed:
    summed = Summed(parts)
    summed.tally.merge(intake.noted(settler))
    for part in range(intake.partitions.count):
        rows = intake.partitions.read(part)
        if rows is not None:
            summed.add(settler.settle(intake.folded(rows), summed.tally))
            progress.advance(rows.height)
    return summed
