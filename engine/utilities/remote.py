"""Paths on other machines, such as ``s3://bucket/file``, which are neither read nor written."""

from __future__ import annotations

import os
import re
from pathlib import Path

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/{1,2}[^/]")

REMOTE = (
    "is a remote path, and the engine reads and writes files of this machine alone; download it "
    "first, and give the path of the copy"
)
"""What is said of such a path, behind it."""


def is_remote(path: str | Path) -> bool:
    """Tell a path on another machine from one on this.

    Examples
    --------
    >>> is_remote("s3://shop/customers.csv"), is_remote("C:/customers.csv"), is_remote("a:b/c.csv")
    (True, False, False)
    """
    text = str(path)
    return _REMOTE.match(text) is not None and not os.path.lexists(text)
