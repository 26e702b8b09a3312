"""Which installed packages and which driver go together: versions from metadata, the mismatches.

No package is imported and no context is created.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

from engine.places.driver import Gpu, gpus, nvidia_driver
from engine.places.extras import how
from engine.places.machine import driver_version

LEAST_DRIVER = {12: (525, 60), 13: (580, 0)}
"""Oldest NVIDIA driver for each CUDA (CUDA Compatibility, minor version compatibility)."""

LEAST_CAPABILITY = {12: (7, 0), 13: (7, 5)}
"""Oldest compute capability that RAPIDS 26.10 is built for, by CUDA (its platform support page)."""

CUPYS_CAPABILITY = {12: (5, 0), 13: (7, 5)}
"""The same of CuPy: what CUDA's libraries and its compiler still know (CUDA's release notes)."""

LEAST_CUPY = (14, 2)
"""Oldest release of CuPy that has all that is called: ``csr_array``, ``bincount`` of nothing."""

_RAPIDS = ("cudf", "cuml", "dask-cuda", "dask-cudf", "raft-dask", "rmm", "pylibraft")
_OTHERS = ("faiss-cpu", "faiss-gpu", "numba", "numpy")
_CUPY = ("cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x")
_AGAIN = "install one set afresh: make gpu-install, or with CUDA=13 for CUDA 13"


def packages() -> dict[str, str | None]:
    """Give the versions of the installed packages that a GPU run depends on, from metadata.

    None for a package whose metadata names no version: it was removed or installed in part.
    """
    wheels = [f"{name}{cuda}" for name in _RAPIDS for cuda in ("", "-cu11", "-cu12", "-cu13")]
    found: dict[str, str | None] = {}
    for name in (*wheels, *_CUPY, *_OTHERS):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
        except (KeyError, FileNotFoundError):
            # Where Python to 3.13 gives None later ones raise, as the package importlib_metadata
            # does, which Dask brings and which takes the place of Python's own.
            found[name] = None
    return found


def mismatches(
    packages: Mapping[str, str | None],
    driver: tuple[int, int] | None,
    gpus: Sequence[Gpu] = (),
) -> list[str]:
    """Say which installed packages and driver do not go together, each with its remedy.

    Parameters
    ----------
    packages : mapping of str to str or None
        Installed versions by distribution name, as :func:`packages` gives them.
    driver : tuple of int or None
        The NVIDIA driver's own version, major and minor; None when there is none or it is unknown.
    gpus : sequence of Gpu
        As the driver tells them; a run uses the first.

    Returns
    -------
    sentences : list of str
        Empty when all is well.

    Notes
    -----
    Faiss: both wheels own the module ``faiss``; that of ``faiss-gpu`` is built for CUDA 12.
    numba 0.64 and older refuse NumPy 2.5 (its own metadata), and cuDF and cuML import it.

    Examples
    --------
    >>> mismatches({"cudf-cu13": "26.10.2"}, (570, 86))
    ['the NVIDIA driver is too old for CUDA 13, which needs 580.00 or newer; update the driver, \
or run make gpu-install CUDA=12.']
    """
    checks = (
        _damaged(packages),
        _two_faiss(packages),
        _two_cupys(packages),
        _old_cupy(packages),
        _two_cudas(packages),
        _old_driver(packages, driver),
        _old_gpu(packages, gpus),
        _new_numpy(packages),
        _two_releases(packages),
    )
    return [sentence for sentence in checks if sentence]


def clash() -> str | None:
    """Say in a clause why CuPy and the driver cannot work together, if so.

    From metadata and the driver's version: no package is imported and CUDA is not started. What
    else is installed does not count, as a run goes on without it (:func:`clash_beside`).
    """
    return _clash({name: v for name, v in packages().items() if name in _CUPY})


def clash_beside() -> str | None:
    """Say in a clause why RAPIDS cannot be used beside CuPy, if so: as :func:`clash`."""
    return _clash({name: v for name, v in packages().items() if not name.startswith("faiss-")})


def clash_of_faiss() -> str | None:
    """Say in a clause why Faiss cannot be used beside CuPy, if so: as :func:`clash`."""
    chosen = (*_CUPY, "faiss-cpu", "faiss-gpu")
    return _clash({name: v for name, v in packages().items() if name in chosen})


def _clash(chosen: Mapping[str, str | None]) -> str | None:
    found = mismatches(chosen, nvidia_driver() or at_least(driver_version()), gpus())
    return found[0].rstrip(".") if found else None


def _damaged(packages: Mapping[str, str | None]) -> str | None:
    names = [name for name, number in packages.items() if number is None]
    if not names:
        return None
    again = " ".join(names)
    return (
        f"the metadata of {', '.join(names)} is damaged: it names no version; reinstall it "
        f"(pip install --force-reinstall {again}), or {_AGAIN}."
    )


def _two_faiss(packages: Mapping[str, str | None]) -> str | None:
    if not {"faiss-cpu", "faiss-gpu"} <= packages.keys():
        return None
    return (
        "faiss-cpu and faiss-gpu are both installed and overwrite each other; uninstall both, "
        "then install the one that is wanted."
    )


def _two_cupys(packages: Mapping[str, str | None]) -> str | None:
    names = [name for name in _CUPY if name in packages]
    if len(names) < 2:
        return None
    which = "both" if len(names) == 2 else "all"
    return (
        f"{' and '.join(names)} are {which} installed and overwrite each other; uninstall {which}, "
        f"then install the one that is wanted ({how('cupy')}, or cupy-cu13 for CUDA 13)."
    )


def _old_cupy(packages: Mapping[str, str | None]) -> str | None:
    for name in _CUPY:
        release = _release(packages.get(name))
        if release and release < LEAST_CUPY:
            least = ".".join(map(str, LEAST_CUPY))
            return (
                f"{name} {packages[name]} is too old: {least} or newer is needed; "
                f"pip install --upgrade '{name}>={least}'."
            )
    return None


def cuda_versions(packages: Mapping[str, str | None]) -> dict[str, int]:
    """Tell the CUDA that each package is built for, where its name says.

    Examples
    --------
    >>> cuda_versions({"cudf-cu12": "26.10.2", "cupy-cuda13x": "14.2.0", "numpy": "2.4.1"})
    {'cudf-cu12': 12, 'cupy-cuda13x': 13}
    """
    found = {name: re.search(r"-cu(?:da)?(\d\d)x?$", name) for name in packages}
    named = {name: int(match[1]) for name, match in found.items() if match}
    return named | ({"faiss-gpu": 12} if "faiss-gpu" in packages else {})


def _two_cudas(packages: Mapping[str, str | None]) -> str | None:
    by_cuda: dict[int, list[str]] = {}
    for name, cuda in cuda_versions(packages).items():
        by_cuda.setdefault(cuda, []).append(name)
    if len(by_cuda) < 2:
        return None
    parts = [f"CUDA {cuda} ({', '.join(sorted(by_cuda[cuda]))})" for cuda in sorted(by_cuda)]
    return f"packages for {' and '.join(parts)} are mixed in one environment; {_AGAIN}."


def _old_driver(packages: Mapping[str, str | None], driver: tuple[int, int] | None) -> str | None:
    wanted = max((c for c in cuda_versions(packages).values() if c in LEAST_DRIVER), default=None)
    if driver is None or wanted is None or driver >= LEAST_DRIVER[wanted]:
        return None
    enough = [cuda for cuda, least in LEAST_DRIVER.items() if driver >= least]
    other = f"run make gpu-install CUDA={max(enough)}" if enough else ""
    if enough and not _rapids(packages):
        other = f"install CuPy for CUDA {max(enough)} ({how('cupy')})"
    instead = f", or {other}" if other else ""
    return (
        f"the NVIDIA driver is too old for CUDA {wanted}, which needs "
        f"{written(LEAST_DRIVER[wanted])} or newer; update the driver{instead}."
    )


def _old_gpu(packages: Mapping[str, str | None], gpus: Sequence[Gpu]) -> str | None:
    whose, by_cuda = ("RAPIDS", LEAST_CAPABILITY)
    if not _rapids(packages):
        whose, by_cuda = ("CuPy", CUPYS_CAPABILITY)
    known = [c for c in cuda_versions(packages).values() if c in by_cuda]
    least = by_cuda[max(known)] if known else min(by_cuda.values())
    if not gpus or gpus[0].capability >= least:
        return None
    has, needs = (".".join(map(str, number)) for number in (gpus[0].capability, least))
    return (
        f"the GPU ({gpus[0].name}, compute capability {has}) is too old for {whose}, which needs "
        f"{needs} or newer; choose another by CUDA_VISIBLE_DEVICES, or set compute.device to cpu."
    )


def _rapids(packages: Mapping[str, str | None]) -> list[str]:
    return [name for name in packages if re.sub(r"-cu\d\d$", "", name) in _RAPIDS]


def written(driver: tuple[int, int]) -> str:
    """Write a driver's version as NVIDIA does."""
    return f"{driver[0]}.{driver[1]:02}"


def _new_numpy(packages: Mapping[str, str | None]) -> str | None:
    numba, numpy = (_release(packages.get(name)) for name in ("numba", "numpy"))
    if numba is None or numpy is None or numba >= (0, 65) or numpy < (2, 5):
        return None
    return (
        f"numba {packages['numba']} does not work with NumPy {packages['numpy']}, so cuDF and "
        "cuML cannot be imported; pip install 'numpy<2.5'."
    )


def _two_releases(packages: Mapping[str, str | None]) -> str | None:
    releases: dict[tuple[int, int], list[str]] = {}
    for name, number in packages.items():
        release = _release(number)
        if release and re.sub(r"-cu\d\d$", "", name) in _RAPIDS:
            releases.setdefault(release, []).append(name)
    if len(releases) < 2:
        return None
    parts = [
        f"{year}.{month:02} ({', '.join(sorted(releases[year, month]))})"
        for year, month in sorted(releases)
    ]
    return f"RAPIDS packages of different releases are installed: {', '.join(parts)}; {_AGAIN}."


def _release(number: str | None) -> tuple[int, int] | None:
    found = re.match(r"(\d+)\.(\d+)", number or "")
    return (int(found[1]), int(found[2])) if found else None


def at_least(supported: tuple[int, int] | None) -> tuple[int, int] | None:
    """Give the oldest driver that supports a CUDA: all that is known where the number is hidden."""
    if supported is None:
        return None
    return max((d for c, d in LEAST_DRIVER.items() if c <= supported[0]), default=(0, 0))
