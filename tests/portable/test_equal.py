"""A model that scores elsewhere gives every customer the engine's segment: in real engines."""

from __future__ import annotations

import pytest

from tests.portable.conftest import METHODS
from tests.portable.engines import (
    customers,
    differ,
    in_duckdb,
    in_onnxruntime,
    in_postgres,
    in_sqlite,
    unlike,
)


@pytest.fixture(params=METHODS, scope="module")
def model(request, fitted):
    return fitted(request.param)


@pytest.fixture(scope="module")
def frame():
    return unlike(customers(400, seed=1))


def test_in_duckdb(model, frame):
    assert differ(model, frame, in_duckdb(model, frame)) == 0


def test_in_sqlite(model, frame):
    assert differ(model, frame, in_sqlite(model, frame)) == 0


def test_in_onnxruntime(model, frame, tmp_path):
    assert differ(model, frame, in_onnxruntime(model, frame, tmp_path)) == 0


@pytest.mark.long
def test_in_postgres(model, frame, server):
    with server.database() as name:
        assert differ(model, frame, in_postgres(model, frame, server.uri(name))) == 0
