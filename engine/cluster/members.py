"""A cluster that was joined: tasks are sent, waited for, and their results put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from operator import itemgetter
from threading import Lock
from typing import Any
from uuid import uuid4

import numpy as np

from engine.cluster.faults import in_words
from engine.cluster.graph import Graph, Key, weight
from engine.cluster.waiting import Watch, brought, there
from engine.native.arrays import aligned

Done = Callable[[int], None]


@dataclass
class Moved:
    """Bytes that passed between this process and the cluster, but for what wraps them.

    Attributes
    ----------
    sent : int
        Pickled functions and arguments.
    received : int
        Results.
    """

    sent: int = 0
    received: int = 0


@dataclass(eq=False)
class Members:
    """The workers of a cluster, as this process sees them.

    Attributes
    ----------
    client : distributed.Client
    moved : Moved
        What passed through this process so far.
    watch : Watch
        What is known of the workers; ``watch.tell`` is told when one goes or comes.
    pieces : sequence of str
        What each piece of the rows is, for messages: ``rows 1 to 1,048,576 of a.parquet``.
    """

    client: Any = field(repr=False)
    moved: Moved = field(default_factory=Moved)
    pieces: Sequence[str] = field(default=(), repr=False)
    watch: Watch = field(init=False, repr=False)
    _told: dict[str, Sequence[str]] = field(default_factory=dict, repr=False)
    _name: str = field(default_factory=lambda: uuid4().hex, repr=False)
    _numbers: Iterator[int] = field(default_factory=count, repr=False)
    _one: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        """Begin to look at the cluster."""
        # A plan has none: nothing was started for it.
        known = self.client.scheduler_info(n_workers=-1)["workers"] if self.client else {}
        self.watch = Watch(self.client, dict(known))

    def tasks(
        self, fn: Callable[..., Any], *lists: Sequence[Any], told: Sequence[str] = ()
    ) -> list[Any]:
        """Send a task for each position of the lists: futures there, or small values.

        Parameters
        ----------
        fn : callable
            Pickled once, whatever the number of tasks.
        *lists : sequences of one length
        told : sequence of str
            What each task is about, for messages, where that is not the piece at its position.
        """
        graph = self._graph()
        keys = graph.each(fn, lists)
        if told:
            self._told[keys[0][0]] = told
        return self._sent(graph, keys)

    def spread(self, fn: Callable[..., Any], items: Sequence[Any]) -> list[Any]:
        """Send a task for each item, to each worker as many in a row as its threads are due.

        What comes of the first tasks about pieces decides where all that is made of them later
        lies. A worker that is gone or full is done without, and where Dask's stealing is on, as it
        is unless it was turned off, others take tasks from one that is busy.
        """
        graph = self._graph()
        keys = graph.each(fn, [items])
        own = set(keys)
        shared = {key: task for key, task in graph.tasks.items() if key not in own}
        futures, workers = list[Any](), self.watch.workers
        threads = np.cumsum([0, *(int(w["nthreads"]) for w in workers.values())])
        ends = threads * len(keys) // max(threads[-1], 1)
        for address, start, end in zip(workers, ends, ends[1:], strict=False):
            if share := keys[start:end]:
                tasks = shared | {key: graph.tasks[key] for key in share}
                sent = graph.n_code if futures else graph.n_bytes
                futures += self._sent(replace(graph, tasks=tasks, n_bytes=sent), share, address)
        return futures or self._sent(graph, keys)

    def results(self, futures: Sequence[Any], done: Done | None = None) -> list[Any]:
        """Wait for small results and bring them here; ``done`` is told the position of each."""
        return self._brought(futures, _Counted(futures, done))

    def wait(self, futures: Sequence[Any], done: Done | None = None) -> None:
        """Wait until all are there.

        Raises
        ------
        EngineError
            What a task raised, or what has become of the cluster.
        """
        counted = _Counted(futures, done)
        self.watch.until(there(futures), self.about, counted)
        self._failed(futures)
        counted()

    def combined(
        self,
        fn: Callable[..., Any],
        *lists: Sequence[Any],
        combine: Callable[[Any, Any], Any],
        done: Done | None = None,
    ) -> Any:
        """Apply ``fn`` at each position and put all results together on the workers, in order."""
        graph = self._graph()
        keys = graph.each(fn, lists)
        last = graph.together(keys, combine)
        *parts, whole = self._sent(graph, [*keys, last])
        return self._brought([whole], _Counted(parts, done))[0]

    def together(
        self,
        parts: Sequence[Any],
        combine: Callable[[Any, Any], Any],
        done: Done | None = None,
    ) -> Any:
        """Put results together on the workers, in their order, and bring the one that is left."""
        whole = parts[0]
        if len(parts) > 1:
            graph = self._graph()
            (whole,) = self._sent(graph, [graph.together(parts, combine)])
        return self._brought([whole], _Counted(parts, done))[0]

    def apart(self, whole: Sequence[Any], n: int) -> list[list[Any]]:
        """Part tuples of ``n`` that tasks gave, each part a future that lives by itself."""
        graph = self._graph()
        keys = [graph.each(itemgetter(i), (whole,)) for i in range(n)]
        return self._lists(graph, keys)

    def parted(
        self,
        fn: Callable[..., Any],
        *lists: Sequence[Any],
        n: int,
        combine: Callable[[Any, Any], Any],
        done: Done | None = None,
    ) -> tuple[Any, list[list[Any]]]:
        """Apply ``fn``, which gives tuples of ``1 + n``, at each position.

        Returns
        -------
        total : object
            All first parts put together on the workers, in order.
        parts : list of n lists of futures
            The others, each a future that lives by itself.
        """
        graph = self._graph()
        whole = graph.each(fn, lists)
        keys = [graph.each(itemgetter(i), (whole,)) for i in range(1 + n)]
        last = graph.together(keys[0], combine)
        first, *parts, (total,) = self._lists(graph, [*keys, [last]])
        return self._brought([total], _Counted(first, done))[0], parts

    def about(self, key: Any) -> str:
        """Say what a task is about, for a message."""
        group, i = key if isinstance(key, tuple) and len(key) == 2 else (str(key), 0)
        step, n, *_ = *str(group).split("-"), ""
        if step == "together":
            return "putting results together"
        if group in self._told:
            return self._told[group][i]
        if n == str(len(self.pieces)):
            return self.pieces[i]
        return f"piece {i + 1:,} of the step {step!r}"

    def _graph(self) -> Graph:
        return Graph(f"{self._name}-{next(self._numbers)}")

    def _lists(self, graph: Graph, keys: Sequence[Sequence[Key]]) -> list[list[Any]]:
        futures = iter(self._sent(graph, [key for part in keys for key in part]))
        return [[next(futures) for _ in part] for part in keys]

    def _sent(self, graph: Graph, keys: Sequence[Key], worker: str | None = None) -> list[Any]:
        """Send tasks, rather to one worker where it is named; give the futures of some of them."""
        self.watch.look()
        self._count(sent=graph.n_bytes)
        rather = {"workers": [worker], "allow_other_workers": True} if worker else {}
        found: list[Any] = self.client.get(graph.tasks, list(keys), sync=False, **rather)
        return found

    def _count(self, sent: int = 0, received: int = 0) -> None:
        with self._one:  # of two stages that go on
            self.moved.sent += sent
            self.moved.received += received

    def _brought(self, futures: Sequence[Any], counted: _Counted) -> list[Any]:
        asked = brought(self.client, futures)
        found: list[Any] = self.watch.until(asked, self.about, counted)
        counted()
        self._count(received=weight(found))
        return [aligned(value) for value in found]

    def _failed(self, futures: Sequence[Any]) -> None:
        for future in futures:
            if future.status == "error":
                error = future.exception()
                raise in_words(error, self.watch.address, self.about, self.watch.memory)


class _Counted:
    """Tells of each future that is done, once, and raises what one of them raised."""

    def __init__(self, futures: Sequence[Any], done: Done | None) -> None:
        self.left = dict(enumerate(futures))
        self.done = done

    def __call__(self) -> None:
        for i in [i for i, future in self.left.items() if future.status != "pending"]:
            if self.left[i].status == "error":
                raise self.left[i].exception()
            if self.left[i].status == "finished":
                del self.left[i]
                if self.done:
                    self.done(i)
