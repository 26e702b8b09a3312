"""The place of a run: opened until it is over, workers as a stage of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from engine.cluster.opening import opened
from engine.config.sections import Config
from engine.native.library import unheeded
from engine.places.runtime import Runtime
from engine.utilities.stages import Stages


@contextmanager
def placed(config: Config, stages: Stages) -> Iterator[Runtime]:
    """Open the place of a run, which tells its rows and notes to the stages.

    Raises
    ------
    PlaceError
        There is none: see :func:`engine.cluster.opening.opened`.
    """
    asked = config.compute.cluster
    with ExitStack() as stack:
        scratch = Path(config.output.processed).absolute()
        place = opened(config.compute, scratch, tell=stages.progress.note)
        if asked == "off":
            here = stack.enter_context(place)
        else:
            with stages("start workers" if asked == "local" else "join workers"):
                here = stack.enter_context(place)
        here.hear(stages.progress.note)
        if word := unheeded():
            stages.progress.note(f"warning: {word}")
        yield replace(here, on_rows=stages.progress.advance)
