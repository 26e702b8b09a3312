"""JSON files: numbers that JSON has no word for become null, and a file is whole or absent."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from engine.utilities.atomic import replacing
from engine.utilities.permissions import Permissions


def write_json(path: Path, tree: Any, permissions: Permissions = "shared") -> None:
    """Write plain data as UTF-8 JSON, replacing an older file in one step."""
    text = json.dumps(_plain(tree), ensure_ascii=False, allow_nan=False, indent=1)
    with replacing(path, permissions) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """Make a value JSON can hold: NumPy scalars and arrays to Python, NaN and infinity to None."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    return value
