"""What the figures and the report are made from: plain numbers, saved and loaded without rows."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError, first_line
from engine.utilities.atomic import replacing
from engine.utilities.json_files import write_json
from engine.utilities.permissions import Permissions, check_readable
from engine.utilities.shown import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT = 1
JSON_NAME = "report_data.json"
ARRAYS_NAME = "report_data.safetensors"

_PLAIN = (
    "summary",
    "profiles",
    "explained_variance",
    "n_components",
    "loadings",
    "k_sweep",
    "map_axes",
    "sales",
    "tree",
)
_ARRAYS: dict[str, type[np.generic]] = {
    "map_points": np.float32,
    "map_segments": np.int32,
    "knife_values": np.float64,
    "knife_segments": np.int32,
    "knife_weights": np.float64,
}


@dataclass(frozen=True, eq=False)
class ReportData:
    """Everything the figures and the report show; aggregates and a capped map, never an id.

    Attributes
    ----------
    summary : dict
        What ``summary.json`` holds: scores, stages, versions, warnings.
    profiles : dict
        What each segment looks like, in original units.
    explained_variance : list of float
        Share of variance of every component, ``[]`` when PCA is off.
    n_components : int
        Components kept, 0 when PCA is off.
    loadings : dict or None
        ``{"features": [...], "components": [[...], [...]]}`` of the first two components.
    k_sweep : list of dict
        ``{"k", "inertia", "silhouette", "low", "high"}`` of each k tried, ``[]`` when k was given.
    map_points : ndarray of shape (m, 2), float32
        At most 20,000 customers on the first two components or features.
    map_segments : ndarray of shape (m,), int32
        The segment of each of those points.
    map_axes : tuple of two str
        What the two coordinates are.
    knife_values : ndarray of shape (a,), float64
        Silhouettes of the sampled customers.
    knife_segments : ndarray of shape (a,), int32
        The segment of each of them.
    knife_weights : ndarray of shape (a,), float64
        How many customers each of them stands for.
    sales : dict or None
        What customers bought, plain JSON without a customer: ``facts`` of reading the
        transactions, ``segments`` by value, ``rfm`` against the segments, ``cross_sell``. Each
        part may be None or absent. None for a customer table.
    tree : dict or None
        The last merges of an agglomerative clustering: ``children`` and ``heights`` as in
        scikit-learn, ``customers`` and ``segments`` of the leaves, ``n_leaves`` of the whole tree
        and ``cut``, the heights of the last merge that was done and of the first that was not
        (None where there is none). None for other methods and for more than 60 segments.
    """

    summary: dict[str, Any]
    profiles: dict[str, Any]
    explained_variance: list[float]
    n_components: int
    loadings: dict[str, Any] | None
    k_sweep: list[dict[str, Any]]
    map_points: np.ndarray
    map_segments: np.ndarray
    map_axes: tuple[str, str]
    knife_values: np.ndarray
    knife_segments: np.ndarray
    knife_weights: np.ndarray
    sales: dict[str, Any] | None = None
    tree: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together.

        Raises
        ------
        ValueError
            If the map is not (m, 2) or two arrays that go together differ in length.
        """
        points = self.map_points.shape
        if len(points) != 2 or points[1] != 2 or points[0] != len(self.map_segments):
            message = (
                f"map_points must be of shape (m, 2) with one segment a point. Got {points} "
                f"and {len(self.map_segments)} segments instead."
            )
            raise ValueError(message)
        lengths = {len(self.knife_values), len(self.knife_segments), len(self.knife_weights)}
        if len(lengths) != 1:
            message = f"the knife arrays must have one length. Got {sorted(lengths)} instead."
            raise ValueError(message)

    def save(self, folder: Path, permissions: Permissions = "private") -> None:
        """Write ``report_data.json`` and ``report_data.safetensors``; NaN becomes null.

        Parameters
        ----------
        folder : Path
            Created when it does not exist.
        permissions : {"private", "group", "shared"}
            Of the arrays, in which each point of the map is a customer; the rest is aggregates.
        """
        from safetensors.numpy import save

        folder.mkdir(parents=True, exist_ok=True)
        tree = {"format": FORMAT} | {name: getattr(self, name) for name in _PLAIN}
        write_json(folder / JSON_NAME, tree)
        arrays = {
            name: np.ascontiguousarray(getattr(self, name), dtype=dtype)
            for name, dtype in _ARRAYS.items()
        }
        with replacing(folder / ARRAYS_NAME, permissions) as file:
            file.write_bytes(save(arrays))

    @classmethod
    def load(cls, folder: Path) -> ReportData:
        """Read what :meth:`save` wrote.

        Parameters
        ----------
        folder : Path
            The folder that holds the two files.

        Returns
        -------
        ReportData

        Raises
        ------
        EngineError
            If a file is missing, damaged, written by a newer version or for its owner alone.
        """
        for name in (JSON_NAME, ARRAYS_NAME):
            if not (folder / name).is_file():
                message = (
                    f"{folder / name} is missing, so the report cannot be rebuilt; "
                    "do the run again with `engine run`."
                )
                raise EngineError(message)
            check_readable(folder / name)
        plain = _read_json(folder / JSON_NAME)
        arrays = _read_arrays(folder / ARRAYS_NAME)
        try:
            plain["map_axes"] = (str(plain["map_axes"][0]), str(plain["map_axes"][1]))
            # A run of a version that knew no transactions saved no sales, nor a tree.
            plain.setdefault("sales", None)
            plain.setdefault("tree", None)
            return cls(**{name: plain[name] for name in _PLAIN}, **_typed(arrays))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise _damaged(folder / JSON_NAME, error) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        found = plain["format"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, error) from error
    if found != FORMAT:
        message = (
            f"{path} has format {found}, this version reads format {FORMAT}; "
            "rebuild the report with the version that made the run."
        )
        raise EngineError(message)
    return dict(plain)


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from error


def _typed(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    return {name: np.asarray(arrays[name], dtype=dtype) for name, dtype in _ARRAYS.items()}


@contextmanager
def damage_named(folder: Path) -> Iterator[None]:
    """Say that what a run saved is damaged where drawing from it alone fails."""
    from jinja2 import TemplateError

    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise _damaged(folder / JSON_NAME, error) from error
    except (TemplateError, RecursionError) as error:
        raise _damaged(folder / JSON_NAME, error) from error


def _damaged(path: Path, error: Exception) -> EngineError:
    what = cut(f"{type(error).__name__}: {first_line(error)}", 150)
    message = f"{path} is damaged ({what}); do the run again with `engine run`."
    return EngineError(message)


def best_method(summary: dict[str, Any]) -> dict[str, Any]:
    """Return the scores of the method the report describes, ``{}`` when there are none."""
    found = summary.get("methods", {}).get(summary.get("best"))
    return dict(found) if found else {}


def segment_names(profiles: dict[str, Any]) -> dict[int, str]:
    """Return the name of each segment by its id."""
    return {int(segment["segment"]): str(segment["name"]) for segment in profiles["segments"]}
