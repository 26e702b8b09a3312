"""The benchmark that decides about rows in host memory calls cuML as cuML is."""

from __future__ import annotations

import pytest
from contract_binding import knows, label, misfit, options_unknown
from contract_kinds import Found
from contract_source import read_file
from environment import ROOT

FOLDER = ROOT / "benchmarks"


def read(monkeypatch: pytest.MonkeyPatch, right: str = "", wrong: str = "") -> Found:
    monkeypatch.syspath_prepend(str(FOLDER))
    text = (FOLDER / "gpu_host.py").read_text(encoding="utf-8")
    assert not right or text.count(right) == 1
    return read_file("gpu_host.py", text.replace(right, wrong) if right else text, Found())


def findings(found: Found) -> list[str]:
    said = [why for c in found.calls if (why := misfit(c))]
    said += [f"no {c.__name__}.{n}" for _, c, n in found.attributes if not knows(c, n)]
    return said + [o for c in found.calls if not misfit(c) for o in options_unknown(c)]


def test_every_call_fits(monkeypatch):
    found = read(monkeypatch)
    assert findings(found) == []
    calls = {label(c.target): c for c in found.calls}
    assert "device_buffer_samples" in calls["cuml.cluster.KMeans"].keywords
    assert "KMeans.fit" in calls


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("device_buffer_samples=buffer", "device_buffer_rows=buffer"),
        ('output_type="numpy"', 'output_type="np"'),
        ("model.n_iter_", "model.iterations_"),
    ],
)
def test_a_mistake_is_found(monkeypatch, right, wrong):
    assert findings(read(monkeypatch, right, wrong))
