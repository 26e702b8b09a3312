"""The preparation stage: source -> identity -> roles -> survey -> plan -> float32 matrix."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.cluster.runtime import ClusterRuntime
from engine.config.sections import Config
from engine.data_preparation.described import Described
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.fit_plan import fit_plan
from engine.data_preparation.features.found_dates import date_columns, find_dates
from engine.data_preparation.features.found_readings import any_reads, tell, with_readings
from engine.data_preparation.features.id_names import may_name_a_customer, recognise_id
from engine.data_preparation.features.identity import (
    Identity,
    read_identity,
    tells_customers_apart,
)
from engine.data_preparation.features.people_findings import (
    dialled,
    found_of_people,
    hidden_numbers,
    without_people,
)
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.roles import IDENTIFIER, assign_roles, doubtful_columns
from engine.data_preparation.features.spread_ids import read_spread_identity
from engine.data_preparation.features.survey import Survey, survey
from engine.data_preparation.features.visiting import customers, made
from engine.data_preparation.loaded import Loaded, read_otherwise, without
from engine.data_preparation.reading.column_checks import check_columns, check_id
from engine.data_preparation.reading.cutting import Workers
from engine.data_preparation.reading.files import TextInNumbers, naming
from engine.data_preparation.reading.finding import NOTHING, Finding
from engine.data_preparation.reading.readings import Reading
from engine.data_preparation.reading.sources import Source, open_source
from engine.data_preparation.transactions.columns import like_invoices
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.places.staging import staged
from engine.utilities.permissions import create, make_folder
from engine.utilities.progress import Progress
from engine.utilities.rows import is_spread

if TYPE_CHECKING:
    from engine.data_preparation.transactions.purchases import Purchases


@dataclass(frozen=True)
class Prepared:
    """Customers ready for clustering.

    Attributes
    ----------
    matrix : float32 array of shape (n_customers, n_names), C-contiguous
        In memory, or a ``numpy.memmap`` when it would not fit.
    identity, plan, survey, report
    described : Described or None
        What describes them beside the matrix.
    """

    matrix: np.ndarray
    identity: Identity
    plan: FeaturePlan
    survey: Survey
    report: PlanReport
    described: Described | None = None


Learnt = tuple[Loaded, Survey, FeaturePlan, PlanReport]
"""The customers with what was found out about their columns, and what becomes of those."""


def load(
    config: Config, purchases: Purchases | None = None, runtime: Runtime | None = None
) -> Loaded:
    """Open the input and give every column its role, from headers and the first rows alone.

    Parameters
    ----------
    config : Config
    purchases : Purchases, optional
        What the input was gathered from: it says which columns are computed or only describe.
    runtime : Runtime, optional
        Where all rows are asked, if that is a cluster.

    Raises
    ------
    DataError
        See :func:`engine.data_preparation.reading.sources.open_source` and
        :func:`engine.data_preparation.features.roles.assign_roles`.
    """
    settings = config.input
    opened = open_source(settings, named=purchases.label if purchases else "")
    if isinstance(runtime, ClusterRuntime):
        opened = replace(opened, workers=Workers(runtime.members))
    opened.check_rows()
    named = settings.id or settings.columns.get("customer_id")
    if named:
        check_columns({"input.id": [named]}, opened)
    id_column = named or recognise_id(list(opened.schema))
    maybe = [c for c in may_name_a_customer(opened.schema) if c != id_column]
    identifiers = tuple(c for c in maybe if tells_customers_apart(opened, c))
    if id_column is None and identifiers:
        id_column, *rest = identifiers
        identifiers = tuple(rest)
    if id_column is not None:
        check_id(opened, id_column)
    text = [c for c in (id_column, *config.features.categorical) if c in opened.schema]
    source = _as_text(opened, text)
    # Phone numbers may be text in a later line, and no run shall stop at those.
    source = _as_text(source, sorted(doubtful_columns(source, config.features, id_column)))
    described = purchases.described if purchases else ()
    roles = assign_roles(source, config.features, id_column, described, checked=False)
    gone = dict.fromkeys((c for c in identifiers if c not in config.features.include), IDENTIFIER)
    gone |= dialled(source, roles, config.features)
    roles = without(roles, gone)
    declared = config.features.codes
    if not (roles.numeric or declared):
        reads, why = any_reads(source, roles.categorical, config.preparation)
        reads = reads or bool(date_columns(source, [*roles.categorical, *roles.dates]))
        if not (reads or roles.lists):
            assign_roles(source, config.features, id_column, described, why=why)
    computed = (*purchases.features, *described) if purchases else ()
    asked, theirs = config.preparation.snapshot, purchases.facts["snapshot"] if purchases else None
    snapshot = theirs if isinstance(asked, str) else asked.isoformat()
    return Loaded(source, id_column, roles, computed, described, None, gone, snapshot)


def _as_text(source: Source, columns: Sequence[str]) -> Source:
    # Only CSV guesses types: "00123" guessed as a number would lose its zeros.
    if source.typed:
        return source
    return source.with_types({c: pl.String() for c in columns})


def identify(
    loaded: Loaded,
    config: Config,
    progress: Progress | None = None,
    runtime: Runtime | None = None,
) -> Identity:
    """Read the ids and apply the policies for null and repeated ones; on workers of a cluster."""
    of, shown = (loaded.source, loaded.id_column), progress or Progress()
    settings, fold = config.preparation, config.input.fold_ids
    asked: dict[str, Any] = {"settings": settings, "seed": config.random_state, "fold": fold}
    try:
        if isinstance(runtime, ClusterRuntime):
            return read_spread_identity(*of, runtime=runtime, progress=shown, **asked)
        return read_identity(*of, progress=shown, **asked)
    except DataError as error:
        about_ids = "preparation.duplicates" in str(error) or "preparation.null_ids" in str(error)
        if not (about_ids and like_invoices(loaded.source)):
            raise
        message = (
            f"{error} Its columns look like those of invoices: where a row is a line of one, set "
            "input.kind to transactions (--transactions, or transactions=True in Python)."
        )
        raise DataError(message) from None


def learn(
    loaded: Loaded, identity: Identity, config: Config, runtime: Runtime, progress: Progress
) -> tuple[Loaded, Survey, FeaturePlan, PlanReport]:
    """Survey the rows and fit the plan; columns found to be numbers are read as such."""
    source = loaded.source
    try:
        with naming(source.label, source.files):
            return _learn(loaded, identity, config, runtime, progress)
    except TextInNumbers as error:
        if loaded.source.typed or loaded.source.schema[error.column] == pl.String:
            raise
        # Only all rows tell whether that is a word for missing, or text.
        text = loaded.source.with_types({error.column: pl.String()})
        again = learn(read_otherwise(loaded, text, config), identity, config, runtime, progress)
        if error.column not in again[0].source.readings:
            raise
        return again


def _learn(
    loaded: Loaded, identity: Identity, config: Config, runtime: Runtime, progress: Progress
) -> tuple[Loaded, Survey, FeaturePlan, PlanReport]:
    settings = config.preparation
    declared = config.features.codes
    least = config.output.smallest_group
    found = survey(
        loaded.source, identity, loaded.roles, settings=settings, declared=declared,
        runtime=runtime, progress=progress, look=loaded.findings is None, least=least,
    )  # fmt: skip
    findings = _findings(loaded, found)
    dates = loaded.dates or find_dates(
        loaded.source, loaded.roles, findings, config.features, loaded.snapshot, identity, runtime
    )
    findings = {**findings, **dates.findings}
    theirs = found_of_people(findings, dates.findings, found.text, config.features)
    dates = dates.without(theirs)
    fresh, loaded = loaded.dates is None, replace(loaded, dates=dates)
    texts = {} if loaded.source.typed else found.text
    hidden = hidden_numbers(texts, found.joint, loaded.roles)
    kept_out = {*hidden, *loaded.roles.doubtful, *theirs}
    findings = {c: f for c, f in findings.items() if c not in kept_out}
    readings = _readings_of(findings)
    if hidden or (fresh and dates.left) or not readings.keys() <= loaded.source.readings.keys():
        # The first 10,000 rows of the hidden were empty or quoted, so they were taken for text.
        source = loaded.source.with_types(dict.fromkeys(hidden, pl.Float64()))
        source = source.with_readings(readings)
        found_out = replace(read_otherwise(loaded, source, config), findings=findings)
        return learn(found_out, identity, config, runtime, progress)
    if loaded.forms and not (loaded.roles.numeric or declared):
        loaded = read_otherwise(loaded, loaded.source, config, checked=True)
    apart = {r.column for name, r in loaded.source.readings.items() if r.column != name}
    named = [c for c in (*config.features.include, *declared) if c not in apart]
    plan, report = fit_plan(
        found, loaded.roles, identity, settings, named, loaded.computed, least=least,
        runtime=runtime, forms=loaded.forms,
    )  # fmt: skip
    kept = without_people(findings, report)
    tell(kept, _readings_of(kept), report)
    scaled = settings.scaling != "none"
    return loaded, found, with_readings(plan, readings, scaled=scaled), report


def _readings_of(findings: Mapping[str, Finding]) -> dict[str, Reading]:
    return {n: r for f in findings.values() for n, r in f.readings.items()}


def _findings(loaded: Loaded, found: Survey) -> Mapping[str, Finding]:
    """Give what text columns were found to be; what was said of one is not said again."""
    findings = loaded.findings
    if findings is None:
        every = {c: t.finding for c, t in found.text.items()} | found.lists
        findings = {c: f for c, f in every.items() if f != NOTHING}
    for column in findings:
        if column in found.text:
            found.text[column].number_like = None
    return findings


def build_matrix(
    source: Source,
    identity: Identity,
    plan: FeaturePlan,
    *,
    file: Path | None,
    runtime: Runtime,
    progress: Progress,
) -> Any:
    """Transform every block into one matrix, float32 of shape (n_customers, n_names).

    Parameters
    ----------
    source, identity, plan
        What to read, which rows count, how they are transformed.
    file : Path or None
        Where the matrix lives when it does not fit in memory.
    runtime : Runtime
        On a cluster the rows are made on its workers, and stay there.
    progress : Progress
    """
    shape = (len(identity.ids), len(plan.names))
    if isinstance(runtime, ClusterRuntime):
        return made(
            plan.transform, source, identity, plan.columns, runtime, progress,
            dtype=np.float32, tail=shape[1:],
        )  # fmt: skip
    with staged(new_matrix(shape, file, runtime), runtime) as target:
        for start, block in customers(source, identity, plan.columns, runtime):
            plan.write(block, runtime, target, start)
            progress.advance(len(block))
    return target.matrix


def room_beside(rows: Any, width: int, file: Path | None, runtime: Runtime) -> Any:
    """Make room for float32 rows beside others, on workers where those are spread over them."""
    if is_spread(rows):
        return runtime.beside(rows, np.float32, (width,))
    return new_matrix((len(rows), width), file, runtime)


def new_matrix(shape: tuple[int, int], file: Path | None, runtime: Runtime) -> Any:
    """Make room for float32 rows, in the place's memory or in a file read in blocks."""
    if file is None or runtime.fits(shape[0] * shape[1] * 4):
        return runtime.empty(shape)
    make_folder(file.parent)
    create(file, "private")
    matrix = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=shape)
    if hasattr(os, "posix_fallocate"):
        # A full disk is then an error here, not a bus error while rows are written.
        with file.open("r+b") as handle:
            os.posix_fallocate(handle.fileno(), 0, file.stat().st_size)
    return matrix
