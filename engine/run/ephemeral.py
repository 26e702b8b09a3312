"""Where results lie that leave no files: a folder that lives as long as they do."""

from __future__ import annotations

from pathlib import Path

from engine.config.sections import Config


def within(folder: Path, config: Config) -> Config:
    """Give a configuration whose results go to a folder."""
    folders = {key: str(folder / key) for key in ("models", "reports", "processed")}
    output = config.output.model_copy(update=folders)
    return config.model_copy(update={"output": output})
