"""A process in which the engine finds nothing that only Unix has, as on Windows.

Modules, functions of ``os`` and signals are hidden, links are refused, ``/proc`` is not there.
Windows' locks of ranges of bytes are made of Linux's, which a handle holds as well.
"""

from __future__ import annotations

import builtins
import ctypes
import errno
import fcntl
import importlib
import json
import os
import pathlib
import pkgutil
import signal
import struct
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog")
OF_OS = (
    "fork", "forkpty", "geteuid", "getuid", "getgid", "getegid", "killpg", "getpgid", "setsid",
    "readv", "preadv", "pread", "posix_fallocate", "posix_fadvise", "sched_getaffinity", "sysconf",
    "statvfs", "fchmod", "fchown", "chown", "mkfifo", "getloadavg", "O_CLOEXEC",
    "O_NOFOLLOW", "O_DIRECTORY", "O_NOCTTY", "O_NONBLOCK", "O_SYNC",
)  # fmt: skip
SIGNALS = ("SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "SIGUSR2", "pthread_kill", "pthread_sigmask")
OTHERS = (
    "distributed", "faiss", "matplotlib.pyplot", "narwhals", "numpy", "polars", "pydantic", "rich",
    "safetensors.numpy", "scipy.sparse", "sklearn.base", "sknetwork", "typer",
)  # fmt: skip
_OFD_SETLK = 37
_SEEK_CUR = 1


def hide(others: tuple[str, ...] = ()) -> None:
    """Hide all of it from now on; other libraries are those of this system, and know it already."""
    for name in others:
        importlib.import_module(name)
    _modules_for_the_engine(_msvcrt())
    for name in OF_OS:
        delattr(os, name)
    for name in SIGNALS:
        delattr(signal, name)
    os.symlink = os.link = _refused
    _without_a_c_library()
    _without_proc()


def _modules_for_the_engine(msvcrt: types.ModuleType) -> None:
    """Hide modules from the engine; Python's own look for them to tell the system they are on."""
    real = builtins.__import__

    def look(name: str, globals_: Any = None, *more: Any, **how: Any) -> Any:
        if str((globals_ or {}).get("__name__", "")).partition(".")[0] == "engine":
            if name == "msvcrt":
                return msvcrt
            if name in MODULES:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, globals_, *more, **how)

    builtins.__import__ = look


def _msvcrt() -> types.ModuleType:
    """Give Windows' module of locks: ranges of bytes, from where the file stands, of a handle."""
    module: Any = types.ModuleType("msvcrt")
    module.LK_UNLCK, module.LK_NBLCK = 0, 2
    lock, kinds = fcntl.fcntl, (fcntl.F_WRLCK, fcntl.F_RDLCK)

    def locking(descriptor: int, mode: int, size: int) -> None:
        for kind in kinds if mode else (fcntl.F_UNLCK,):
            range_ = struct.pack("hhqqi", kind, _SEEK_CUR, 0, size, 0)
            try:
                lock(descriptor, _OFD_SETLK, range_)
                return
            except OSError as error:
                if error.errno != errno.EBADF:  # only open for reading, which Windows locks, too
                    raise PermissionError(errno.EACCES, "Permission denied") from None

    module.locking = locking
    return module


def _refused(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "A required privilege is not held by the client")


def _without_a_c_library() -> None:
    real = ctypes.CDLL

    class Library(real):  # type: ignore[misc, valid-type]
        def __init__(self, name: str | None, *more: Any, **how: Any) -> None:
            if name is None:
                raise TypeError("argument of type 'NoneType' is not iterable")
            super().__init__(name, *more, **how)

    ctypes.CDLL = Library  # type: ignore[misc]


def _without_proc() -> None:
    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def look(path: Path, *more: Any, **how: Any) -> Any:
            place = Path("/nowhere") if str(path).startswith(("/proc", "/sys")) else path
            return real(place, *more, **how)

        return look

    for name in ("read_text", "is_dir", "open"):
        setattr(pathlib.Path, name, wrapped(getattr(pathlib.Path, name)))


def import_all() -> list[str]:
    """Import every module of the engine, and name them."""
    import engine

    found = [
        m.name
        for m in pkgutil.walk_packages(engine.__path__, "engine.")
        if "__main__" not in m.name
    ]
    for name in found:
        importlib.import_module(name)
    return found


def whole_run() -> dict[str, Any]:
    """Run, assign, draw again, cut, take and ask, in the working folder; say what was found."""
    import polars as pl

    import engine
    from engine.command_line.cli import main
    from engine.data_preparation.generators.customers import generate
    from engine.utilities.stages import process_peak

    def command(*words: str) -> int:
        sys.argv = ["engine", *words]
        try:
            main()
        except SystemExit as done:
            return int(done.code or 0)
        return 0

    generate(Path("customers.parquet"), customers=300, seed=1)
    sets = ("input.path=customers.parquet", "clustering.methods=agglomerative", "clustering.k=4",
            "evaluation.resamples=0")  # fmt: skip
    words = [word for pair in sets for word in ("--set", pair)]
    codes = {"run": command("run", "--name", "shop", *words)}
    latest = Path("models/shop/latest")
    first = latest.read_text().strip() if latest.is_file() else ""
    page = Path("reports/shop", first, "report.html")
    before = page.read_bytes()
    page.write_text("lost")
    codes["report"] = command("report", "shop")
    codes["assign"] = command("assign", "shop", "customers.parquet", "new.csv")
    some = str(pl.read_parquet("customers.parquet")["customer_id"][0])
    codes["similar"] = command("similar", "models/shop/latest", "--ids", some, "near.csv")
    codes["cut"] = command("report", "shop", "--set", "clustering.k=2")
    kept = latest.read_text().strip()
    codes["use"] = command("use", "shop", "newest")
    codes["rename"] = command("rename", "shop", "1", "Big spenders")
    codes["doctor"] = command("doctor")
    segments = pl.read_parquet(f"reports/shop/{first}/segments.parquet")
    links = [
        str(p) for root in ("models", "reports") for p in Path(root).rglob("*") if p.is_symlink()
    ]
    hidden = [str(p) for p in Path().rglob(".*") if p.name != ".lock"]
    return {
        "codes": codes,
        "the page is as it was": page.read_bytes() == before,
        "assigned as segmented": pl.read_csv("new.csv", schema=segments.schema).equals(segments),
        "a cut leaves the run in use": kept == first,
        "renamed": engine.load_model("shop").names[0],
        "in use": engine.load_model("shop").info["scores"]["k"],
        "latest": [Path(r, "latest").read_text().strip() for r in ROOTS],
        "links": links,
        "hidden": hidden,
        "peak": process_peak(),
    }


ROOTS = ("models/shop", "reports/shop", "reports/figures/shop")


def hold(folder: Path) -> None:
    """Take the lock of a folder, say so, and hold it until standard input ends."""
    from engine.utilities.locks import locked, one_at_a_time

    try:
        with locked(folder / ".lock", wait=False):
            print("free", flush=True)
    except BlockingIOError:
        print("held", flush=True)
    with one_at_a_time(folder):
        print("mine", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    what, *more = sys.argv[1:]
    hide(() if what == "hold" else OTHERS)
    if what == "import":
        print(json.dumps(import_all()))
    elif what == "run":
        print("\n" + json.dumps(whole_run()))
    else:
        hold(Path(*more))
