"""Tasks on their way to the scheduler: one message, in which what they do is pickled once.

The scheduler passes on bytes: it needs none of the package, and nothing is unpickled but by the
task on its worker, whose own place a runtime becomes there. A worker whose versions are others than
those of this process refuses: it may have joined after all were looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from engine.cluster.agreement import check_here
from engine.cluster.facts import own_versions
from engine.errors import in_a_sentence
from engine.native.arrays import aligned

Key = tuple[str, int]

FAN_IN = 16
"""Results that one task puts together: in fixed groups, so that the sums have the same bits at any
number of workers, and one result comes here whatever the number of pieces."""

_LARGE = 256 * 1024
"""Bytes of a function from which on it travels by itself, once a worker in place of once a task."""

_PLAIN = (int, float, bool, type(None))


@dataclass
class Graph:
    """Tasks that are sent together.

    Attributes
    ----------
    name : str
        With which their keys end, and no others' do.
    tasks : dict
        From key to Dask's task.
    n_bytes : int
        Pickled functions and arguments, each as often as it is sent from here.
    n_code : int
        Of these, functions.
    """

    name: str
    tasks: dict[Key, Any] = field(default_factory=dict)
    n_bytes: int = 0
    n_code: int = 0

    def each(self, fn: Callable[..., Any], lists: Sequence[Sequence[Any]]) -> list[Key]:
        """Add a task for each position of the lists: futures there, keys, or small values."""
        prefix = f"{called(fn)}-{len(lists[0])}-{self.name}-{len(self.tasks)}"
        keys = [(prefix, i) for i in range(len(lists[0]))]
        done = self._packed(_Told(fn), f"code-{prefix}")
        for key, *arguments in zip(keys, *lists, strict=True):
            self._add(key, done, [self._argument(a) for a in arguments])
        return keys

    def together(self, parts: Sequence[Any], combine: Callable[[Any, Any], Any]) -> Key | Any:
        """Add tasks that put parts together, in their order; give what is left of them."""
        if len(parts) == 1:
            return parts[0]
        prefix = f"together-{self.name}-{len(self.tasks)}"
        done = self._packed(_Told(partial(folded, combine)), f"code-{prefix}")
        level, n = list(parts), 0
        while len(level) > 1:
            groups = [level[i : i + FAN_IN] for i in range(0, len(level), FAN_IN)]
            level = [(prefix, n + i) for i in range(len(groups))]
            n += len(groups)
            for key, group in zip(level, groups, strict=True):
                self._add(key, done, [self._argument(part) for part in group])
        return level[0]

    def _add(self, key: Key, done: Any, arguments: list[Any]) -> None:
        from dask.task_spec import List, Task
        from dask.utils import apply

        self.tasks[key] = Task(key, apply, done, List(*arguments))

    def _argument(self, value: Any) -> Any:
        """Refer to what another task, or each of a list, gives; pickle what is known."""
        from dask.task_spec import List, Task, TaskRef
        from distributed.protocol.pickle import loads

        if isinstance(value, TaskRef):  # as every future is
            return TaskRef(value.key)
        if isinstance(value, list) and any(isinstance(v, TaskRef) for v in value):
            return List(*map(self._argument, value))
        if isinstance(value, tuple) and value in self.tasks:
            return TaskRef(value)
        if type(value) in _PLAIN:
            return value
        return Task(None, loads, self._pickled(value))

    def _packed(self, fn: Any, name: str) -> Any:
        """Pickle a function once: beside each task, or where it is large in a task of its own."""
        from dask.task_spec import Task, TaskRef
        from distributed.protocol.pickle import loads

        data = self._pickled(fn)
        self.n_code += len(data)
        if len(data) <= _LARGE:
            return Task(None, loads, data)
        key = (name, 0)
        self.tasks[key] = Task(key, bytes, data)
        return Task(None, loads, TaskRef(key))

    def _pickled(self, value: Any) -> bytes:
        from distributed.protocol.pickle import dumps

        data: bytes = dumps(value)  # type: ignore[no-untyped-call]
        self.n_bytes += len(data)
        return data


class _Told:
    """A function whose errors can travel, and say what they are about."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self.fn = fn

    def __reduce__(self) -> Any:
        """Be unpickled after the versions there were looked at, on which the rest may depend."""
        return _told, (_Versions(own_versions()), self.fn)

    def __call__(self, *arguments: Any) -> Any:
        try:
            return self.fn(*map(aligned, arguments))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            known = in_a_sentence(error, "a task on a worker")
            if known is None or known is error:
                raise
            raise known from error


@dataclass
class _Versions:
    """The versions of the process that sends; unpickled they are compared with those there."""

    here: Mapping[str, str | None]

    def __reduce__(self) -> Any:
        return check_here, (self.here,)


def _told(_: None, fn: Callable[..., Any]) -> _Told:
    return _Told(fn)


@dataclass(frozen=True)
class AtOnce:
    """A function that puts any number of results together: it copies what it keeps once."""

    fn: Callable[..., Any]

    def __call__(self, *parts: Any) -> Any:
        """Put them together, in their order."""
        return self.fn(*parts)


def folded(combine: Callable[..., Any], *parts: Any) -> Any:
    """Put a few results together, on a worker."""
    if isinstance(combine, AtOnce):
        return combine(*parts)
    total = parts[0]
    for part in parts[1:]:
        total = combine(total, part)
    return total


def called(fn: Callable[..., Any]) -> str:
    """Name a function for the dashboard.

    Examples
    --------
    >>> called(partial(folded, max))
    'folded'
    """
    while isinstance(fn, partial):
        fn = fn.func
    name: str = getattr(fn, "__name__", type(fn).__name__)
    return name.strip("<>_") or "task"


def weight(value: Any) -> int:
    """Count the bytes a value takes on its way; arrays are not copied for that."""
    from distributed.protocol.pickle import dumps

    buffers: list[Any] = []
    try:
        data: bytes = dumps(  # type: ignore[no-untyped-call]
            value, buffer_callback=buffers.append
        )
    except Exception:
        return int(getattr(value, "nbytes", 0))
    return len(data) + sum(int(b.raw().nbytes) for b in buffers)
