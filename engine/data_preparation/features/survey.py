"""One pass over the rows that learns what preparation needs: counts, ranges, levels, a sample.

Counts and ranges are exact. Quantiles, skewness, means and spreads come from the sample, which is
all rows up to ``preparation.sample_rows`` and otherwise that many customers drawn by a hash of
their id: at 200,000 the spread of a column is known to 0.2%.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import narwhals as nw
import numpy as np
import polars as pl

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.found_readings import find_reading
from engine.data_preparation.features.identity import Identity
from engine.data_preparation.features.people_findings import people_by_levels
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.row_numbers import RowNumbers
from engine.data_preparation.features.samplers import JointSampler, Sampler
from engine.data_preparation.features.seen import (
    NumericSurvey,
    TextSurvey,
    count_hidden_numbers,
    count_levels,
    count_numbers,
    number_like,
    refuse_mixed,
)
from engine.data_preparation.features.visiting import customers
from engine.data_preparation.reading.finding import Finding
from engine.data_preparation.reading.finding_lists import Lists, find_lists
from engine.data_preparation.reading.frames import as_polars
from engine.data_preparation.reading.sources import Source
from engine.places.runtime import Runtime, local_runtime
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
    numeric = {c: NumericSurvey() for c in roles.numeric}
    text = {c: TextSurvey() for c in roles.categorical}
    sampler = Sampler(settings.sample_rows, len(identity.ids))
    joint = JointSampler(roles.numeric, roles.categorical)
    counting = RowNumbers([c for c in roles.numeric if c not in source.readings], len(source.files))
    # A line with too few fields ends in missing ones; where the last is never missing, none is.
    last, gaps = source.last_columns, False
    lists = {c: Lists() for c in roles.lists if look}
    columns = list(dict.fromkeys([*roles.numeric, *roles.categorical, *lists, *last]))
    columns = columns or list(roles.dates[:1])  # rows are counted by a column
    place = runtime if source.typed else local_runtime()
    hidden = set() if source.typed else set(text) - set(declared)
    looked = set(text) - set(declared) if look else set()
    for start, block in customers(source, identity, columns, place, whole_lines=True):
        frame = nw.from_native(block, eager_only=True)
        gaps = gaps or any(block[c].null_count() for c in last)
        count_numbers(frame, numeric)
        for column, known in text.items():
            count_levels(frame, column, known)
            if column in looked:
                known.look(as_polars(block[column]))
            if column in hidden:
                count_hidden_numbers(block[column], known, source)
        for column, cells in lists.items():
            cells.look(as_polars(block[column]))
        priority = identity.priority[start : start + len(block)]
        sampler.add(frame.select(roles.numeric), priority)
        joint.add(frame, priority)
        counting.add(frame)
        progress.advance(len(block))
    _settle_text(text, source, roles, settings, declared, least)
    warnings = _short_lines(source) if gaps else ()
    most, taken = settings.max_levels, source.schema
    apart = {c: find_lists(c, x, most, taken, least) for c, x in lists.items()}
    n, rows, seen = len(identity.ids), sampler.rows(), counting.found()
    return Survey(
        n, numeric, text, rows, warnings, apart, joint.rows(), seen, len(source.files)
    )  # fmt: skip


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


def _short_lines(source: Source) -> tuple[str, ...]:
    short = source.short_lines()
    if not short:
        return ()
    lines = "one line has" if short == 1 else f"{short:,} lines have"
    sentence = f"{source.label}: {lines} fewer fields than the header; what is not there is missing"
    return (sentence,)
