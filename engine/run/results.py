"""What a run finds and leaves: summary, model and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.clustering.margins import margins
from engine.clustering.scored import Scored
from engine.config.loading import load_config
from engine.continuity import migration
from engine.continuity.previously import Previously
from engine.customer_lists.export import Exported, export_of_run
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.prepare import Prepared
from engine.data_preparation.reading.sources import Source
from engine.descriptive_stats.cross_selling.selling import CrossSell
from engine.descriptive_stats.profiles import Profiles
from engine.dimensionality_reduction.pca import PCA
from engine.errors import DataError, in_sentences
from engine.explaining.answers import Explained, explain_of_run
from engine.model.model import Model
from engine.places.runtime import Runtime
from engine.run.listed import save_lists
from engine.run.sales import Sales
from engine.run.saved_customers import SEGMENTS, SavedCustomers
from engine.run.showing import in_html, in_text
from engine.run.signed import unsigned_after
from engine.similar_customers.answers import of_run
from engine.similar_customers.asked_run import Run
from engine.storage.alive import remember, with_table
from engine.storage.outputs import RunFolders, writing
from engine.utilities.formulas import told
from engine.utilities.json_files import write_json
from engine.utilities.progress import Progress
from engine.utilities.scratch import KeptFolder
from engine.utilities.segment_numbers import Numbers
from engine.utilities.tables import parts_of, write_table

if TYPE_CHECKING:
    from engine.comparing.comparison import Comparison


@dataclass(frozen=True)
class Compared:
    """The methods of a run beside each other.

    Attributes
    ----------
    rule : str or None
        Why the best is the best; None for one method.
    agreement : dict
        Adjusted Rand index of each two methods.
    left_out : dict of str to str
        Methods that did not run, and why.
    """

    rule: str | None
    agreement: dict[str, dict[str, float]]
    left_out: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """Everything a run has found, before it is written.

    Attributes
    ----------
    source : Source
        What the run was given.
    loaded : Loaded
        The table of customers: the same, or gathered from transactions.
    prepared : Prepared
    space : float32 array of shape (n_customers, n_components)
    pca : PCA or None
    scored : tuple of Scored
        One a method.
    best : Scored
        The one that is described and saved.
    profiles : Profiles
    sales : Sales or None
        What the segments buy; None for a run on customers.
    compared : Compared
    continued : dict or None
        How the segments continue those of a previous model, where there is one.
    numbers : Numbers
        What the segments are called in everything that is written; labels are indices.
    what_if : list of dict or None
        Several numbers of segments beside each other, where they were asked for.
    before : Previously or None
        The segments that customers had in the run that is continued.
    """

    source: Source
    loaded: Loaded
    prepared: Prepared
    space: np.ndarray = field(repr=False)
    pca: PCA | None
    scored: tuple[Scored, ...]
    best: Scored
    profiles: Profiles
    sales: Sales | None
    compared: Compared
    continued: dict[str, Any] | None
    numbers: Numbers
    what_if: list[dict[str, Any]] | None = None
    before: Previously | None = None


@dataclass(frozen=True, repr=False)
class Result:
    """What :func:`engine.segment` gives back.

    Attributes
    ----------
    summary : dict
        The same as ``summary.json``.
    profiles : polars DataFrame
        One row a segment: size, share, and mean, median and z-score of each feature.
    model : Model
        Assigns new customers.
    report_path : Path
    cross_sell : CrossSell or None
        What sells to whom and what to offer next; None where the input names no products.
    kept : KeptFolder or None
        The folder of a run that leaves no files, which lives as long as this.
    table : KeptFolder or None
        Where the table in memory lies that the run was given, as long as this lives or a copy of
        it: a file of about the table's size among the system's temporary files, for the user
        alone. ``similar``, ``explain``, ``export`` and :func:`engine.recut` read it. What is
        pickled leaves it behind.
    """

    summary: dict[str, Any]
    profiles: pl.DataFrame = field(repr=False)
    model: Model = field(repr=False)
    report_path: Path
    cross_sell: CrossSell | None = field(default=None, repr=False)
    kept: KeptFolder | None = field(default=None, repr=False, compare=False)
    table: KeptFolder | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        """Say in a few lines what was found, and where it is."""
        return in_text(self.summary, self.profiles, None if self.kept else self.report_path)

    def _repr_html_(self) -> str:
        return in_html(self.summary, self.profiles, None if self.kept else self.report_path)

    @property
    def report_html(self) -> str:
        """The page, which needs no other file."""
        return self._there(self.report_path).read_text(encoding="utf-8")

    @cached_property
    def segments(self) -> pl.DataFrame:
        """One row a customer: the id, ``segment`` (its number), ``segment_name``, ``distance``.

        From transactions also recency, frequency, money, RFM scores and the named RFM segment.
        Customers without purchases come last; their segment is null and its name says why.
        """
        file = self._there(self.report_path.parent / SEGMENTS)
        return pl.read_parquet(parts_of(file), glob=False)

    @property
    def scores(self) -> dict[str, Any]:
        """Scores of the best method."""
        scores: dict[str, Any] = self.summary["methods"][self.summary["best"]]
        return scores

    @in_sentences("finding similar customers")
    def similar(self, ids: Any, n: int = 10) -> pl.DataFrame:
        """Find the customers most like given ones: see :func:`engine.similar`.

        Customers are compared where they were clustered: in the leading components of the prepared
        columns that the run kept (``pca.components``), not in every column.
        """
        return of_run(self._run, ids, n)

    @in_sentences("exporting customers")
    def export(
        self,
        output: str | Path,
        *,
        segment: Any = None,
        where: str | None = None,
        columns: str | Sequence[str] = (),
    ) -> Exported:
        """Write customers, or those of some segments, to a file: see :func:`engine.export`."""
        return export_of_run(self._run, output, segment=segment, where=where, columns=columns)

    @in_sentences("explaining segments")
    def explain(self, ids: Any) -> Explained:
        """Say why customers are in their segments: see :func:`engine.explain`."""
        return explain_of_run(self._run, ids)

    @in_sentences("comparing runs")
    def compare(self, *others: Any, most: int = 1_000) -> Comparison:
        """Compare this run with others, whichever is earliest first: see :func:`engine.compare`.

        Parameters
        ----------
        *others : Result, str, Path or table
            Runs as :func:`engine.compare` takes them; data come last.
        most : int
            Customers whose move is listed, of each step.

        Examples
        --------
        >>> result.compare("shop@previous").write()  # doctest: +SKIP
        """
        from engine.comparing.comparison import compare_of_result  # with what draws

        return compare_of_result(self, others, most)

    def __getstate__(self) -> dict[str, Any]:
        """Take the customers' segments along where their file stays behind."""
        if self.kept:
            _ = self.segments
        return dict(self.__dict__)

    def _there(self, file: Path) -> Path:
        if not file.exists():
            message = f"{file} is gone: the run was removed, or left no files and is of a process "
            message += "that has ended; run the engine again."
            raise DataError(message)
        return file

    @property
    def _run(self) -> Run:
        run_id = str(self.model.info["run_id"])
        return Run(self.model, with_table(load_config(self.summary["config"]), run_id))


def held(result: Result, table: KeptFolder | None, kept: KeptFolder | None) -> Result:
    """Let a result hold the folders that live as long as it does."""
    remember(str(result.model.info["run_id"]), table, kept)
    return replace(result, table=table, kept=kept)


def save(outcome: Outcome, model: Model, folders: RunFolders, progress: Progress) -> list[str]:
    """Write profiles, what sells and the model into the staging folders.

    Returns
    -------
    notices : list of str
        What was changed in tables on the way, for people; also shown.
    """
    profiles = outcome.profiles.table()
    cells = write_table(iter([profiles]), profiles.schema, folders.reports / "profiles.csv").marked
    write_json(folders.reports / "profiles.json", outcome.profiles.tree)
    if outcome.sales:
        cells += outcome.sales.save(folders.reports)
    if outcome.continued:
        cells += migration.save(outcome.continued["migration"], folders.reports).marked
    model.save(folders.model)
    notices = [*told(cells, f"the tables of {folders.roots[1]}"), *unsigned_after(folders)]
    for notice in notices:
        progress.note(notice)
    return notices


def saving_customers(
    outcome: Outcome, model: Model, folders: RunFolders, runtime: Runtime
) -> Callable[[Progress], list[str]]:
    """Give what writes the segment of each customer into the staging folder, the last of a run.

    It returns what was changed or left out in tables for people, which are also shown.
    """
    ids, fit = outcome.prepared.identity.ids, outcome.best.fit
    purchases = outcome.sales.purchases if outcome.sales else None
    customers = SavedCustomers(
        model, folders.reports / SEGMENTS, folders.settings.permissions, purchases, outcome.before
    )

    def saving(progress: Progress) -> list[str]:
        heard = replace(runtime, on_rows=progress.advance)
        with writing(folders.reports):
            of = fit.representatives.distances(outcome.space, fit.labels, runtime=heard)
            quiet, clear = replace(runtime, on_rows=None), tuple[Any, ...]()
            if folders.settings.margin:
                clear = margins(fit.representatives, outcome.space, fit.labels, runtime=quiet)
            customers.save(ids, fit.labels, of, progress, clear)
            table, described = customers.path, (outcome.prepared, outcome.profiles)
            notices = save_lists(table, outcome.loaded, *described, folders.settings, purchases)
        for notice in notices:
            progress.note(notice)
        runtime.leave()
        return notices

    return saving
