"""Opened files with a role for each column: what is known before rows are read, and read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.config.sections import Config
from engine.data_preparation.features.found_dates import Dates
from engine.data_preparation.features.roles import Roles, assign_roles
from engine.data_preparation.reading.finding import Finding
from engine.data_preparation.reading.sources import Source


@dataclass(frozen=True)
class Loaded:
    """Opened files, the id column and the roles of the others; nothing but headers was read.

    Attributes
    ----------
    source : Source
    id_column : str or None
    roles : Roles
    computed : tuple of str
        Columns that were computed from transactions, which nobody can correct.
    described : tuple of str
        Those of them that only describe.
    findings : mapping of str to Finding, or None
        What text columns were found to be; None until all rows were looked at.
    identifiers : mapping of str to str
        Columns that are no features, by what they hold, with the reason: another value in every
        row, or telephone numbers.
    snapshot : str or None
        Of dates, where it is not found in them.
    dates : Dates or None
    forms : bool
        Whether the columns that have a role form segments; otherwise they describe them.
    """

    source: Source
    id_column: str | None
    roles: Roles
    computed: tuple[str, ...] = ()
    described: tuple[str, ...] = ()
    findings: Mapping[str, Finding] | None = None
    identifiers: Mapping[str, str] = field(default_factory=dict)
    snapshot: str | None = None
    dates: Dates | None = None
    forms: bool = True


def without(roles: Roles, gone: Mapping[str, str]) -> Roles:
    """Leave out columns by what they hold, such as ids, each for its reason."""
    if not gone:
        return roles
    numeric, text = (
        tuple(c for c in of if c not in gone) for of in (roles.numeric, roles.categorical)
    )
    left_out = {**roles.left_out, **gone}
    return replace(roles, numeric=numeric, categorical=text, left_out=left_out)


def read_otherwise(
    loaded: Loaded, source: Source, config: Config, *, checked: bool = False
) -> Loaded:
    """Give the same with columns read otherwise, and the roles that follow."""
    roles = assign_roles(
        source, config.features, loaded.id_column, loaded.described, checked=checked
    )
    left = loaded.dates.left if loaded.dates else {}
    categorical = tuple(c for c in roles.categorical if c not in left)
    roles = replace(roles, categorical=categorical, left_out={**roles.left_out, **left})
    return replace(loaded, source=source, roles=without(roles, loaded.identifiers))
