"""The page of differences is that of today's signatures, and each difference has its reason."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.peers.drop_in import ALONE, PAGE, SHARED, _union, differ, meanings, page, sides
from tests.peers.drop_in_texts import DIFFERENCES, OWN
from tests.peers.record_cuml import RECORD

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.peers.drop_in`"


@pytest.mark.parametrize("name", SHARED)
def test_every_difference_has_its_reason(name):
    unexplained = {what: how for what, how in differ(name).items() if what not in DIFFERENCES[name]}
    assert not unexplained, "write the reasons in tests/peers/drop_in_texts.py"
    known = {n for kind in ("parameters", "methods", "attributes") for n in _union(name, kind)}
    assert not set(DIFFERENCES[name]) - known, "reasons of what nobody has any more"


@pytest.mark.parametrize("name", SHARED + ALONE)
def test_every_parameter_of_ours_has_its_meaning(name):
    assert set(meanings(name)) == set(sides(name)[2].parameters)


def test_every_estimator_is_on_the_page():
    import engine.clustering

    assert set(SHARED + ALONE) == set(engine.clustering.__all__)
    assert set(OWN) >= set(ALONE)


def test_cumls_signatures_are_those_of_the_release_that_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = [r for r in project["optional-dependencies"]["gpu"] if r.startswith("cuml")]
    version = json.loads(RECORD.read_text(encoding="utf-8"))["version"]
    assert [pin.partition("==")[2].removesuffix(".*") for pin in pins] == [
        version.rpartition(".")[0]
    ]
