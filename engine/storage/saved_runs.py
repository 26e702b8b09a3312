"""What a run saved of itself, read back: its summary, and its configuration as of today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config.loading import load_config
from engine.config.sections import Config
from engine.errors import ConfigError, DataError
from engine.utilities.shown import cut

TODAY = ("output", "compute", "tracking")
"""Sections that are of today: where results are, what a run may take, where it is recorded."""


def saved_summary(settings: Config, run_id: str, consequence: str) -> dict[str, Any]:
    """Read the summary of a run of ``output.name``, which holds its configuration.

    Parameters
    ----------
    settings : Config
        Says where results are.
    run_id : str
    consequence : str
        What cannot be done without it, for people.

    Raises
    ------
    DataError
        It is missing or damaged.
    """
    file = Path(settings.output.reports) / settings.output.name / run_id / "summary.json"
    try:
        summary = dict(json.loads(file.read_text(encoding="utf-8")))
        summary["config"] = dict(summary["config"])
        load_config({k: v for k, v in summary["config"].items() if k not in TODAY})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        message = f"{file} is missing or damaged, so {consequence}."
        raise DataError(message) from None
    except ConfigError as error:
        message = f"{file} is damaged ({cut(error.problems[0], 200)}), so {consequence}."
        raise DataError(message) from None
    return summary


def as_of_today(tree: dict[str, Any], settings: Config, overrides: Mapping[str, Any]) -> Config:
    """Give a run's configuration with the sections that are of today.

    A run of an earlier build told every writing of an id and of a name apart.
    """
    earlier = {"input": {"fold_ids": "never"}, "transactions": {"spellings": "keep"}}
    tree = tree | {part: told | (tree.get(part) or {}) for part, told in earlier.items()}
    # As Python has them: what is written as JSON holds no secrets, which are needed here.
    now = {part: getattr(settings, part).model_dump() for part in TODAY}
    return load_config(tree | now, overrides)


def saved_profiles(settings: Config, run_id: str) -> dict[str, Any]:
    """Read the profiles of the segments of a run of ``output.name``.

    Raises
    ------
    DataError
        They are missing or damaged.
    """
    file = Path(settings.output.reports) / settings.output.name / run_id / "report_data.json"
    try:
        tree = dict(json.loads(file.read_text(encoding="utf-8"))["profiles"])
        _ = [(s["segment"], s["customers"], s["share"], s["features"]) for s in tree["segments"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        message = f"{file} is missing or damaged, so what the segments are like is not known."
        raise DataError(message) from None
    return tree
