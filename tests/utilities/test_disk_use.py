"""Sizes of folders, also of those in which others are at work."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from engine.utilities.disk_use import bytes_in


@pytest.fixture
def folder(tmp_path):
    for name, size in (("a", 3), ("deep/b", 50), ("deep/deeper/c", 700), ("other/d", 2000)):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(size))
    return tmp_path


def test_files_at_every_depth_count_once(folder):
    (folder / "link").symlink_to(folder / "a")
    (folder / "other" / "round").symlink_to(folder / "deep", target_is_directory=True)
    assert bytes_in(folder) == 2753


def test_nothing_is_there(tmp_path):
    assert bytes_in(tmp_path / "none") == 0
    assert bytes_in(tmp_path) == 0


def test_a_folder_that_goes_before_it_is_listed(folder, monkeypatch):
    listed = os.scandir

    def going(path):
        if not isinstance(path, int) and Path(path).name == "deeper":
            shutil.rmtree(path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", going)
    assert bytes_in(folder) == 2053, "the others still count"


def test_a_file_that_goes_before_it_is_looked_at(folder, monkeypatch):
    looked = Path.stat

    def going(self, **how):
        if self.name == "b":
            self.unlink(missing_ok=True)
        return looked(self, **how)

    monkeypatch.setattr(Path, "stat", going)
    assert bytes_in(folder) == 2703
