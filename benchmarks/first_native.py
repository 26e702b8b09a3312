"""The CPU's kernels for ``benchmarks/first.sh``, compiled by g++ alone where they are missing.

Flags are those of CMakeLists.txt, which a bare host may have no CMake to read. The library is put
where a checkout loads it from. ``python benchmarks/first_native.py`` gives 1, and says why, where
none can be had: NumPy then does the work, and the host's seconds are of another program.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine.native import library

ROOT = Path(__file__).parents[1]
ONCE = ("processor", "ending")
"""Sources that are compiled for no instruction set."""
COMMON = ("-std=c++17", "-O3", "-DNDEBUG", "-fPIC", "-fvisibility=hidden",
          "-fvisibility-inlines-hidden", "-w")  # fmt: skip
"""What CMake adds to the flags that it is told, for a release, and silence."""


def commands(sources: Path, folder: Path, digest: str, compiler: str) -> list[list[str]]:
    """Give the calls of the compiler that make the objects in a folder.

    Parameters
    ----------
    sources : Path
        The folder of the C++ files.
    folder : Path
    digest : str
        Of the sources, which the library holds.
    compiler : str

    Returns
    -------
    calls : list of list of str
        Each ends in ``-o`` and the object's path.
    """
    told = (ROOT / "CMakeLists.txt").read_text("utf-8")
    (told_flags,) = re.findall(r"^set\(FLAGS ([^)]+)\)", told, re.MULTILINE)
    shared = told_flags.replace("${CONTRACT}", "fast").split()
    sets = dict(re.findall(r"^\s*for_instructions\((\w+)([^)]*)\)", told, re.MULTILINE))
    if os.uname().machine not in ("x86_64", "amd64"):
        sets = {"baseline": sets["baseline"]}
    held = [f'-DENGINE_SOURCES="{digest}"', *(f"-DENGINE_HAS_{name}" for name in sets)]
    calls = []
    for file in sorted(sources.glob("*.cpp")):
        begun = [compiler, "-c", str(file)]
        if file.stem in ONCE:
            calls.append([*begun, *COMMON, *held, "-o", str(folder / f"{file.stem}.o")])
            continue
        for name, own in sets.items():
            out = str(folder / f"{file.stem}.{name}.o")
            flags = [*shared, *COMMON, *own.split(), f"-DENGINE_SET={name}"]
            calls.append([*begun, *flags, "-o", out])
    return calls


def build(target: Path, sources: Path, compiler: str) -> None:
    """Compile the library and put it at ``target`` by a rename.

    Raises
    ------
    subprocess.CalledProcessError
        Where the compiler fails.
    OSError
        Where the target's folder takes no file.
    """
    with (
        tempfile.TemporaryDirectory() as scratch,
        ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool,
    ):
        calls = commands(sources, Path(scratch), library.sources_digest(), compiler)
        list(pool.map(lambda call: subprocess.run(call, check=True), calls))
        made = target.with_suffix(".new")
        objects = [call[-1] for call in calls]
        subprocess.run([compiler, "-shared", *objects, "-o", str(made)], check=True)
        made.replace(target)


def ready() -> str | None:
    """Compile the kernels unless they are there; say why there are none, or give None."""
    found = library.library()
    if found.instructions:
        return None
    compiler = shutil.which("g++")
    if found.available or os.environ.get(library.SWITCH, "").strip().lower() == "off":
        return found.reason
    if compiler is None:
        return f"{found.reason}, and there is no g++ here"
    begun = time.perf_counter()
    try:
        build(library.FILE, library.FILE.parent / "src", compiler)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"they could not be compiled: {error}"
    print(f"the CPU's kernels: compiled in {time.perf_counter() - begun:.0f} s", flush=True)
    return asked_anew()


def asked_anew() -> str | None:
    """Ask another process why there are no kernels: this one may hold those of before."""
    code = "from engine.native.library import library; print(library().reason); " \
           "raise SystemExit(0 if library().instructions else 3)"  # fmt: skip
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip() if done.returncode else None


def main() -> int:
    """Have the kernels; 1 where there are none."""
    reason = ready()
    if reason is None:
        print("the CPU's kernels: they are there")
        return 0
    print(f"THERE ARE NO CPU KERNELS, and what the host does is timed without: {reason}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
