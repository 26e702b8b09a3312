"""Kernels of every instruction set that this machine runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine.native import library as owner


def _forget() -> None:
    for kept in (owner.library, owner.kernel):
        kept.cache_clear()


@pytest.fixture(params=owner.library().available)
def instructions(request, monkeypatch) -> Iterator[str]:
    """Take each in turn."""
    _forget()
    monkeypatch.setenv(owner.SWITCH, request.param)
    yield request.param
    monkeypatch.undo()
    _forget()


@pytest.fixture
def without_kernels(monkeypatch) -> Iterator[None]:
    """Leave all work to NumPy."""
    _forget()
    monkeypatch.setenv(owner.SWITCH, "off")
    yield
    monkeypatch.undo()
    _forget()


@pytest.fixture
def kernels_back(without_kernels, monkeypatch) -> Callable[[], None]:
    """Give what finds the kernels again in the course of a test that began without."""

    def find() -> None:
        monkeypatch.delenv(owner.SWITCH)
        _forget()

    return find
