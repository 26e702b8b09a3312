"""What libraries write to standard error, and how they end a process, is kept from people."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.native.library import library
from tests.children import finished

PROGRAM = """
import os, sys
from engine.command_line import cli
def app():
    {body}
cli.app = app
sys.argv = ["engine"]
cli.main()
"""


def child(body: str, **how):
    return finished([sys.executable, "-c", PROGRAM.format(body=body)], **how)


def test_the_backtrace_of_a_panic_is_left_out():
    done = child(
        "os.write(2, b\"thread '<unnamed>' panicked at x.rs:1\\nstack backtrace:\\n\"); "
        'import polars; raise polars.exceptions.PanicException("index out of bounds")'
    )
    assert done.returncode == 1
    assert done.stderr.startswith("engine: the command failed inside a library (index out of ")
    assert done.stderr.count("\n") == 1


def test_what_else_libraries_write_is_written_in_the_end():
    done = child("os.write(2, b'a library warns\\n'); print('hello', file=sys.stderr, flush=True)")
    assert (done.returncode, done.stderr) == (0, "hello\na library warns\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("memory allocation of 9 bytes failed", 7, "engine: there is not enough memory for this "),
        ("terminate called after throwing 'std::bad_alloc'", 7, "engine: there is not enough mem"),
        ("free(): invalid pointer", 1, "engine: a library stopped the program; earlier results"),
    ],
)
def test_an_abort_ends_in_a_sentence(words, code, said):
    abort = f'import ctypes; os.write(2, b"{words}\\n"); ctypes.CDLL(None).abort()'
    program = PROGRAM.format(body=abort).replace('["engine"]', '["engine", "--json"]')
    done = finished([sys.executable, "-c", program])
    assert done.returncode == code
    answer = json.loads(done.stdout)
    assert (f"engine: {answer['error']}\n", answer["exit_code"]) == (done.stderr, code)
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(library().handle is None, reason="the kernels' library ends it")
def test_an_abort_that_keeps_pythons_lock_ends_in_a_sentence():
    done = child("import ctypes; ctypes.PyDLL(None).abort()")
    assert done.returncode == 1
    assert done.stderr.startswith("engine: a library stopped the program; earlier results are")
    assert done.stderr.count("\n") == 1


def test_a_thread_that_memory_is_short_for_ends_in_silence():
    def raised(error: str) -> str:
        body = (
            f"import threading; t = threading.Thread(target=lambda: {error}); t.start(); t.join()"
        )
        return child(body).stderr

    assert raised("(_ for _ in ()).throw(MemoryError)") == ""
    assert "ZeroDivisionError" in raised("1 / 0")


def test_debugging_shows_all():
    body = PROGRAM.format(body='os.write(2, b"panicked at x.rs\\n"); raise MemoryError')
    done = finished([sys.executable, "-c", body.replace('["engine"]', '["engine", "--debug"]')])
    assert done.returncode == 1
    assert "panicked at x.rs" in done.stderr
    assert "Traceback" in done.stderr


def test_standard_error_that_is_closed_is_left_alone():
    done = child("print('out')", preexec_fn=lambda: os.close(2))
    assert (done.returncode, done.stdout) == (0, "out\n")


STILL = """
import resource, time
from engine.command_line import native
from engine.command_line import stillness
native._OFTEN, stillness.STILL = 0.05, 0.2
resource.setrlimit(resource.RLIMIT_AS, ({0} << 20, {0} << 20))
"""
WAITS = "import mmap, time; held = mmap.mmap(-1, {} << 20); time.sleep({}); print('went on')"


@pytest.mark.parametrize(("of", "ends"), [(1_024, True), (1 << 14, False)])
def test_a_wait_without_end_where_addresses_ran_out(of: int, *, ends: bool):
    program = STILL.format(of) + PROGRAM.format(body=WAITS.format(900, 900 if ends else 2))
    done = finished([sys.executable, "-c", program])
    if ends:
        assert (done.returncode, done.stdout) == (7, "")
        assert done.stderr.startswith("engine: there is not enough memory for this step")
        assert done.stderr.count("\n") == 1
    else:
        assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")


def test_complaints_without_end_where_addresses_are_bounded():
    body = "[(os.write(2, b'<jemalloc>: again\\n'), time.sleep(0.01)) for _ in range(90_000)]"
    program = STILL.format(1 << 14) + PROGRAM.format(body=body)
    done = finished([sys.executable, "-c", program])
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith("engine: there is not enough memory for this step")
    assert done.stderr.count("\n") == 1


@pytest.mark.long
@pytest.mark.parametrize("mebibytes", [200, 700])
def test_addresses_that_run_out(tmp_path: Path, mebibytes: int):
    """As ``ulimit -v`` bounds them: what fails first differs from run to run, the end does not."""
    rng, rows = np.random.default_rng(0), 250_000
    columns = {f"x{i}": rng.normal(size=rows) for i in range(8)}
    pl.DataFrame({"customer_id": np.arange(rows), **columns}).write_parquet(tmp_path / "a.parquet")

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (mebibytes << 20, mebibytes << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    places = [f"output.{o}={tmp_path / o}" for o in ("reports", "models", "processed")]
    words = [w for s in ("input.path=a.parquet", "clustering.k=3", *places) for w in ("--set", s)]
    command = [sys.executable, "-m", "engine", "run", "--quiet", *words]
    few = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS"), "2")
    done = finished(command, cwd=tmp_path, preexec_fn=bound, env=os.environ | few)
    assert done.returncode == 7, done.stderr[-2_000:]
    assert done.stderr.startswith("engine: "), done.stderr[:2_000]
    assert done.stderr.count("\n") == 1
    assert "memory" in done.stderr


@pytest.mark.skipif(library().handle is None, reason="there is no library of kernels")
def test_a_library_that_never_comes_back_is_ended_where_addresses_have(tmp_path):
    """It keeps Python's lock and works: no thread of Python's can say so."""
    body = (
        "import itertools, time; from engine.native.library import library; time.sleep(0.1); "
        "library().handle.engine_watch({nearly}); sum(itertools.repeat(1{times}))"
    )

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 32, 1 << 32))

    stuck = child(body.format(nearly="1 << 30, 1 << 20, 2", times=""), preexec_fn=bound)
    assert (stuck.returncode, stuck.stderr.count("\n")) == (7, 1)
    assert stuck.stderr.startswith("engine: there is not enough memory for this ")
    room = body.format(nearly="1 << 40, 1 << 40, 2", times=", 10**9")
    assert child(room, preexec_fn=bound).returncode == 0  # addresses are not the reason
