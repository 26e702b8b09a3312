"""The registry: a version for each run, and the alias that names the model in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.tracking.facts import RUN_ID
from engine.tracking.rules import Rule, judged

if TYPE_CHECKING:
    from mlflow import MlflowClient

ALIAS = "champion"
"""Alias of the version in use: ``models:/<name>@champion``."""

_PROMOTED = "engine.promoted"


@dataclass(frozen=True)
class Registered:
    """A version in the registry.

    Attributes
    ----------
    name, version : str
    promoted : bool
        Whether the alias names it since then.
    before : str or None
        The version that the alias named.
    rules : tuple of Rule
        What the model was held against; none where it is the first.
    """

    name: str
    version: str
    promoted: bool
    before: str | None
    rules: tuple[Rule, ...]

    def told(self) -> str:
        """Say in a sentence what became of the alias."""
        known = f"{self.name} version {self.version}"
        if self.promoted and self.before is None:
            return f"{known} is registered, and @{ALIAS}: it is the first"
        if self.promoted:
            said = "; ".join(rule.said for rule in self.rules)
            return f"{known} is registered, and @{ALIAS} in place of {self.before}: {said}"
        said = "; ".join(rule.said for rule in self.rules if not rule.holds)
        return f"{known} is registered; @{ALIAS} stays version {self.before}: {said}"


def register(
    client: MlflowClient, name: str, model_id: str, run_id: str, tags: Mapping[str, str],
    note: str, version: Any = None,
) -> Registered:  # fmt: skip
    """Register a logged model, and let the alias name it where no rule speaks against it.

    Parameters
    ----------
    client : MlflowClient
    name : str
        Of the model in the registry; made where there is none.
    model_id, run_id : str
        MLflow's own ids.
    tags : mapping of str to str
        What the run says of itself: models are compared by it.
    note : str
        Description of the version.
    version : ModelVersion, optional
        One that is there and whose registration broke off: it is finished.
    """
    if version is None:
        _make(client, name)
        version = client.create_model_version(
            name, f"models:/{model_id}", run_id, tags=dict(tags), model_id=model_id,
            description=note,
        )  # fmt: skip
    number = str(version.version)
    champion = _champion(client, name)
    if champion is not None and str(champion.version) == number:  # it broke off behind the alias
        champion = None
    rules = judged(tags, champion.tags) if champion is not None else ()
    promoted = all(rule.holds for rule in rules)
    for rule in rules:
        client.set_model_version_tag(name, number, f"engine.rule.{rule.name}", rule.said)
    if promoted:
        client.set_registered_model_alias(name, ALIAS, number)
    # The last step: a version without this tag is one that is not done.
    client.set_model_version_tag(name, number, _PROMOTED, str(promoted).lower())
    before = str(champion.version) if champion is not None else None
    return Registered(name, number, promoted, before, rules)


def version_of(client: MlflowClient, name: str, run: str) -> Any:
    """Give the newest version that a run was registered as; None where there is none."""
    wanted = f"tags.`{RUN_ID}` = '{run}'"
    if quote := next((mark for mark in "'\"" if mark not in name), None):
        wanted = f"name = {quote}{name}{quote} and {wanted}"
    found = [v for v in client.search_model_versions(wanted) if v.name == name]
    return max(found, key=lambda version: int(version.version), default=None)


def is_whole(version: Any) -> bool:
    """Tell a version that was registered to the end from one that broke off before."""
    return _PROMOTED in version.tags


def _make(client: MlflowClient, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _champion(client: MlflowClient, name: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, ALIAS)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise
