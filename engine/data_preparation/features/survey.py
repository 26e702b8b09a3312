"""One pass over the rows that learns what preparation needs: counts, ranges, levels, a sample.

Counts and ranges are exact. Quantiles, skewness, means and spreads come from the sample, which is
all rows up to ``preparation.sample_rows`` and otherwise that many customers drawn by a hash of
their id: at 200,000 the spread of a column is known to 0.2%.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import add

import numpy as np
import polars as pl

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.found_readings import find_reading
from engine.data_preparation.features.identity import Identity
from engine.data_preparation.features.people_findings import people_by_levels
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.seen import (
    NumericSurvey,
    TextSurvey,
    number_like,
    refuse_mixed,
)
from engine.data_preparation.features.surveyor import Asked, Beginning, Surveyor
from engine.data_preparation.features.visiting import first_visited, of_files, visited
from engine.data_preparation.reading.finding import Finding
from engine.data_preparation.reading.finding_lists import find_lists
from engine.data_preparation.reading.sources import Source
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress
from engine.utilities.shown import FEW


@dataclass(frozen=True)
class Survey:
    """The result of the pass.

    Attributes
    ----------
    n_customers : int
    numeric : dict of str to NumericSurvey
    text : dict of str to TextSurvey
    sample : float64 array of shape (n_sample, n_numeric)
        Raw values in priority order; NaN where missing or infinite.
    warnings : tuple of str
        What is wrong with lines of the files, for people.
    lists : dict of str to Finding
        What columns of lists are taken apart into.
    joint : polars DataFrame or None
        The customers of smallest priority with all columns; None where none is text.
    counting : frozenset of str
        Numeric columns that count the rows.
    n_files : int
    """

    n_customers: int
    numeric: dict[str, NumericSurvey]
    text: dict[str, TextSurvey]
    sample: np.ndarray
    warnings: tuple[str, ...] = ()
    lists: dict[str, Finding] = field(default_factory=dict)
    joint: pl.DataFrame | None = None
    counting: frozenset[str] = frozenset()
    n_files: int = 1


def survey(
    source: Source,
    identity: Identity,
    roles: Roles,
    *,
    settings: PreparationConfig,
    declared: tuple[str, ...],
    runtime: Runtime,
    progress: Progress,
    look: bool = False,
    least: int = FEW,
) -> Survey:
    """Read every block once.

    Parameters
    ----------
    source, identity, roles, settings
        What to read and how.
    declared : tuple of str
        Columns the user calls categorical: numbers in them are levels.
    runtime : Runtime
        CSV is surveyed on the CPU wherever the run is: its parser's findings are what users see.
    progress : Progress
    look : bool
        Whether to look for what else the values of text columns may be read as.
    least : int
        Rows that a member of lists needs to be named.

    Raises
    ------
    DataError
        A CSV column of numbers holds text, or (``missing: error``) values are missing.
    """
    asked = Asked(
        roles.numeric,
        roles.categorical,
        lists=roles.lists if look else (),
        # A line with too few fields ends in missing ones; where the last is never missing, none is.
        last=source.last_columns,
        looked=set(roles.categorical) - set(declared) if look else set(),
        hidden=set() if source.typed else set(roles.categorical) - set(declared),
        counting=[c for c in roles.numeric if c not in source.readings],
        n_files=len(source.files),
        notation=source.notation,
        sample_rows=settings.sample_rows,
        n_rows=len(identity.ids),
    )
    columns = asked.columns or list(roles.dates[:1])  # rows are counted by a column
    seen = _seen(asked, source, identity, columns, runtime, progress)
    _settle_text(seen.text, source, roles, settings, declared, least)
    most, taken = settings.max_levels, source.schema
    return Survey(
        asked.n_rows,
        seen.numeric,
        seen.text,
        seen.sampler.rows(),
        _short_lines(source, identity, runtime) if seen.gaps else (),
        {c: find_lists(c, x, most, taken, least) for c, x in seen.lists.items()},
        seen.joint.rows(),
        seen.counting.found(),
        len(source.files),
    )


def _seen(
    asked: Asked,
    source: Source,
    identity: Identity,
    columns: Sequence[str],
    runtime: Runtime,
    progress: Progress,
) -> Surveyor:
    """Show all rows to a surveyor: piece by piece, to those that know of the first block."""
    lines, cpu = True, not source.typed

    def over(visitor: Surveyor, progress: Progress) -> Surveyor:
        return visited(
            visitor, source, identity, columns, runtime, progress, identity.priority,
            whole_lines=lines, on_cpu=cpu,
        )  # fmt: skip

    if not identity.cuts:
        found = over(Surveyor(asked, asked.bounds), progress)
        return over(Surveyor(asked), Progress()) if found.lacks_rows else found
    # All columns, though it looks at fewer: how many rows a block has depends on its width.
    first = first_visited(
        Beginning(asked), source, identity, columns, runtime, whole_lines=lines, on_cpu=cpu
    )
    found = over(first.surveyor(bounded=True), progress)
    return over(first.surveyor(bounded=False), Progress()) if found.lacks_rows else found


def _settle_text(
    text: dict[str, TextSurvey],
    source: Source,
    roles: Roles,
    settings: PreparationConfig,
    declared: tuple[str, ...],
    least: int,
) -> None:
    """Find what text columns are, and refuse those that mix numbers with words."""
    for column, known in text.items():
        known.finding = find_reading(column, known, source, settings, least)
    unsure = {c: t for c, t in text.items() if c not in roles.doubtful}
    refuse_mixed(source, unsure, people_by_levels)
    for column, known in text.items():
        if column in declared:
            known.number_like = None
        elif known.levels is not None:
            known.number_like = number_like(known.levels)


def _short_lines(source: Source, identity: Identity, runtime: Runtime) -> tuple[str, ...]:
    short = of_files(Source.short_lines, add, source, identity, runtime)
    if not short:
        return ()
    lines = "one line has" if short == 1 else f"{short:,} lines have"
    sentence = f"{source.label}: {lines} fewer fields than the header; what is not there is missing"
    return (sentence,)
