"""Folders of a run: one that fails leaves none behind, and a file in place of one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.sections import OutputConfig
from engine.errors import EngineError
from engine.run.folders import folders_of


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutputConfig:
    monkeypatch.chdir(tmp_path)
    return OutputConfig()


def test_a_run_that_fails_leaves_no_folders(settings: OutputConfig, tmp_path: Path) -> None:
    def fails() -> None:
        with folders_of(settings, print) as folders:
            folders.scratch.mkdir(parents=True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert list(tmp_path.iterdir()) == []


def test_folders_that_were_there_stay(settings: OutputConfig, tmp_path: Path) -> None:
    (tmp_path / settings.reports).mkdir()
    with pytest.raises(ZeroDivisionError), folders_of(settings, print):
        raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == [settings.reports]


def test_what_a_run_published_stays(settings: OutputConfig, tmp_path: Path) -> None:
    with folders_of(settings, print) as folders:
        folders.scratch.mkdir(parents=True)
        for folder in (folders.figures, folders.reports, folders.model):
            (folder / "file").write_text("a")
        folders.publish()
    assert all((folders.published(root) / "file").is_file() for root in folders.roots)
    assert not (tmp_path / "data").exists()


def test_a_file_in_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("a note")
    where = {"reports": str(tmp_path), "models": str(tmp_path / "models"), "name": "note.txt"}
    with (
        pytest.raises(EngineError, match=r"note.txt is a file, not a folder, .* Name another"),
        folders_of(OutputConfig(**where), print),
    ):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]


def test_a_folder_in_one_that_is_not_there_is_made_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    root = tmp_path / "new" / "reports"
    settings = OutputConfig(reports=str(root), models=str(tmp_path / "models"))
    with folders_of(settings, told.append):
        pass
    assert told == [f"{tmp_path / 'new'} was not there: the run makes it"]
