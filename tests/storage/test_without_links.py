"""Where nobody may make links: ``latest`` is a file that names the run; all else is the same."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.config.sections import OutputConfig
from engine.errors import EngineError
from engine.storage.latest import latest_id, latest_run, run_ids
from engine.storage.naming import Named, named
from engine.storage.outputs import new_run, recover, take
from tests.storage.test_outputs import (
    NEW,
    OLD,
    drawn,
    failing,
    hidden,
    publish,
    redraw,
    roots,
    with_report,
    write,
)

SYMLINK = os.symlink


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutputConfig:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "A required privilege is not held by the client")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "symlink", refused)
    return OutputConfig(keep=3)


def shown(settings: OutputConfig) -> set[str | None]:
    found = {latest_run(root) for root in roots(settings)}
    return {(run / "file").read_text() if run else None for run in found}


def test_latest_is_a_file_that_names_the_run(settings):
    first, second = publish(settings), publish(settings)
    for root in roots(settings):
        assert (root / "latest").read_text() == f"{second}\n"
        assert latest_run(root) == root / second
    assert take(settings, first) == second
    assert shown(settings) == {first}
    assert hidden(settings) == []
    expected = Named("customers", Path("models"), Path("reports"))
    for text in ("models/customers/latest", "reports/customers/latest/report.html"):
        assert named(settings, text) == expected


def test_links_become_files_and_files_links(settings, monkeypatch):
    publish(settings)
    with monkeypatch.context() as patch:
        patch.setattr(os, "symlink", SYMLINK)
        second = publish(settings)
        assert all((root / "latest").is_symlink() for root in roots(settings))
    assert latest_id(roots(settings)[2]) == second
    third = publish(settings)
    assert (roots(settings)[1] / "latest").read_text() == f"{third}\n"


def test_a_file_of_somebody_else_stays(settings):
    publish(settings)
    for text in ("two\nlines", "a/path", "x" * 1_000, ""):
        Path("models/customers/latest").write_text(text)
        with pytest.raises(EngineError, match="keeps a link there; move it away"):
            publish(settings)
        assert Path("models/customers/latest").read_text() == text


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
def test_publishing_and_taking_are_whole_whichever_change_fails(settings, for_good):
    before = publish(settings)
    nth, reached, failed = 0, True, 0
    while reached:
        nth += 1
        new = None
        with new_run(settings) as folders:
            write(folders)
            with failing(nth, for_good=for_good) as count:
                try:
                    folders.publish()
                    new = folders.run_id
                except EngineError:
                    failed += 1
        reached = count[0] >= nth
        recover(settings)
        assert shown(settings) == {new or before}, nth
        assert hidden(settings) == [], nth
        before = new or before
        assert (folders.run_id in run_ids(roots(settings)[2])) == (new is not None)
    assert nth > 15
    assert failed > 5
    other = next(run for run in run_ids(roots(settings)[2]) if run != before)
    nth, reached = 0, True
    while reached:
        nth += 1
        with failing(nth, for_good=for_good) as count:
            try:
                take(settings, other)
                before, other = other, before
            except EngineError:
                pass
        reached = count[0] >= nth
        recover(settings)
        assert shown(settings) == {before}, nth
        assert hidden(settings) == [], nth
    assert nth > 8


def test_a_report_is_redrawn(settings):
    run = with_report(settings)
    assert drawn(settings, run) == OLD
    redraw(settings, run, "new")
    assert drawn(settings, run) == NEW
    assert hidden(settings) == []


@pytest.mark.parametrize("done", [0, 1, 2])
def test_what_a_killed_process_left_is_brought_to_its_end(settings, done, monkeypatch):
    first, second = publish(settings), publish(settings)
    real, calls = Path.replace, []

    class Killed(BaseException):
        pass

    def replace(path: Path, target: Path) -> Path:
        if path.parent.name == "new":
            calls.append(path)
            if len(calls) > done:
                raise Killed
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        # As a kill would: nothing is cleaned up on the way out.
        patch.setattr("engine.storage.switch.settle", lambda folder: None)
        patch.setattr("engine.storage.by_journal.shutil.rmtree", lambda *_, **__: None)
        with pytest.raises(Killed):
            take(settings, first)
    recover(settings)
    assert shown(settings) == {first}
    assert hidden(settings) == []
    assert second in run_ids(roots(settings)[2])


@contextmanager
def open_elsewhere(refused: Callable[[Path, Path], bool]) -> Iterator[None]:
    """Let files that somebody has open be replaced by nothing, as on Windows."""
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if refused(path, target):
            raise PermissionError(errno.EACCES, "The file is open in another program")
        return real(path, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        patch.setattr("engine.storage.by_journal._TRIES", 1)
        yield


def test_a_change_that_fails_half_way_is_taken_back_and_told(settings):
    first, second = publish(settings), publish(settings)
    with (
        open_elsewhere(lambda path, target: target == Path("models/customers/latest").absolute()),
        pytest.raises(EngineError, match="open in another program; earlier results are as they"),
    ):
        take(settings, first)
    assert shown(settings) == {second}
    assert hidden(settings) == []


def test_a_report_that_is_redrawn_half_way_is_as_it_was(settings):
    run = with_report(settings)
    with (
        open_elsewhere(lambda path, target: target.name == "report.html"),
        pytest.raises(EngineError, match="open in another program"),
    ):
        redraw(settings, run, "new")
    assert drawn(settings, run) == OLD
    assert hidden(settings) == []


def test_nothing_else_changes_before_what_is_left_is_done(settings):
    first, second = publish(settings), publish(settings)
    models = Path("models/customers/latest").absolute()
    with open_elsewhere(lambda path, target: path.parent.name == "old" or target == models):
        with pytest.raises(EngineError, match="open in another program"):
            take(settings, first)
        assert latest_id(roots(settings)[2]) == second
        assert latest_id(roots(settings)[1]) == first
        for change in (lambda: take(settings, first), lambda: publish(settings)):
            with pytest.raises(EngineError, match=r"an earlier change in .* is not done yet"):
                change()
    assert run_ids(roots(settings)[2]) == sorted([first, second])
    third = publish(settings)
    assert take(settings, second) == third
    assert take(settings, third) == second
    recover(settings)
    assert shown(settings) == {third}
    assert hidden(settings) == []
