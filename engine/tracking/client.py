"""The way to a tracker: MLflow's client, for a time that is bounded, and its errors in a sentence.

MLflow is imported here, when a tracker is asked for, and never before: it takes seconds.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.config.tracking import TrackingConfig
from engine.errors import EngineError, first_line
from engine.places.extras import how
from engine.utilities.remote import hidden, secrets_of, without

if TYPE_CHECKING:
    from mlflow import MlflowClient

URI = "MLFLOW_TRACKING_URI"
"""Variable that says where the tracker is, for all that speaks to MLflow."""

_WITHIN = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",  # seconds of a request
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # what else lies where the engine was started is no model's
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
"""What holds while the engine speaks to a tracker, unless the user has said otherwise.

By themselves MLflow's requests to a tracker that is gone go on for minutes.
"""

_GONE = (r"\[Errno -?\d+\] ([\w ,]+)", r"([Tt]imed out)", r"(Max retries exceeded)")
"""What errors of the network say, in which all else is long; the most telling first."""

_NOISY = ("mlflow", "alembic")
"""Loggers that tell of every step."""


class TrackerError(EngineError):
    """The tracker is not there, refuses, or does not answer; the run is saved all the same."""


def tracker_of(settings: TrackingConfig) -> str | None:
    """Say where runs are recorded; None where that is asked for nowhere.

    Examples
    --------
    >>> tracker_of(TrackingConfig(uri="http://localhost:5000"))
    'http://localhost:5000'
    """
    return settings.uri or os.environ.get(URI) or None


@contextmanager
def speaking(uri: str) -> Iterator[MlflowClient]:
    """Give a client of a tracker; whatever fails meanwhile is one sentence without secrets.

    Raises
    ------
    TrackerError
    """
    if "***" in uri:
        message = (
            f"tracking.uri is {uri}, which was read from what a run saved, without its password; "
            f"set it in config.yaml or by {URI}."
        )
        raise TrackerError(message)
    with _variables(_WITHIN):
        try:
            client = _client(uri)
            with _quiet():  # only now: MLflow sets its loggers up when it is imported
                yield client
        except EngineError:
            raise
        except Exception as error:
            raise _told(uri, error) from None


def _client(uri: str) -> MlflowClient:
    try:
        from mlflow import MlflowClient
    except ImportError as error:
        message = f"tracking needs MLflow, which is not there ({error}): {how('mlflow')}."
        raise TrackerError(message) from None
    return MlflowClient(tracking_uri=uri)


def _told(uri: str, error: Exception) -> TrackerError:
    said = str(error) or type(error).__name__
    said = without(said, secrets_of(uri))
    for pattern in _GONE:
        if gone := re.search(pattern, said):
            return TrackerError(f"the tracker {hidden(uri)} cannot be reached ({gone[1]}).")
    said = first_line(EngineError(said)).rstrip(".")
    return TrackerError(f"the tracker {hidden(uri)} did not take the run ({said}).")


@contextmanager
def _variables(wanted: Mapping[str, str]) -> Iterator[None]:
    """Set variables that are not set, for a while."""
    fresh = [name for name in wanted if name not in os.environ]
    os.environ.update({name: wanted[name] for name in fresh})
    try:
        yield
    finally:
        for name in fresh:
            os.environ.pop(name, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Let libraries tell of errors only, as what is wrong is told by an exception."""
    before: list[Any] = [(log := logging.getLogger(n), log.level) for n in (*_NOISY, "urllib3")]
    for log, _ in before:
        log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for log, level in before:
            log.setLevel(level)
