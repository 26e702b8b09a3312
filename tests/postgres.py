"""A PostgreSQL server of the tests' own: on a Unix socket alone, gone with the tests."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.children import PATIENCE, finished, started

_ROOT = Path("/usr/lib/postgresql")
_OWNER, _GUARDED = "engine", "guarded"
_PARTING = 30
_RULES = f"local all {_GUARDED} scram-sha-256\nlocal all all trust\n"
_SETTINGS = (
    "listen_addresses=", "fsync=off", "full_page_writes=off", "synchronous_commit=off",
    "shared_buffers=16MB", "max_connections=20", "autovacuum=off", "logging_collector=off",
)  # fmt: skip
_numbers = count(1)


@dataclass(frozen=True)
class Postgres:
    """A server that runs.

    Attributes
    ----------
    folder : Path
        Where its socket is.
    programs : Path
        Where ``psql`` and the others are.
    """

    folder: Path
    programs: Path

    def uri(self, database: str = "postgres", user: str = _OWNER, password: str = "") -> str:
        """Give the address of a database; the user ``guarded`` is asked for a password."""
        who = f"{user}:{quote(password)}" if password else user
        return f"postgresql://{who}@/{database}?host={quote(str(self.folder), safe='')}"

    def sql(self, statements: str, database: str = "postgres") -> str:
        """Run statements by ``psql``, and give what it prints: no header, ``|`` between fields."""
        words = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder]
        command = [self.programs / words[0], *words[1:], "-U", _OWNER, "-d", database]
        done = finished([*command, "-c", statements], check=True, env=_surroundings())
        return done.stdout.strip()

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database, give its name, and drop it in the end."""
        name = f"made_{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        try:
            yield name
        finally:
            self.sql(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a server as an ordinary user, and end it with the block.

    Skips the test, with the reason, where PostgreSQL is not installed, or nobody can run it.
    """
    programs, who = _programs(), _ordinary()
    place = tempfile.gettempdir()
    short = place if len(place) < 60 else "/tmp"  # a socket's path has at most 107 letters
    folder = Path(tempfile.mkdtemp(prefix="engine-pg-", dir=short))
    try:
        if "user" in who:
            os.chown(folder, who["user"], who["group"])
        how = {**who, "cwd": folder, "env": _surroundings()}
        words = ["-D", folder / "data", "-U", _OWNER, "-A", "trust", "-E", "UTF8"]
        begun = ["--locale=C", "--no-sync", "--no-instructions"]
        finished([programs / "initdb", *words, *begun], check=True, **how)
        (folder / "data" / "pg_hba.conf").write_text(_RULES)
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        # What it says goes to a file: nobody reads a pipe, and one that is full would stop it.
        command = ["/bin/sh", "-c", 'exec "$@" >log 2>&1', "sh", programs / "postgres"]
        command += ["-D", folder / "data", "-k", folder, *settings]
        with started(command, stdin=subprocess.DEVNULL, **how) as process:
            server = Postgres(folder, programs)
            _wait(server, process)
            try:
                yield server
            finally:
                _end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Find the newest PostgreSQL."""
    found = [f.parent for f in _ROOT.glob("*/bin/initdb") if (f.parent / "postgres").exists()]
    if named := shutil.which("initdb"):
        found.append(Path(os.path.realpath(named)).parent)
    if not found:
        pytest.skip(f"no PostgreSQL in {_ROOT} nor in PATH: apt-get install postgresql")
    return max(found, key=lambda f: [int(n) for n in re.findall(r"\d+", str(f))])


def _ordinary() -> dict[str, Any]:
    """Give as whom the server runs, in words of ``Popen``: not as root, whom it refuses."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL does not run as root, and there is no user postgres or nobody")


def _surroundings() -> dict[str, str]:
    """Give the environment without what would lead to another server."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}


def _wait(server: Postgres, process: subprocess.Popen[str]) -> None:
    """Wait until the server answers."""
    ready = [server.programs / "pg_isready", "-q", "-h", server.folder]
    until = time.monotonic() + PATIENCE
    while finished(ready, env=_surroundings()).returncode != 0:
        assert process.poll() is None, (server.folder / "log").read_text()
        assert time.monotonic() < until, f"PostgreSQL does not answer after {PATIENCE} s"
        time.sleep(0.05)


def _end(process: subprocess.Popen[str]) -> None:
    """Ask the server to end now; whoever started it kills what is left."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_PARTING)
    except subprocess.TimeoutExpired:
        process.kill()
