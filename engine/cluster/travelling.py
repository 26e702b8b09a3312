"""What the functions of a pass hold of a place of many GPUs: NumPy's here, a GPU's on a worker.

A pass is written once: it takes the array library and small arrays from its runtime and holds them.
Here, where there need be no GPU, those are NumPy's, so that a few rows are worked on here. Sent to
a worker, the library becomes that worker's own and arrays move into its place. What is made of such
arrays is such an array, as what is made of a GPU's is on the GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from engine.cluster.worker import own


class Travelling(np.ndarray):
    """A small array of NumPy's that lies in the place of the worker it is sent to.

    Examples
    --------
    >>> import pickle
    >>> few = travelling(np.arange(3))
    >>> type(few * 2).__name__, type(few.sum()).__name__
    ('Travelling', 'int64')
    >>> type(pickle.loads(pickle.dumps(few))).__name__  # this process has no GPU
    'ndarray'
    """

    def __array_wrap__(
        self, array: np.ndarray, context: Any = None, return_scalar: Any = None
    ) -> Any:
        """Keep sums plain numbers, which meet arrays of every library."""
        return array[()] if return_scalar else super().__array_wrap__(array, context)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Move into the place where it arrives."""
        return _moved, (self.view(np.ndarray),)


def travelling(found: Any) -> Any:
    """Make arrays travel, also those in a tuple; all else stays as it is."""
    if isinstance(found, np.ndarray):
        return found.view(Travelling)
    if isinstance(found, tuple):
        parts = map(travelling, found)
        return type(found)(*parts) if hasattr(found, "_fields") else tuple(parts)
    return found


def bare(found: Any) -> Any:
    """Give plain arrays of NumPy's in place of such, also in a tuple."""
    if isinstance(found, tuple):
        return tuple(map(bare, found))
    return np.asarray(found) if isinstance(found, Travelling) else found


def _moved(array: np.ndarray) -> Any:
    return own().put(array)


class Namespace:
    """NumPy here, whose functions make arrays that travel; the worker's library where it is sent.

    Examples
    --------
    >>> xp = Namespace()
    >>> type(xp.arange(3)).__name__, xp.float64 is np.float64
    ('Travelling', True)
    >>> type(xp.linalg.qr(xp.eye(2)).Q).__name__
    'Travelling'
    """

    def __init__(self, path: tuple[str, ...] = ()) -> None:
        self._path = path
        self._module = reached(np, path)

    def __getattr__(self, name: str) -> Any:
        """Find what NumPy calls by that name."""
        if name.startswith("__"):
            raise AttributeError(name)
        found, path = getattr(self._module, name), (*self._path, name)
        if isinstance(found, ModuleType):
            return Namespace(path)
        # A universal function gives what it was given; types are the same in both libraries.
        plain = isinstance(found, type | np.ufunc) or not callable(found)
        return found if plain else Function(found, path)

    def __reduce__(self) -> Any:
        """Become what the worker has."""
        return of_worker, (self._path,)


class Function:
    """A function of NumPy's whose arrays travel, and the worker's own where it is sent."""

    def __init__(self, function: Callable[..., Any], path: tuple[str, ...]) -> None:
        self._function, self._path = function, path

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call NumPy's."""
        return travelling(self._function(*arguments, **named))

    def __reduce__(self) -> Any:
        """Become the worker's."""
        return of_worker, (self._path,)


class Choice:
    """A function for rows in host memory, and another one for rows on a GPU."""

    def __init__(self, on_device: Callable[..., Any], on_host: Callable[..., Any]) -> None:
        self._pair = on_device, on_host

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the one for rows in host memory, as they are here."""
        return self._pair[1](*arguments, **named)

    def __reduce__(self) -> Any:
        """Become the one that the worker needs."""
        return _chosen, self._pair


def _chosen(on_device: Any, on_host: Any) -> Any:
    return own().either(on_device, on_host)


def of_worker(path: tuple[str, ...]) -> Any:
    """Give the array library of this worker, or what it holds under a dotted path."""
    return reached(own().xp, path)


def reached(xp: Any, path: tuple[str, ...]) -> Any:
    """Follow names from an array library on."""
    for name in path:
        xp = getattr(xp, name)
    return xp
