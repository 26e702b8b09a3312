"""JSON files: numbers that JSON has no word for become null, and a file is whole or absent."""

from __future__ import annotations

import json
import math
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from engine.utilities.atomic import replacing
from engine.utilities.permissions import Permissions


def write_json(path: Path, tree: Any, permissions: Permissions = "shared") -> None:
    """Write plain data as UTF-8 JSON, replacing an older file in one step."""
    text = json.dumps(plain(tree), ensure_ascii=False, allow_nan=False, indent=1)
    with replacing(path, permissions) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


def plain(value: Any) -> Any:
    """Make a value JSON can hold: NumPy's to Python's, NaN and infinity to None, dates to ISO."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value
