"""``engine.track``: a saved run is recorded with a tracker, once, and its model registered."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.config.tracking import TrackingConfig
from engine.errors import ConfigError, in_sentences
from engine.storage.naming import named
from engine.tracking.client import URI, speaking, tracker_of
from engine.tracking.facts import RUN_ID, keyed, metrics_of, note_of, params_of, tags_of
from engine.tracking.flavour import save_model
from engine.tracking.registry import Registered, is_whole, register, version_of
from engine.tracking.saved import Saved, saved_run
from engine.utilities.remote import hidden

if TYPE_CHECKING:
    from mlflow import MlflowClient

_BATCH = 100
"""Parameters, and tags, that MLflow takes at once."""

_MODEL_ID = "engine.model_id"
_MODEL = "model"


@dataclass(frozen=True)
class Tracked:
    """A run that a tracker knows.

    Attributes
    ----------
    run : str
        The engine's run id.
    uri : str
        The tracker, without passwords.
    experiment : str
    tracked : str
        MLflow's id of the run.
    page : str or None
        Where people see it; None where the tracker is no server.
    model : str
        What ``mlflow.pyfunc.load_model`` takes.
    before : bool
        Whether it was recorded earlier, so that nothing was sent.
    registered : Registered or None
    """

    run: str
    uri: str
    experiment: str
    tracked: str
    page: str | None
    model: str
    before: bool
    registered: Registered | None

    def told(self) -> list[str]:
        """Say what was done, for people."""
        where = self.page or f"{self.uri}, experiment {self.experiment}, run {self.tracked}"
        said = "was recorded before" if self.before else "is recorded"
        lines = [f"run {self.run} {said}: {where}"]
        return [*lines, self.registered.told()] if self.registered else lines

    def to_json(self) -> dict[str, Any]:
        """Give plain data."""
        known = self.registered
        return {
            "run": self.run, "uri": self.uri, "experiment": self.experiment,
            "tracked": self.tracked, "page": self.page, "model": self.model,
            "before": self.before,
            "registered": known and {
                "name": known.name, "version": known.version, "promoted": known.promoted,
                "before": known.before,
                "rules": {r.name: {"holds": r.holds, "said": r.said} for r in known.rules},
            },
        }  # fmt: skip


@in_sentences("recording the run")
def track(
    name: str | Path,
    overrides: Mapping[str, Any] | None = None,
    source: ConfigSource | Config = None,
    *,
    again: bool = False,
) -> Tracked:
    """Record a saved run with a tracker: ``engine track NAME``.

    Parameters
    ----------
    name : str or Path
        Name of the run's results, or a folder of its model or report.
    overrides : mapping of dotted path to value, optional
        Such as ``{"tracking.uri": "http://localhost:5000"}``.
    source : str, Path, dict, Config or None
        Says where results are (``output``) and where to record them (``tracking``).
    again : bool
        Record it once more although the tracker knows it.

    Returns
    -------
    tracked : Tracked

    Raises
    ------
    EngineError
        There is no such run, no tracker is named, or it does not take the run.

    Examples
    --------
    >>> import engine
    >>> engine.track("shop", {"tracking.uri": "http://localhost:5000"})  # doctest: +SKIP
    Tracked(run='20261123T101500-3f2a9c', uri='http://localhost:5000', ...)
    """
    settings = load_config(source, overrides)
    if tracker_of(settings.tracking) is None:
        problem = f"tracking.uri: must say where the tracker is, or {URI} in the environment"
        raise ConfigError([problem], "tracking")
    saved = saved_run(settings.output, named(settings.output, name))
    return track_saved(saved, settings.tracking, again=again)


def track_saved(
    saved: Saved, settings: TrackingConfig, *, again: bool = False, in_use: bool = True
) -> Tracked:
    """Record a run, as :func:`track` does; one that is not ``in_use`` is not registered."""
    uri = tracker_of(settings) or ""
    with speaking(uri) as client:
        experiment = settings.experiment or saved.name
        number = _experiment(client, experiment)
        known = None if again else _known(client, number, saved.run)
        sent = known or _sent(client, number, saved, settings)
        tracked, model = sent.info.run_id, sent.data.tags[_MODEL_ID]
        registered = None
        if settings.register and in_use:
            asked = (client, settings.register, model, tracked)
            version = version_of(client, settings.register, saved.run) if known else None
            if version is None or not is_whole(version):
                note = note_of(saved.summary, saved.profiles)
                registered = register(*asked, _tags(saved), note, version)
        web = uri.startswith(("http://", "https://"))
        page = f"{hidden(uri).rstrip('/')}/#/experiments/{number}/runs/{tracked}" if web else None
    return Tracked(
        saved.run, hidden(uri), experiment, tracked, page, f"models:/{model}", bool(known),
        registered,
    )  # fmt: skip


def _experiment(client: MlflowClient, name: str) -> str:
    """Give the number of an experiment, which is made where there is none."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return client.create_experiment(name)
        except MlflowException:  # another process was faster
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)


def _known(client: MlflowClient, experiment: str, run: str) -> Any:
    """Give the tracker's own record of a run that was sent to its end; None where there is none."""
    wanted = f"tags.`{RUN_ID}` = '{run}' and attributes.status = 'FINISHED'"
    found = client.search_runs([experiment], wanted, max_results=1)
    return found[0] if found and _MODEL_ID in found[0].data.tags else None


def _tags(saved: Saved) -> dict[str, str]:
    return tags_of(saved.summary, saved.profiles)


def _sent(client: MlflowClient, experiment: str, saved: Saved, settings: TrackingConfig) -> Any:
    """Send a run; one that does not arrive whole is marked as failed, and is sent anew later."""
    note = {"mlflow.note.content": note_of(saved.summary, saved.profiles)}
    name = settings.run_name or saved.run
    tags = {**keyed(settings.tags), **_tags(saved), **note}
    begun = client.create_run(experiment, saved.began, tags, name)
    run = begun.info.run_id
    try:
        _log(client, run, saved)
        client.set_tag(run, _MODEL_ID, _log_model(client, experiment, run, saved))
        client.set_terminated(run, "FINISHED", _ended(saved))
    except BaseException:
        with suppress(Exception):
            client.set_terminated(run, "FAILED")
        raise
    return client.get_run(run)


def _ended(saved: Saved) -> int | None:
    if saved.began is None:
        return None
    return saved.began + int(1000 * float(saved.summary.get("seconds") or 0))


def _log(client: MlflowClient, run: str, saved: Saved) -> None:
    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    found = metrics_of(saved.summary, saved.profiles)
    metrics = [Metric(key, value, now, 0) for key, value in found.items()]
    params = [Param(key, value) for key, value in params_of(saved.summary).items()]
    for start in range(0, max(len(params), len(metrics)), _BATCH):
        part = slice(start, start + _BATCH)
        client.log_batch(run, metrics=metrics[part], params=params[part])
    for file, where in saved.files():
        client.log_artifact(run, str(file), where)


def _log_model(client: MlflowClient, experiment: str, run: str, saved: Saved) -> str:
    """Send the model, as one of the run; give its id at the tracker."""
    from mlflow.entities import LoggedModelOutput

    logged = client.create_logged_model(experiment, _MODEL, run, tags={RUN_ID: saved.run})
    model_id = str(logged.model_id)
    try:
        with TemporaryDirectory(prefix="engine-track-") as folder:
            path = Path(folder) / _MODEL
            save_model(
                saved.model, saved.folder, path, saved.profiles, model_id=model_id, run_id=run
            )
            client.log_model_artifacts(model_id, str(path))
        client.finalize_logged_model(model_id, "READY")
    except BaseException:
        with suppress(Exception):
            client.finalize_logged_model(model_id, "FAILED")
        raise
    client.log_outputs(run, [LoggedModelOutput(model_id, 0)])
    return model_id
