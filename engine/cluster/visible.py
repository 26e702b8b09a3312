"""Whether workers see the files that are read and the folders that are written to."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from engine.cluster.calling import within
from engine.cluster.facts import Cluster
from engine.errors import PlaceError

MOST_FILES, MOST_LOOKS, LEAST_FILES = 1_000, 20_000, 20
"""Files that each worker is asked about, and all together but for a few each: of more files,
every so many."""

PATIENCE = 10.0
"""Seconds that a file which was just written may take to be seen: network file systems hold back
what they know of a folder."""

_OFTEN = 0.2

_TOKEN = ".seen-by-workers-"


def check_seen(
    client: Any, cluster: Cluster, files: Sequence[Path], folders: Sequence[Path]
) -> None:
    """Refuse a run whose input or output one of the workers does not see.

    Every worker is asked, since two of one machine may be of other users, or see other disks: for
    each file whether it is there with the same size, for each folder whether it holds what was
    just written here, and can be written to.

    Parameters
    ----------
    client : distributed.Client
    cluster : Cluster
    files : sequence of Path
    folders : sequence of Path
        There, and writable from here.

    Raises
    ------
    PlaceError
        Names the worker, the path and the remedy.
    """
    most = max(LEAST_FILES, min(MOST_FILES, MOST_LOOKS // len(cluster.workers)))
    asked = files[:: max(1, -(-len(files) // most))]
    sizes = [(str(file.absolute()), file.stat().st_size) for file in asked]
    with ExitStack() as stack:
        tokens = [stack.enter_context(_token(folder)) for folder in folders]
        see = partial(trouble, sizes, tokens, PATIENCE)
        addresses = [worker.address for worker in cluster.workers]
        answers = within(
            cluster.asked,
            "its workers",
            lambda: client.run(see, workers=addresses, on_error="return"),
        )
    for worker in cluster.workers:
        if found := answers.get(worker.address, "is gone"):
            message = (
                f"{worker.named} {found}: all workers of compute.cluster must see input and output "
                "under the same paths as this machine, such as on a network file system."
            )
            raise PlaceError(message)


@contextmanager
def _token(folder: Path) -> Iterator[str]:
    """Write a file that shows a folder to be this one, and remove it in the end."""
    file = folder.absolute() / f"{_TOKEN}{secrets.token_hex(8)}"
    file.touch(mode=0o600)
    try:
        yield str(file)
    finally:
        file.unlink(missing_ok=True)


def trouble(sizes: Sequence[tuple[str, int]], tokens: Sequence[str], patience: float) -> str | None:
    """Say in a clause which path is not the same here, None where all are: run on a worker."""
    for path, size in sizes:
        try:
            found = os.stat(path).st_size
        except OSError as error:
            return f"does not see {path} ({error.strerror})"
        if found != size:
            return f"sees another file at {path} ({found:,} bytes, and here {size:,})"
        if not os.access(path, os.R_OK):
            return f"may not read {path}"
    end = time.monotonic() + patience
    for token in tokens:
        folder = os.path.dirname(token)
        while not os.path.exists(token):
            if time.monotonic() > end:
                return f"does not see what is written to {folder}"
            with suppress(OSError):
                os.listdir(folder)  # asks the server anew
            time.sleep(_OFTEN)
        if not os.access(folder, os.W_OK):
            return f"may not write to {folder}"
    return None
