"""What other libraries raise, in one sentence."""

from __future__ import annotations

import errno
import importlib
import pickle
import pkgutil
import resource
from collections.abc import Iterator

import polars as pl
import pytest

import engine
from engine.clustering.spectral.distinct import TooFewDistinctError
from engine.errors import (
    ConfigError,
    DataError,
    EngineError,
    MemoryLimitError,
    in_a_sentence,
    in_sentences,
    is_panic,
    memory_is_bounded,
)
from engine.utilities.progress import Progress
from engine.utilities.stages import Stages

OUT_OF_MEMORY = [
    MemoryError(),
    MemoryError("Unable to allocate 3.10 GiB for an array"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    RuntimeError("can't start new thread"),
    RuntimeError("std::bad_alloc"),
    ImportError("libopenblas.so: failed to map segment: Cannot allocate memory"),
    pl.exceptions.ComputeError("memory allocation of 8 bytes failed"),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda e: type(e).__name__)
def test_memory_that_runs_out_is_told_with_the_step(error):
    stages = Stages(Progress())
    with pytest.raises(MemoryLimitError) as told, stages("prepare"):
        raise error
    assert str(told.value).startswith("the step 'prepare' needs more memory than there is (")
    assert "compute.memory_limit" in str(told.value)
    assert "features.include" in str(told.value)
    assert told.value.exit_code == 7


def test_a_panic_becomes_a_sentence():
    with pytest.raises(EngineError) as told, in_sentences("reading a.csv"):
        raise pl.exceptions.PanicException("index out of bounds\nat here.rs")
    assert str(told.value).startswith("reading a.csv failed inside a library (index out of bounds)")
    assert is_panic(told.value.__cause__)


def test_a_full_disk_is_told():
    told = in_a_sentence(
        OSError(errno.ENOSPC, "No space left on device", "/tmp/m.npy"), "preparing"
    )
    assert str(told).startswith("preparing needs more room on disk than there is for /tmp/m.npy (")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_stops_a_program_passes(stop):
    with pytest.raises(stop), in_sentences("reading"):
        raise stop


@pytest.mark.parametrize("error", [ValueError("no"), DataError("no"), KeyError("x")])
def test_other_errors_pass_as_they_are(error):
    with pytest.raises(type(error)) as passed, in_sentences("reading"):
        raise error
    assert passed.value is error


def test_a_panic_where_memory_is_bounded_is_a_lack_of_it(monkeypatch):
    assert not memory_is_bounded()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1 << 30, 1 << 30))
    assert memory_is_bounded()
    panic = pl.exceptions.PanicException("poisoned lock")
    assert isinstance(in_a_sentence(panic, "reading a.csv"), MemoryLimitError)


@pytest.mark.parametrize("value", ["x" * 1_000_000, "a b " * 250_000, "'" * 1_000, '"x' * 90_000])
def test_values_of_a_megabyte_are_cut(value):
    said = str(DataError(f"a.csv: column 'x' holds {value!r}; correct it."))
    assert len(said) < 2_100
    assert said.startswith("a.csv: column 'x' holds ")
    assert said.endswith("; correct it.")


def test_what_no_terminal_shows_is_written_out():
    assert str(DataError("a\x1b[2J\nb\tc\x9b")) == r"a\x1b[2J\nb\tc\x9b"


def test_what_stands_between_two_values_is_not_cut():
    said = f"there is no run named 'shpo' under {'folder/' * 40}; did you mean 'shop'?"
    assert str(DataError(said)) == said


def _kinds(kind: type[EngineError]) -> Iterator[type[EngineError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)


def test_every_error_travels_between_processes_with_what_it_carries():
    for module in pkgutil.walk_packages(engine.__path__, "engine."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds = list(_kinds(EngineError))
    assert len(kinds) > 8
    for kind in kinds:
        error = kind.__new__(kind, "it is wrong.")
        error.held = ["a", 1]
        other = pickle.loads(pickle.dumps(error))
        assert (type(other), str(other), other.held) == (kind, "it is wrong.", ["a", 1])


def test_errors_with_arguments_of_their_own_travel():
    error = pickle.loads(pickle.dumps(ConfigError(["a: is wrong.", "b: too."], "c.yaml")))
    assert error.problems == ["a: is wrong.", "b: too."]
    assert "c.yaml: 2 problem" in str(error)
    few = pickle.loads(pickle.dumps(TooFewDistinctError("there are 3.", 3)))
    assert (str(few), few.most) == ("there are 3.", 3)
