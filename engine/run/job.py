"""What every step of a run may look at: settings, place, folders, and how to show itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.config.sections import Config
from engine.data_preparation.fetching.fetched import Fetched
from engine.model.model import Model
from engine.places.runtime import Runtime
from engine.run.cut import Cut
from engine.storage.outputs import RunFolders
from engine.utilities.stages import Stages


@dataclass(frozen=True)
class Job:
    """A run under way.

    Attributes
    ----------
    asked : Config
        The configuration as given, which is what is saved of it.
    config : Config
        The same, in which transactions have become customers, and paths mean the same everywhere.
    runtime : Runtime
    folders : RunFolders
    stages : Stages
    started : float
        Seconds of the clock that ``time.perf_counter`` reads.
    cut : Cut or None
        The saved tree that is cut in place of fitting.
    previous : Model or None
        The model that is continued.
    fetched : Fetched
        Where the input came from, if not from this machine.
    fingerprint : dict or None
        Of what it is made: see :mod:`engine.run.unchanged`; None for a cut.
    """

    asked: Config
    config: Config
    runtime: Runtime
    folders: RunFolders
    stages: Stages
    started: float
    cut: Cut | None
    previous: Model | None
    fetched: Fetched
    fingerprint: dict[str, Any] | None = None
