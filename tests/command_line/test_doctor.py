"""The doctor's findings on this machine, and on others where something is wrong."""

from __future__ import annotations

import re

import pytest

from engine.command_line import cli, doctor
from engine.command_line.doctor import gpu_report
from engine.places.driver import gpus
from engine.places.machine import DriverAnswer, driver_device_count, driver_version
from engine.places.packages import clash, clash_beside, packages

CUDA13 = {
    "cudf-cu13": "26.10.2",
    "cuml-cu13": "26.10.0",
    "cupy-cuda13x": "14.2.0",
    "numpy": "2.4.6",
}


def test_this_machine():
    facts, problems = gpu_report()
    assert all(problem.endswith(".") for problem in problems)
    if driver_device_count() is None:
        assert driver_version() is None
        assert facts[0] == "no NVIDIA driver was found"
        assert gpus() == []
    else:
        assert facts[0].startswith("NVIDIA driver ")
        assert len(gpus()) == driver_device_count()


def test_a_driver_that_tells_only_its_cuda(monkeypatch):
    """In a container the driver's own number may be out of sight."""
    monkeypatch.setattr(doctor, "nvidia_driver", lambda: None)
    monkeypatch.setattr(doctor, "packages", lambda: CUDA13)
    monkeypatch.setattr(doctor, "driver_version", lambda: (12, 4))
    facts, problems = gpu_report()
    assert facts[0] == "NVIDIA driver of unknown version, CUDA up to 12.4"
    assert len(problems) == 1
    assert "too old for CUDA 13" in problems[0]
    monkeypatch.setattr(doctor, "driver_version", lambda: (13, 1))
    assert gpu_report()[1] == []


@pytest.mark.parametrize("reader", ["importlib.metadata", "importlib_metadata"])
def test_damaged_metadata_is_reported(tmp_path, monkeypatch, reader):
    """As an interrupted installation leaves it; Dask brings a reader of its own on Python 3.11."""
    pytest.importorskip(reader)
    (tmp_path / "dask_cuda-26.10.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert packages()["dask-cuda"] is None
    facts, problems = gpu_report()
    assert "dask-cuda of unknown version" in facts
    assert problems[0].startswith("the metadata of dask-cuda is damaged")
    assert clash() is None
    assert clash_beside().startswith("the metadata of dask-cuda is damaged")


def test_a_driver_that_does_not_start_is_a_problem(monkeypatch):
    answer = DriverAnswer(0, 803)
    monkeypatch.setattr(doctor, "ask_driver", lambda: answer)
    monkeypatch.setattr("engine.places.driver.ask_driver", lambda: answer)
    assert "error 803" in gpu_report()[1][0]


def test_a_problem_makes_the_exit_code(monkeypatch, capfd):
    for problems, code in (([], 0), (["two Faiss are installed."], 1)):
        monkeypatch.setattr("engine.command_line.doctor.gpu_report", lambda p=problems: (["x"], p))
        monkeypatch.setattr("sys.argv", ["engine", "doctor"])
        with pytest.raises(SystemExit) as done:
            cli.main()
        assert int(done.value.code or 0) == code
        out = capfd.readouterr().out
        assert ("problem: two Faiss" in out) == bool(problems)
        assert re.search(r"^extra cpu +(yes|no) +Faiss: similar customers", out, re.MULTILINE)
