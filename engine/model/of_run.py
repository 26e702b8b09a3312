"""The latest model of a name, whose signature holds for what is read back of its report, too."""

from __future__ import annotations

from pathlib import Path

from engine.config.sections import OutputConfig
from engine.model.model import Model, load_model
from engine.model.signature import verify_report


def load_of_run(output: OutputConfig, run: str = "latest") -> Model:
    """Load the model of a run; with ``output.verify_with`` it and the report must be signed.

    Parameters
    ----------
    output : OutputConfig
        Says where, and of which name.
    run : str
        A run id, or ``latest``.

    Raises
    ------
    EngineError
        As :func:`engine.load_model` and :func:`engine.model.signature.verify_report` do.
    """
    folder = Path(output.models) / output.name
    model = load_model(folder / run, verify_with=output.verify_with)
    found = str(model.info["run_id"])
    verify_report(folder / found, Path(output.reports) / output.name / found, output.verify_with)
    return model
