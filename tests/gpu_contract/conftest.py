"""These tests need the real RAPIDS packages: `make gpu-contract` runs them in their environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if os.environ.get("ENGINE_GPU_CONTRACT"):
    sys.path.insert(0, str(Path(__file__).resolve().parent))
else:
    collect_ignore_glob = ["*.py"]
