"""What control groups leave of memory: both versions, in folders as the kernel shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.places.control_groups import group_memory
from engine.places.machine import available_memory

MIB = 1 << 20
NONE = 9_223_372_036_854_771_712
SYS = "sys/fs/cgroup"


@pytest.fixture
def machine(tmp_path):
    def make(cgroup: str, files: dict[str, object]) -> Path:
        (tmp_path / "proc/self").mkdir(parents=True)
        (tmp_path / "proc/self/cgroup").write_text(cgroup)
        for name, text in files.items():
            file = tmp_path / SYS / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{text}\n")
        return tmp_path

    return make


def two(group: str, limit: object, used: int, high: object = "max", idle: int = 0) -> dict:
    names = {"memory.max": limit, "memory.high": high, "memory.current": used}
    files = {f"{group}{name}": text for name, text in names.items()}
    return files | {f"{group}memory.stat": f"anon {used - idle}\ninactive_file {idle}\nactive 7"}


def one(group: str, limit: int, used: int, idle: int = 0) -> dict:
    stat = f"cache 1\ninactive_file 5\ntotal_inactive_file {idle}\ntotal_cache 9"
    names = {"memory.limit_in_bytes": limit, "memory.usage_in_bytes": used, "memory.stat": stat}
    return {f"memory/{group}{name}": text for name, text in names.items()}


def test_without_groups_nothing_is_limited(tmp_path, machine):
    assert group_memory(tmp_path) is None
    root = machine("0::/\n", {"memory.current": 5})
    assert group_memory(root) is None


def test_version_2_of_its_own_group(machine):
    root = machine("0::/app.slice/run\n", two("app.slice/run/", 900 * MIB, 300 * MIB))
    assert group_memory(root) == 600 * MIB


def test_the_tightest_of_the_groups_above_counts(machine):
    files = two("a/b/", "max", 100 * MIB) | two("a/", 500 * MIB, 450 * MIB)
    assert group_memory(machine("0::/a/b\n", files)) == 50 * MIB


def test_high_is_a_limit_too(machine):
    files = two("a/", 800 * MIB, 100 * MIB, high=300 * MIB)
    assert group_memory(machine("0::/a\n", files)) == 200 * MIB


def test_idle_pages_of_files_are_free(machine):
    files = two("a/", 800 * MIB, 700 * MIB, idle=500 * MIB)
    assert group_memory(machine("0::/a\n", files)) == 600 * MIB


def test_a_group_beyond_its_limit_leaves_nothing(machine):
    assert group_memory(machine("0::/a\n", two("a/", 100 * MIB, 120 * MIB))) == 0


def test_in_a_container_the_path_is_not_to_be_seen(machine):
    files = two("", 512 * MIB, 12 * MIB)
    assert group_memory(machine("0::/kubepods/pod7/c0ffee\n", files)) == 500 * MIB


def test_version_1_of_its_own_group_and_those_above(machine):
    cgroup = "9:name=systemd:/\n4:memory:/user/run\n2:cpu,cpuacct:/\n0::/\n"
    files = one("user/run/", NONE, 10) | one("user/", 700 * MIB, 500 * MIB, idle=100 * MIB)
    assert group_memory(machine(cgroup, files | one("", NONE, 10))) == 300 * MIB


def test_version_1_without_a_limit(machine):
    assert group_memory(machine("4:memory:/\n", one("", NONE, 10 * MIB))) is None


def test_version_1_in_a_container(machine):
    files = one("", 256 * MIB, 56 * MIB)
    assert group_memory(machine("4:memory:/docker/c0ffee\n", files)) == 200 * MIB


def test_both_at_once_as_systemd_mounts_them(machine):
    files = one("app/", 600 * MIB, 100 * MIB) | two("unified/app/", 400 * MIB, 100 * MIB)
    assert group_memory(machine("4:memory:/app\n0::/app\n", files)) == 300 * MIB


@pytest.mark.parametrize("cgroup", ["", "nonsense\n", "4:memory\n", "0::/../../etc\n", "\n:\n::\n"])
def test_what_cannot_be_read_limits_nothing(machine, cgroup):
    root = machine(cgroup, {"memory.max": "lots", "memory.current": "few"})
    assert group_memory(root) is None


def test_this_machine_has_memory():
    assert available_memory() > 0
