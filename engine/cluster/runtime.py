"""The runtime of a cluster: the same passes, over pieces on workers or over a few rows here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from engine.cluster.agreement import notes
from engine.cluster.facts import Cluster, Worker
from engine.cluster.members import Members
from engine.cluster.spread import Spread
from engine.cluster.visible import check_seen
from engine.cluster.worker import own, reduced
from engine.places.partial_sums import added
from engine.places.place import Place
from engine.places.runtime import Runtime


@dataclass(frozen=True)
class ClusterRuntime(Runtime):
    """A cluster's workers for rows that are spread over them, this process for a few.

    Sent to a worker, it becomes the worker's own runtime.

    Attributes
    ----------
    members : Members
    cluster : Cluster or None
        What its workers were when it was joined.
    end : callable, optional
        Begins to end those that were started here.
    """

    members: Members = field(kw_only=True, repr=False, compare=False)
    cluster: Cluster | None = field(default=None, kw_only=True, repr=False, compare=False)
    end: Callable[[], None] | None = field(default=None, kw_only=True, repr=False, compare=False)

    def __reduce__(self) -> Any:
        """Become the worker's own where it is sent."""
        return own, ()

    @property
    def here(self) -> Runtime:
        """The place of this process, where a few rows are worked on."""
        return Runtime(
            Place.CPU, self.reason, threads=self.threads, memory_limit=self.memory_limit,
            on_rows=self.on_rows,
        )  # fmt: skip

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The workers that there were; one of a thread where nothing is known of them."""
        return self.cluster.workers if self.cluster else (Worker("", "", 1, 0),)

    def check_seen(self, files: Sequence[Path], folders: Sequence[Path]) -> None:
        """Refuse input or output that a worker's machine does not see under the same path."""
        if self.cluster is not None:
            check_seen(self.members.client, self.cluster, files, folders)

    def cluster_told(self) -> dict[str, Any] | None:
        """Tell of the workers, and of what came through this process."""
        if self.cluster is None:
            return None
        watch, moved = self.members.watch, asdict(self.members.moved)
        return self.cluster.to_json() | {"moved": moved, "lost": watch.lost, "said": watch.said}

    def leave(self) -> None:
        """Let workers go that were started here; who joined others leaves them as they are."""
        self.members.watch.last()
        if self.end:
            self.end()

    def hear(self, tell: Callable[[str], None]) -> None:
        """Let it say what people should know of the workers, and when one goes or comes."""
        self.members.watch.tell = tell
        for sentence in notes(self.cluster) if self.cluster else ():
            self.members.watch.say(sentence)

    def get(self, array: Any) -> Any:
        """Give it back: rows stay where they are, and all else is here."""
        return array if isinstance(array, Spread) else super().get(array)

    def take(self, array: Any, rows: np.ndarray) -> np.ndarray:
        """Bring some rows here, in the order asked for."""
        return array.take(rows) if isinstance(array, Spread) else super().take(array, rows)

    def beside(self, rows: Any, dtype: Any, tail: tuple[int, ...] = ()) -> Any:
        """Make room beside each row, where the rows are."""
        return (
            rows.room(dtype, tail)
            if isinstance(rows, Spread)
            else super().beside(rows, dtype, tail)
        )

    def reduce(self, fn: Callable[..., Any], *blocks: Any, out: tuple[Any, ...] = ()) -> Any:
        """Add up ``fn`` over chunks of each piece, and these over pieces, in their order."""
        if not any(isinstance(b, Spread) for b in (*blocks, *out)):
            return self.here.reduce(fn, *blocks, out=out)
        members, rows = self.members, (*blocks, *out)[0].rows
        task = partial(reduced, fn, tuple((b.dtype, b.tail) for b in out))
        lists = (rows, *(b.pieces for b in blocks))
        if not out:
            return members.combined(task, *lists, combine=added, done=self._told(rows))
        total, filled = members.parted(
            task, *lists, n=len(out), combine=added, done=self._told(rows)
        )
        for target, pieces in zip(out, filled, strict=True):
            target.fill(pieces)
        return total

    def _told(self, rows: tuple[int, ...]) -> Callable[[int], None] | None:
        on_rows = self.on_rows
        return None if on_rows is None else lambda i: on_rows(rows[i])
