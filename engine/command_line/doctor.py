"""What ``engine doctor`` says about a GPU: driver, GPUs, versions, mismatches; and about a model.

Asks the driver and the packages' metadata; no package is imported and no context is created.
"""

from __future__ import annotations

from engine.places.driver import driver_trouble, gpus, nvidia_driver
from engine.places.machine import ask_driver, driver_version
from engine.places.packages import at_least, mismatches, packages, written


def gpu_report() -> tuple[list[str], list[str]]:
    """Give the doctor's lines about the GPU, and the mismatches.

    Returns
    -------
    facts : list of str
    problems : list of str
    """
    number, supported, found, held = nvidia_driver(), driver_version(), packages(), gpus()
    facts = [_driver_line(number, supported)]
    facts += [
        f"GPU {i}: {gpu.name}, {gpu.memory / 2**30:.0f} GiB, compute capability "
        f"{gpu.capability[0]}.{gpu.capability[1]}"
        for i, gpu in enumerate(held)
    ]
    gpu_packages = [name for name in found if name not in ("faiss-cpu", "numba", "numpy")]
    facts += [f"{name} {found[name] or 'of unknown version'}" for name in gpu_packages]
    if not gpu_packages:
        facts.append("no GPU package is installed (make gpu-install)")
    trouble = driver_trouble() if ask_driver() else None
    problems = mismatches(found, number or at_least(supported), held)
    return facts, [*([f"{trouble}."] if trouble else []), *problems]


def _driver_line(number: tuple[int, int] | None, supported: tuple[int, int] | None) -> str:
    if number is None and supported is None:
        return "no NVIDIA driver was found"
    own = written(number) if number else "of unknown version"
    cuda = f"CUDA up to {supported[0]}.{supported[1]}" if supported else "CUDA not answering"
    return f"NVIDIA driver {own}, {cuda}"


def model_report(path: str, verify_with: str | None) -> list[str]:
    """Give the doctor's lines about a model.

    Raises
    ------
    EngineError
        As :func:`engine.load_model` does.
    """
    from engine.model.model import load_model
    from engine.model.signature import signature_of

    model = load_model(path, verify_with=verify_with)
    info, segments = model.info, len(model.names)
    return [
        f"run {info['run_id']} by {info['method']}: {segments} segments, "
        f"{len(model.plan.features)} features",
        signature_of(path, verified=verify_with is not None),
    ]
