"""Where results lie that leave no files: a folder that lives as long as they do."""

from __future__ import annotations

import weakref
from contextlib import ExitStack

from engine.config.sections import Config
from engine.utilities.scratch import scratch_folder


class Kept:
    """A folder among the system's temporary files that is removed with this object.

    Only the user may look into it. Where the process is killed, the next one removes it.
    """

    def __init__(self) -> None:
        stack = ExitStack()
        self.folder = stack.enter_context(scratch_folder("engine-run"))
        self._end = weakref.finalize(self, stack.close)

    def within(self, config: Config) -> Config:
        """Give a configuration whose results go there."""
        folders = {key: str(self.folder / key) for key in ("models", "reports", "processed")}
        output = config.output.model_copy(update=folders)
        return config.model_copy(update={"output": output})
