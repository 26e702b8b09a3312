"""Which part of a run on a GPU does what, and why: CuPy is enough, others help where they are.

Asked once a run, after the driver and CuPy were found to work. What is broken or does not go
together beside a good CuPy is not used, and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.util import find_spec

from engine.errors import first_line
from engine.places import packages

POLARS = "Polars"
_NAMES = {"cudf": "cuDF", "cuml": "cuML", "rmm": "RMM", "faiss": "Faiss"}


@dataclass(frozen=True)
class Part:
    """What does a part of the work.

    Attributes
    ----------
    by : str
        A library, or ours.
    why : str
        In a clause.
    """

    by: str
    why: str


@dataclass(frozen=True)
class Parts:
    """What does each part of a run on a GPU.

    Attributes
    ----------
    reader : Part
        Blocks of rows from files: cuDF on the device, or Polars in host memory.
    kmeans : Part
        Passes of k-means over all rows.
    pca : Part
        The covariance and its eigenvectors.
    search : Part
        The nearest of many rows: Faiss on the device, or every distance by CuPy.
    pool : Part
        Who hands out the device's memory.
    """

    reader: Part
    kmeans: Part
    pca: Part
    search: Part
    pool: Part

    @property
    def reads_there(self) -> bool:
        """Whether blocks are read on the device, by cuDF."""
        return self.reader.by == _NAMES["cudf"]

    @property
    def has_faiss(self) -> bool:
        """Whether Faiss searches on the device."""
        return self.search.by == _NAMES["faiss"]

    def told(self) -> dict[str, dict[str, str]]:
        """Tell of each, as plain data."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Tell of each in a line.

        Examples
        --------
        >>> ALONE.lines()[0]
        'reader: Polars (cuDF is not installed)'
        """
        return [f"{name}: {part['by']} ({part['why']})" for name, part in self.told().items()]


_KMEANS = Part("our passes", "cuML's were not measured to be faster; clustering.kmeans.solver")
_PCA = Part("covariance in float64 by CuPy", "cuML's is in float32 and was not measured faster")

ALONE = Parts(
    Part(POLARS, "cuDF is not installed"),
    _KMEANS,
    _PCA,
    Part("every distance by CuPy", "faiss-gpu is not installed"),
    Part("CuPy", "RMM is not installed"),
)
"""CuPy and nothing else of a GPU's libraries."""

CLIENTS_SEARCH = Part("the client's CPU", "it holds the few rows that are searched")
"""Of a cluster of GPUs."""


def in_common(several: Sequence[Parts]) -> Parts:
    """Tell of several GPUs as of one; where they do a part in different ways, of each way.

    Examples
    --------
    >>> from dataclasses import replace
    >>> with_faiss = replace(ALONE, search=Part("Faiss", "it is installed and works"))
    >>> in_common([ALONE, with_faiss, ALONE]).search.by
    'every distance by CuPy, Faiss'
    >>> in_common([ALONE, with_faiss]).search.why
    'every distance by CuPy: faiss-gpu is not installed; Faiss: it is installed and works'
    >>> in_common([ALONE, ALONE]) == ALONE
    True
    """

    def of_all(name: str) -> Part:
        ways: dict[str, dict[str, None]] = {}
        for part in (getattr(parts, name) for parts in several):
            ways.setdefault(part.by, {})[part.why] = None
        whys = {by: ", ".join(why) for by, why in ways.items()}
        if len(ways) > 1:
            whys = {by: f"{by}: {why}" for by, why in whys.items()}
        return Part(", ".join(ways), "; ".join(whys.values()))

    return Parts(**{part.name: of_all(part.name) for part in fields(Parts)})


@cache
def found() -> Parts:
    """Find what there is for each part, once a process.

    Imports what is installed and goes together by its metadata: CUDA works already.
    """
    reading, pooling, searching = why_no("cudf"), why_no("rmm"), why_no_faiss()
    there = "it is installed and works"
    return Parts(
        Part(POLARS, reading) if reading else Part(_NAMES["cudf"], there),
        _KMEANS,
        _PCA,
        Part("every distance by CuPy", searching) if searching else Part(_NAMES["faiss"], there),
        Part("CuPy", pooling) if pooling else Part(_NAMES["rmm"], there),
    )


@cache
def why_no(module: str) -> str | None:
    """Say in a clause why a library of RAPIDS is not used, None where it can be.

    Parameters
    ----------
    module : {"cudf", "cuml", "rmm"}
    """
    name = _NAMES[module]
    if find_spec(module) is None:
        return f"{name} is not installed"
    return packages.clash_beside() or _why_not_imported(module)


@cache
def why_no_faiss() -> str | None:
    """Say in a clause why Faiss does not search on the GPU, None where it does."""
    if find_spec("faiss") is None:
        return "faiss-gpu is not installed"
    if trouble := packages.clash_of_faiss() or _why_not_imported("faiss"):
        return trouble
    import faiss

    # Without this question Faiss answers from the CPU; the wheel faiss-cpu never sees a GPU.
    if faiss.get_num_gpus() == 0:
        return "the Faiss that is installed sees no GPU (faiss-gpu does)"
    return None


def _why_not_imported(module: str) -> str | None:
    try:
        if module == "cudf":
            import cudf  # noqa: F401
        elif module == "cuml":
            import cuml  # noqa: F401
        elif module == "rmm":
            import rmm  # noqa: F401
        else:
            import faiss  # noqa: F401
    except Exception as error:
        # Not only ImportError: they load CUDA's libraries and ask the device while they are read.
        return f"{_NAMES[module]} cannot be imported ({first_line(error)})"
    return None
