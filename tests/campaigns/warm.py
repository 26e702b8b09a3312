"""A process with the engine imported, which runs commands in forks: a start takes seconds.

It reads a request a line and answers a line (JSON). A command's changes to files are counted by
``counting.c``, preloaded; without a compiler by Python's audit hooks, which do not see Polars' own.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

WARM = (
    "engine.command_line.cli", "engine.command_line.console", "engine.run.pipeline",
    "engine.run.recutting", "engine.run.methods", "engine.similar_customers.answers",
    "engine.visualization.charts.figures", "engine.visualization.page.report",
    "engine.clustering.agglomerative.algorithm", "engine.clustering.ann_methods.algorithm",
    "engine.clustering.kmeans.algorithm", "engine.clustering.pca_methods.algorithm",
    "engine.clustering.spectral.algorithm", "sklearn.cluster", "safetensors.numpy",
    "tests.drawing",
)  # fmt: skip

PATIENCE = 300
"""Seconds until a command that hangs is ended, and told as such."""

AUDITED = {"os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"}


class Hooks:
    """Counts what Python itself does to files."""

    def __init__(self) -> None:
        self.calls, self.at, self.number, self.armed = 0, 0, 0, False
        sys.addaudithook(self._hear)

    def counting_arm(self, at: int, number: int) -> None:
        self.calls, self.at, self.number, self.armed = 0, at, number, True

    def counting_calls(self) -> int:
        return self.calls

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.armed:
            return
        writes = (
            event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if writes or event in AUDITED:
            self.calls += 1
            if self.calls == self.at:
                os.kill(os.getpid(), self.number)


def counter() -> Any:
    library = ctypes.CDLL(None)
    if not hasattr(library, "counting_arm"):
        return Hooks()
    library.counting_arm.argtypes = [ctypes.c_long, ctypes.c_int]
    library.counting_calls.restype = ctypes.c_long
    return library


def command(request: dict[str, Any], calls: Any) -> int:
    """Run the command line as its own process does, with figures in a few pixels."""
    from engine.__main__ import main
    from tests.drawing import sketched, undrawn

    sys.argv = ["engine", *request["words"]]
    code: Any = 0
    with undrawn() if request.get("undrawn") else sketched():
        calls.counting_arm(request.get("at", 0), request.get("signal", signal.SIGKILL))
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
    Path(request["told"], "calls").write_text(str(calls.counting_calls()))
    return int(code)


def look(request: dict[str, Any]) -> int:
    """Look with a reader's eyes, and write what is seen."""
    import engine

    found: dict[str, Any] = {"model": None, "assigned": None}
    name = request["name"]
    if Path("models", name, "latest").exists():
        model = engine.load_model(f"models/{name}")
        found["model"] = model.info["run_id"]
        lines = model.info.get("transactions") is not None
        new = "invoices.parquet" if lines else "good.parquet"
        found["assigned"] = model.assign(new).height
    Path(request["told"], "seen").write_text(json.dumps(found))
    return 0


def forked(request: dict[str, Any], do: Callable[[], int]) -> dict[str, Any]:
    told = Path(request["told"])
    for name in ("calls", "seen"):
        (told / name).unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        code = 70
        try:
            signal.alarm(PATIENCE)
            os.chdir(request["cwd"])
            for number, name in ((1, "out"), (2, "err")):
                os.dup2(os.open(told / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            code = do()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    if "after" in request:
        time.sleep(request["after"])
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.kill(child, request["signal"])
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    texts = {n: f.read_text() for n in ("out", "err", "calls", "seen") if (f := told / n).exists()}
    return {"code": status, **texts}


def main() -> None:
    for name in WARM:
        __import__(name)
    calls = counter()
    print(json.dumps({"counter": type(calls).__name__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        do = partial(command, request, calls) if "words" in request else partial(look, request)
        print(json.dumps(forked(request, do)), flush=True)


if __name__ == "__main__":
    main()
