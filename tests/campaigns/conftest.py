"""The programs of `fuzz/` need atheris, which no environment of the tests has."""

from __future__ import annotations

collect_ignore = ["fuzz"]
