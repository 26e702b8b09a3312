"""New invoices for a model: gathered as the customers it was trained on were."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config.loading import load_config
from engine.config.problems import suggestion
from engine.config.sections import Config
from engine.config.transactions import TransactionsConfig
from engine.errors import ConfigError, DataError

if TYPE_CHECKING:
    from engine.data_preparation.reading.sources import Source
    from engine.data_preparation.transactions.purchases import Purchases
    from engine.model.fitted import Fitted
    from engine.places.runtime import Runtime
    from engine.utilities.progress import Progress

_CHANGEABLE = (
    "input.read", "input.customers", "input.columns", "input.id", "transactions.snapshot",
    "transactions.currency", "output.permissions", "output.margin",
    "compute.cluster", "compute.workers",
)  # fmt: skip
"""Keys, with those below them, that may be other for a file than they were in training; and who
may read the result, and where it is computed."""


def settings_for(
    info: Mapping[str, Any], path: str | Path, overrides: Mapping[str, Any] | None
) -> Config:
    """Give the settings a file is read with: the model's, but for what is said of this file.

    Parameters
    ----------
    info : mapping
        Of the model.
    path : str or Path
    overrides : mapping of dotted key to value, or None
        ``input.read`` and what is below it, ``input.customers``, ``input.columns``, ``input.id``,
        ``transactions.snapshot``, ``transactions.currency``, ``output.permissions``,
        ``output.margin``, ``compute.cluster`` and ``compute.workers``.

    Raises
    ------
    ConfigError
        A key cannot be changed for a file, or a value is wrong.
    """
    asked = dict(overrides or {})
    for key in asked:
        if not any(key == k or key.startswith(f"{k}.") for k in _CHANGEABLE):
            message = (
                f"{key} is not set when assigning{suggestion(key, _CHANGEABLE)}; what can be set "
                f"is {', '.join(_CHANGEABLE)}."
            )
            raise ConfigError([message])
    gathering = info.get("transactions") or {}
    tree: dict[str, Any] = {"input": {"path": str(path), "read": info.get("read", {})}}
    if gathering:
        # The day that recency was counted to belongs to the customers of the fit.
        # A model of an earlier build told every writing apart.
        policies = {"spellings": "keep"} | gathering["policies"] | {"snapshot": "auto"}
        tree["transactions"] = policies
        tree["input"] |= {
            "columns": gathering["columns"],
            "id": gathering["id"],
            "fold_ids": gathering.get("fold_ids", "never"),
        }
    try:
        return load_config(tree, asked)
    except ConfigError as error:
        # No key of a configuration names the file here.
        told = [p.replace("input.path:", "the file to assign:") for p in error.problems]
        raise ConfigError(told) from None


def as_in_training(config: Config, info: Mapping[str, Any]) -> Config | None:
    """Give the settings with what the fit found in place of ``auto``; None if nothing was."""
    found = info.get("found") or {}
    read = config.input.read
    changed = {
        k: v
        for k, v in found.items()
        # Which letters its bytes are is no question that a file leaves open.
        if k != "encoding" and getattr(read, k) == "auto" and v not in (None, "auto")
    }
    if not changed:
        return None
    settings = config.input.model_copy(update={"read": read.model_copy(update=changed)})
    return config.model_copy(update={"input": settings})


def gather_new(
    model: Fitted,
    source: Source,
    config: Config,
    folder: Path,
    progress: Progress,
    runtime: Runtime | None = None,
) -> tuple[Purchases, list[str]]:
    """Turn new invoices into customers, and say which day recency is counted to.

    Recency is counted to the day of the fit where the invoices end before it, so that some of the
    customers of the fit get what all of them got; otherwise to the day after the last invoice,
    unless ``transactions.snapshot`` is set.

    Raises
    ------
    DataError
        The model needs columns of the customers' table, which is not named; or money is in another
        currency than the model's.
    """
    from engine.data_preparation.transactions.lines import gather_lines, with_table  # few models

    gathering = model.info["transactions"]
    joined = [c for c in model.plan.file_columns if c in gathering["joined"]]
    if joined and config.input.customers is None:
        message = (
            f"the model uses {', '.join(map(repr, joined))} of a customers' table that was joined "
            "in training; name such a table (--customers, or customers= in Python)."
        )
        raise DataError(message)
    lines, policies = with_table(source, config.input), config.transactions
    leading = gathering["leading_categories"]

    def gathered(policies: TransactionsConfig) -> Purchases:
        found = gather_lines(
            lines, config.input, policies, folder,
            progress=progress, categories=leading, runtime=runtime,
        )  # fmt: skip
        _check_currency(gathering.get("currency"), found.facts["currency"], source.label)
        return found

    found, fitted = gathered(policies), gathering["snapshot"]
    if policies.snapshot != "auto" or found.facts["snapshot"] == fitted:
        return found, []
    if found.facts["snapshot"] < fitted:
        shutil.rmtree(folder)
        again = policies.model_validate(policies.model_dump() | {"snapshot": fitted})
        return gathered(again), [f"recency is counted to {fitted}, as it was in training"]
    note = f"recency is counted to {found.facts['snapshot']}; in training it was to {fitted}"
    return found, [note]


def _check_currency(fitted: str | None, found: str | None, label: str) -> None:
    """Refuse money in another currency than the model's, where both say theirs."""
    if fitted and found and fitted != found:
        message = (
            f"{label}: money is in {found}, but the model's is in {fitted}; set "
            f"transactions.currency to what one of each is worth, such as "
            f"{{{fitted}: 1, {found}: <rate>}}."
        )
        raise DataError(message)


def policy_notices(facts: Mapping[str, Any]) -> list[str]:
    """Say what was cleaned, one sentence for each policy that took a row."""
    return [p["words"] for p in facts["policies"] if p["rows"]]
