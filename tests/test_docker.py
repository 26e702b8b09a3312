"""The Dockerfile: what it copies is there, what it installs exists, and the lock pins all of it."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
KNOWN = {
    "ARG", "CMD", "COPY", "ENTRYPOINT", "FROM", "RUN", "USER", "VOLUME", "WORKDIR",
}  # fmt: skip


def steps() -> list[tuple[str, str]]:
    """Read the instructions, lines that go on put together."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^\s*#.*\n", "", text)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest.strip()) for word, _, rest in (s.partition(" ") for s in lines if s)]


def told(instruction: str) -> list[str]:
    return [rest for word, rest in steps() if word == instruction]


def test_its_instructions_are_known_and_its_words_close():
    assert {word for word, _ in steps()} == KNOWN
    for command in told("RUN"):
        assert shlex.split(command)
        subprocess.run(["sh", "-n", "-c", command], check=True)
    assert told("USER") == ["engine"], "not root"
    assert told("ENTRYPOINT") == ['["engine"]']
    assert "engine" in PROJECT["scripts"]


def test_what_it_copies_is_there_and_not_left_out():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in told("COPY"):
        if not line.startswith("--from"):
            for name in line.split()[:-1]:
                assert (ROOT / name).exists(), name
                assert f"!{name}" in ignored
    for name in ("CMakeLists.txt", "LICENSE", "README.md"):
        assert any(name in line.split() for line in told("COPY")), "the build reads it"


def test_its_python_and_its_extras_are_the_projects():
    (python,) = {image.split()[0] for image in told("FROM")}
    version = re.fullmatch(r"python:(3\.\d+)-slim", python)
    assert version
    assert SpecifierSet(PROJECT["requires-python"]).contains(version[1])
    (extras,) = (line.removeprefix("EXTRAS=").split(",") for line in told("ARG"))
    assert set(extras) <= set(PROJECT["optional-dependencies"])


@pytest.fixture
def pinned(tmp_path: Path) -> dict[str, Requirement]:
    """Make the constraints as the image does."""
    (made,) = (line for line in told("RUN") if line.startswith("sed "))
    command = made.replace("requirements.lock", shlex.quote(str(ROOT / "requirements.lock")))
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    lines = (tmp_path / "constraints.txt").read_text(encoding="utf-8").splitlines()
    here = default_environment() | {"python_version": "3.12", "python_full_version": "3.12.0"}
    found = [Requirement(line) for line in lines if line.strip()]
    held = [r for r in found if r.marker is None or r.marker.evaluate(dict(here))]
    return {canonicalize_name(r.name): r for r in held}


def test_the_lock_pins_what_it_installs(pinned):
    (extras,) = (line.removeprefix("EXTRAS=").split(",") for line in told("ARG"))
    wanted = list(PROJECT["dependencies"])
    for extra in extras:
        wanted += PROJECT["optional-dependencies"][extra]
    for requirement in map(Requirement, wanted):
        pin = pinned[canonicalize_name(requirement.name)]
        (exactly,) = pin.specifier
        assert exactly.operator == "=="
        assert requirement.specifier.contains(exactly.version), str(requirement)
