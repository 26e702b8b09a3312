"""The section ``tracking``: what it takes, and that nothing written of it holds a secret."""

from __future__ import annotations

import json

import pytest

from engine.config.loading import load_config
from engine.errors import ConfigError
from engine.storage.saved_runs import as_of_today
from engine.utilities.remote import hidden, masked, secrets_of

SECRET = "http://ann:pass-word@tracker.example:5000"


def test_what_is_written_holds_no_password():
    config = load_config({"tracking.uri": SECRET})
    assert config.tracking.uri == SECRET
    assert "pass-word" not in json.dumps(config.model_dump(mode="json")) + repr(config)


def test_another_cut_of_a_run_is_recorded_where_runs_are_recorded_today():
    today = load_config({"tracking": {"uri": SECRET, "register": "shop"}})
    earlier = load_config({"tracking.uri": "http://elsewhere"}).model_dump(mode="json")
    assert as_of_today(earlier, today, {}).tracking == today.tracking


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("sqlite:///runs.db", "sqlite:///runs.db"),
        ("postgresql://a:b@h/db?password=x&y=z", "postgresql://***@h/db?password=***&y=***"),
        ("https://token@h", "https://***@h"),
        ("https://a:b@c:d@h/p@q", "https://***@q"),
        ("http://h:5000/p@q?x=1", "http://h:5000/p@q?x=***"),
        ("postgresql://u:1234/x@h:5432/db", "postgresql://***@h:5432/db"),
    ],
)
def test_addresses_are_shown_without_secrets(uri: str, shown: str):
    assert hidden(uri) == shown
    assert not any(secret in shown for secret in secrets_of(uri))


@pytest.mark.parametrize("mark", "/?#@:")
def test_a_password_may_hold_what_else_ends_it(mark: str):
    uri = f"postgresql+psycopg2://mlflow:open{mark}sesame@db:5432/ml"
    assert hidden(uri) == "postgresql+psycopg2://***@db:5432/ml"
    assert masked(f"at {uri} none") == "at postgresql+psycopg2://mlflow:***@db:5432/ml none"
    assert {f"open{mark}sesame", "open", "sesame"} <= set(secrets_of(uri))
    written = load_config({"tracking.uri": uri}).model_dump(mode="json")
    assert "sesame" not in json.dumps(written)


@pytest.mark.parametrize("nothing", [None, False, "", " "])
def test_nothing_is_off(nothing: object):
    assert load_config({"tracking.uri": nothing}).tracking.uri is None


def test_tags_that_the_engine_sets_are_refused():
    with pytest.raises(ConfigError, match=r"tracking\.tags: must not hold 'engine\.run_id'"):
        load_config({"tracking": {"tags": {"engine.run_id": "x"}}})
    assert load_config({"tracking": {"tags": {"year": 2026}}}).tracking.tags == {"year": "2026"}
