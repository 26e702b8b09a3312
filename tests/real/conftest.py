"""Whole runs on real files, each from a configuration of a few lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import engine

Segment = Callable[..., engine.Result]


@pytest.fixture(scope="session")
def segment(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """Write a configuration for a file and run it, figures and page included."""

    def run(file: str, text: str = "", **sections: object) -> engine.Result:
        out = tmp_path_factory.mktemp(file.partition(".")[0])
        tree = yaml.safe_load(text) or {}
        tree |= sections
        tree["input"] = {"path": str(real_data / file), **tree.get("input", {})}
        (out / "config.yaml").write_text(yaml.safe_dump(tree))
        folders = ("models", "reports", "processed")
        return engine.segment(out / "config.yaml", {f"output.{f}": str(out / f) for f in folders})

    return run
