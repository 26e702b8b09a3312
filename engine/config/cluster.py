"""``compute.cluster``: off, a cluster started here, an address, or a scheduler file."""

from __future__ import annotations

import os
import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from engine.config.paths import usable_path
from engine.config.problems import suggestion

_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")
_EXPECTED = "off, local, tcp://host:port, tls://host:port or the path of a scheduler file (JSON)"


def _cluster(value: Any) -> str:
    """Check where a cluster is.

    Examples
    --------
    >>> _cluster(False), _cluster("tcp://10.0.0.7:8786")
    ('off', 'tcp://10.0.0.7:8786')
    """
    if value is False or value is None:
        return "off"  # YAML 1.1 reads ``off`` as false
    if not isinstance(value, str):
        message = f"must be {_EXPECTED}"
        raise ValueError(message)
    if value in ("off", "local"):
        return value
    if "://" in value:
        return _address(value)
    path = usable_path(value)
    if os.sep not in value and path.suffix != ".json" and not path.exists():
        close = suggestion(value, ("off", "local"))
        message = f"must be {_EXPECTED}{close if 'mean' in close else ''}"
        raise ValueError(message)
    return str(path)


def _address(value: str) -> str:
    found = _ADDRESS.fullmatch(value.rstrip("/"))
    if found is None or not 0 < int(found[3]) < 2**16:
        message = (
            f"must be {_EXPECTED}; an address has a host and a port, such as tcp://10.0.0.7:8786"
        )
        raise ValueError(message)
    return value.rstrip("/")


Cluster = Annotated[str, BeforeValidator(_cluster)]
"""Where the workers are, as it was written; the home folder written out."""
