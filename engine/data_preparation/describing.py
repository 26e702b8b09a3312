"""What describes segments and does not form them: learnt as features are, in a pass of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.config.features import AUTO, OFF, FeaturesConfig
from engine.config.sections import Config, PreparationConfig
from engine.data_preparation.described import Described
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.identity import Identity
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.roles import IDENTIFIER, assign_roles
from engine.data_preparation.features.survey import Survey
from engine.data_preparation.features.value_names import value_named
from engine.data_preparation.loaded import Loaded, without
from engine.data_preparation.prepare import learn
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

if TYPE_CHECKING:
    from engine.data_preparation.reading.sources import Source

MONETARY = "monetary"
"""What customers are worth where they were gathered from transactions: what they paid, net."""


def learn_described(
    loaded: Loaded,
    plan: FeaturePlan,
    report: PlanReport,
    identity: Identity,
    config: Config,
    runtime: Runtime,
    progress: Progress,
) -> Described:
    """Learn the columns that describe, and which column says what customers are worth.

    Parameters
    ----------
    loaded : Loaded
        Read as the features of ``plan`` are.
    plan : FeaturePlan
    report : PlanReport
        What people are told of features, and are then told of these columns, too.
    identity, config, runtime, progress
        As features are learnt with.

    Returns
    -------
    described : Described
        Its plan has no column where none is to describe; nothing is read then.

    Raises
    ------
    DataError
        A column cannot be read, or ``features.value`` names what is no number.
    """
    named, formed = config.features, [f.column for f in plan.numeric]
    asked = [*named.describe]
    given = named.value not in (AUTO, OFF) and not (loaded.computed and named.value == MONETARY)
    if given and named.value not in (*formed, *asked):
        asked.append(named.value)
    own = PlanReport(forms=False)
    found = _learnt(asked, loaded, own, identity, config, runtime, progress)
    numbers = [*formed, *(f.column for f in found.plan.numeric)]
    if given and named.value not in numbers:
        raise DataError(_no_number(named.value, loaded.source, own))
    value = named.value if given else None
    if named.value == AUTO and not loaded.computed and (value := value_named(numbers)):
        own.notices.append(
            f"what segments are worth is told by the column {value!r}; features.value names "
            "another, or off"
        )
    _tell(own, asked, report)
    return replace(found, value=value)


def _tell(own: PlanReport, asked: Sequence[str], report: PlanReport) -> None:
    """Tell of columns that describe beside features, once each."""
    report.columns[:] = [c for c in report.columns if c["column"] not in asked] + [
        c if c["role"] == "left out" else {**c, "role": "describes"} for c in own.columns
    ]
    report.warnings += own.warnings
    report.notices += own.notices


def _learnt(
    asked: Sequence[str], loaded: Loaded, report: PlanReport, identity: Identity, config: Config,
    runtime: Runtime, progress: Progress,
) -> Described:  # fmt: skip
    nothing = FeaturePlan(identity.column, "int64", (), ())
    empty = Survey(len(identity.ids), {}, {}, np.empty((0, 0)))
    if not asked:
        return Described(loaded.source, nothing, empty)
    own, source = _as_features(asked, config), _as_in_files(loaded.source)
    roles = assign_roles(source, own.features, loaded.id_column, checked=False)
    ids = {c: r for c, r in loaded.identifiers.items() if c in asked and r == IDENTIFIER}
    roles = without(roles, ids)
    if not (roles.numeric or roles.categorical or roles.lists or roles.dates):
        report.warnings += [
            f"column {c!r} is named under features.describe but was left out: it {ids.get(c)}"
            for c in asked
        ]
        return Described(loaded.source, nothing, empty)
    beside = replace(
        loaded, source=source, roles=roles, described=(), findings=None, identifiers=ids,
        dates=None, forms=False,
    )  # fmt: skip
    there, surveyed, plan, told = learn(beside, identity, own, runtime, progress)
    report.columns += [c for c in told.columns if c["column"] in {*asked, *plan.columns}]
    report.warnings += told.warnings
    report.notices += told.notices
    types = {c: there.source.schema[c] for c in plan.file_columns}
    both = loaded.source.with_types(types).with_readings(plan.readings)
    return Described(both, plan, surveyed)


def _as_features(columns: Sequence[str], config: Config) -> Config:
    """Give the configuration in which columns are features, so that they are told as those are."""
    codes = tuple(c for c in config.features.categorical if c in columns)
    features = FeaturesConfig(include=tuple(columns), categorical=codes, value=OFF)
    usual = PreparationConfig()
    given = config.preparation
    missing = usual.missing if given.missing == "error" else given.missing
    scaling = usual.scaling if given.scaling == "none" else given.scaling
    preparation = given.model_copy(update={"missing": missing, "scaling": scaling})
    return config.model_copy(update={"features": features, "preparation": preparation})


def _as_in_files(source: Source) -> Source:
    """Give the files without the columns that were made of others."""
    made = {name for name, reading in source.readings.items() if reading.column != name}
    return replace(
        source,
        schema={c: t for c, t in source.schema.items() if c not in made},
        readings={name: r for name, r in source.readings.items() if name not in made},
    )


def _no_number(column: str, source: Source, report: PlanReport) -> str:
    why = next((f": it {c['what']}" for c in report.columns if c["column"] == column), "")
    return (
        f"features.value names the column {column!r} of {source.label}, which holds no numbers to "
        f"add up{why}; name a column of money or other amounts, or set it to off."
    )
