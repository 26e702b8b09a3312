"""Tables for people beside a run's own: segments.csv and segments.xlsx, where asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl

from engine.config.input import InputConfig
from engine.config.sections import OutputConfig
from engine.customer_lists.conditions import NoColumnError
from engine.customer_lists.listing import Listing, asked_columns, listed_as, own_columns
from engine.customer_lists.own import own_of
from engine.customer_lists.tables import save_tables
from engine.data_preparation.features.as_planned import as_planned
from engine.data_preparation.features.visiting import counting
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.prepare import Prepared
from engine.data_preparation.reading.sources import Source, open_source
from engine.data_preparation.transactions.purchases import Purchases, Writings
from engine.descriptive_stats.profiles import Profiles
from engine.errors import ConfigError
from engine.places.runtime import local_runtime
from engine.run.sales import OF_CUSTOMERS
from engine.utilities.rows import is_spread


def check_columns(loaded: Loaded, settings: OutputConfig) -> None:
    """Refuse ``output.columns`` that the customers do not have, before any work is done.

    Raises
    ------
    ConfigError
    """
    _asked(loaded, settings.columns)


def save_lists(
    table: Path, loaded: Loaded, prepared: Prepared, profiles: Profiles, settings: OutputConfig,
    purchases: Purchases | None = None,
) -> list[str]:  # fmt: skip
    """Write the tables that are asked for beside the run's own.

    Parameters
    ----------
    table : Path
        ``segments.parquet``, which is there.
    loaded : Loaded
    prepared : Prepared
    profiles : Profiles
    settings : OutputConfig
    purchases : Purchases, optional
        What the customers were gathered from.

    Returns
    -------
    notices : list of str
        What was changed or left out, for people.
    """
    listing = Listing(table)
    if columns := _asked(loaded, settings.columns):
        names = listed_as(_there(loaded), listing.results)
        needed = {c: names[c] for c in columns}
        writings = purchases.writings if purchases else None
        source = replace(_source(loaded, writings), workers=None)
        of = as_planned(source, prepared.plan), needed, partial(_blocks, prepared)
        beside = (writings.texts, writings.notation) if writings else ()
        listing = replace(listing, own=own_of(*of, *beside))
    tree, named = profiles.tree, profiles.names
    return save_tables(listing, settings.tables, tree, named, settings.permissions)


def _source(loaded: Loaded, writings: Writings | None) -> Source:
    """Give the customers, with the text of their own numbers where it was gathered."""
    if writings is None:
        return loaded.source
    held = InputConfig(path=str(writings.customers), id=loaded.id_column, fold_ids="never")
    return open_source(held, named=loaded.source.named)


def _there(loaded: Loaded) -> list[str]:
    """Give the customers' own columns; what was gathered of purchases is in the table already."""
    gathered = OF_CUSTOMERS if loaded.computed else ()
    return own_columns(loaded.source, (loaded.id_column, *gathered))


def _asked(loaded: Loaded, columns: Sequence[str]) -> list[str]:
    known = [c for c in (loaded.id_column, *OF_CUSTOMERS) if c in loaded.source.schema]
    try:
        return asked_columns(loaded.source.label, columns, _there(loaded), known)
    except NoColumnError as error:
        raise ConfigError([f"output.columns: {error}"]) from None


def _blocks(
    prepared: Prepared, source: Source, columns: Sequence[str]
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Read the customers that count, here, wherever the run was."""
    ids, keep = prepared.identity.ids, prepared.identity.keep
    keep = keep[:] if is_spread(keep) else keep
    yield from counting(source, len(ids), keep, columns, local_runtime())
