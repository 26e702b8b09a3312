"""A cluster that was joined: tasks are sent, waited for, and their results put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from operator import itemgetter
from typing import Any

from engine.cluster.sent import Sent

FAN_IN = 16
"""Results that one task puts together: in fixed groups, so that the sums have the same bits at any
number of workers, and one result comes here whatever the number of pieces."""


@dataclass(eq=False)
class Members:
    """The workers of a cluster, as this process sees them.

    Attributes
    ----------
    client : distributed.Client
    """

    client: Any = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    def tasks(
        self,
        fn: Callable[..., Any],
        *lists: Sequence[Any],
        told: Callable[[int], None] | None = None,
    ) -> list[Any]:
        """Send a task for each position of the lists: futures there, or small values."""
        number, name = next(self._numbers), getattr(fn, "__name__", type(fn).__name__)
        keys = [f"{name}-{id(self):x}-{number}-{i}" for i in range(len(lists[0]))]
        found: list[Any] = self.client.map(Sent(fn), *lists, key=keys, pure=False)
        return found

    def results(
        self, futures: Sequence[Any], done: Callable[[int], None] | None = None
    ) -> list[Any]:
        """Wait for small results and bring them here; ``done`` is told the position of each."""
        self.wait(futures, done)
        found: list[Any] = self.client.gather(list(futures))
        return found

    def wait(self, futures: Sequence[Any], done: Callable[[int], None] | None = None) -> None:
        """Wait until all are there."""
        from distributed import wait

        wait(list(futures))  # type: ignore[no-untyped-call]
        for i in range(len(futures)):
            if done:
                done(i)

    def combined(
        self,
        fn: Callable[..., Any],
        *lists: Sequence[Any],
        combine: Callable[[Any, Any], Any],
        done: Callable[[int], None] | None = None,
    ) -> Any:
        """Apply ``fn`` at each position and put all results together on the workers, in order."""
        return self.together(self.tasks(fn, *lists), combine, done)

    def together(
        self,
        parts: Sequence[Any],
        combine: Callable[[Any, Any], Any],
        done: Callable[[int], None] | None = None,
    ) -> Any:
        """Put results together on the workers, in their order, and bring the one that is left."""
        first, level = parts, list(parts)
        while len(level) > 1:
            groups = [level[i : i + FAN_IN] for i in range(0, len(level), FAN_IN)]
            number = next(self._numbers)
            level = [
                self.client.submit(
                    folded, combine, group, key=f"together-{id(self):x}-{number}-{i}", pure=False
                )
                for i, group in enumerate(groups)
            ]
        self.wait(first, done)
        return self.results(level)[0]

    def apart(self, whole: Sequence[Any], n: int) -> list[list[Any]]:
        """Part tuples of ``n`` that tasks gave, each part a future that lives by itself."""
        return [self.tasks(itemgetter(i), whole) for i in range(n)]


def folded(combine: Callable[[Any, Any], Any], parts: list[Any]) -> Any:
    """Put a few results together, on a worker."""
    total = parts[0]
    for part in parts[1:]:
        total = combine(total, part)
    return total
