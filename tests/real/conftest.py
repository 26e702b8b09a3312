"""Whole runs on real files, each from a configuration of a few lines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

import engine
from tests.drawing import undrawn

Segment = Callable[..., engine.Result]


@pytest.fixture(scope="session")
def segment(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """Write a configuration for a file and run it; with ``drawn`` figures and page are too."""

    def run(file: str, text: str = "", *, drawn: bool = False, **sections: object) -> engine.Result:
        out = tmp_path_factory.mktemp(file.partition(".")[0])
        tree = yaml.safe_load(text) or {}
        tree |= sections
        tree["input"] = {"path": str(real_data / file), **tree.get("input", {})}
        (out / "config.yaml").write_text(yaml.safe_dump(tree))
        folders = ("models", "reports", "processed")
        usual = {"evaluation.resamples": 2} | {f"output.{f}": str(out / f) for f in folders}
        with nullcontext() if drawn else undrawn():
            return engine.segment(out / "config.yaml", usual)

    return run
