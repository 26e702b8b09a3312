"""What a run signs, and what it asks to be signed: its files, and those of the run it goes on from.

A key is looked at before the work begins, and used at its end.
"""

from __future__ import annotations

from typing import Any

from engine.config.sections import Config
from engine.model.model import Model, load_model
from engine.model.signature import SIGNATURE, sign
from engine.storage.latest import latest_run
from engine.storage.outputs import RunFolders, writing
from engine.utilities.json_files import write_json
from engine.utilities.sealing import read_key


def previous_model(config: Config) -> Model | None:
    """Load the model that a run continues, and look at the keys that the run is given.

    Raises
    ------
    EngineError
        There is no such model, it is not signed as ``output.verify_with`` asks, or a key cannot
        be used.
    """
    output, continued = config.output, config.clustering.continue_from
    for asked in ("sign_with", "verify_with"):
        if (file := getattr(output, asked)) is not None:
            read_key(file, f"output.{asked}")
    if not continued:
        return None
    return load_model(continued, verify_with=output.verify_with, source=config)


def unsigned_after(folders: RunFolders) -> list[str]:
    """Say that a run that is not signed takes the place of one that is; empty for others."""
    before = latest_run(folders.roots[2])
    if folders.settings.sign_with is not None or before is None or folders.aside:
        return []
    if not (before / SIGNATURE).is_file():
        return []
    return [
        f"warning: run {before.name}, the latest of this name so far, is signed, and this one is "
        "not: set output.sign_with to sign it, or what asks for a signature will refuse it"
    ]


def write_summary(folders: RunFolders, summary: dict[str, Any]) -> None:
    """Write the last file of a run, ``summary.json``, and sign them all where that is asked for."""
    with writing(folders.reports):
        write_json(folders.reports / "summary.json", summary)
        if folders.settings.sign_with is not None:
            sign(folders.model, folders.settings.sign_with, folders.reports)
