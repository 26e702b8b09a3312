"""A run that is done, recorded with a tracker where one is named; it is never lost by that."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from engine.config.sections import Config
from engine.errors import first_line
from engine.storage.naming import Named
from engine.storage.outputs import RunFolders
from engine.tracking.client import tracker_of
from engine.tracking.saved import saved_run
from engine.tracking.track import track_saved
from engine.utilities.stages import Stages

if TYPE_CHECKING:
    from engine.tracking.track import Tracked


def record(config: Config, folders: RunFolders, stages: Stages) -> list[str]:
    """Record a run that was published; say what was done, or that it could not be.

    Returns
    -------
    notices : list of str
        For people; also shown. None where no tracker is named.
    """
    if tracker_of(config.tracking) is None:
        return []
    try:
        with stages("track"):
            notices = _recorded(config, folders).told()
    except Exception as error:
        said = first_line(error).rstrip(".")
        later = f"engine track {shlex.quote(folders.settings.name)}"
        notices = [f"warning: the run is saved, not recorded: {said}; `{later}` sends it later"]
    for notice in notices:
        stages.progress.note(notice)
    return notices


def _recorded(config: Config, folders: RunFolders) -> Tracked:
    _, reports, models = folders.roots
    asked = Named(models.name, models.parent, reports.parent, folders.run_id)
    saved = saved_run(folders.settings, asked)
    return track_saved(saved, config.tracking, in_use=not folders.aside)
