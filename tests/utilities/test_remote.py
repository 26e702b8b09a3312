"""Addresses and their secrets: found where they are, named ones left, huge texts looked at fast."""

from __future__ import annotations

import pytest

from engine.utilities.remote import holds_secret, masked, resolved, without


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://shop:p/a@5@db/shop is gone", "postgresql://shop:***@db/shop is gone"),
        ("https://h/a.csv?x=1&sig=abc&y=2", "https://h/a.csv?x=1&sig=***&y=2"),
        ("host=db password='a b' user=c", "host=db password=*** user=c"),
    ],
)
def test_secrets_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert holds_secret(text)
    assert not holds_secret(shown)


@pytest.mark.parametrize(
    "text",
    [
        "s3://shop/a@b.csv",
        "https://h:8443/a@b.csv?format=csv",
        "postgresql://a:${PW}@db/x",
        "a:b@c",
    ],
)
def test_what_holds_none_stays(text: str) -> None:
    assert masked(text) == text


def test_huge_texts_take_no_time() -> None:
    for text in ("x" * 1_000_000, "a:/" * 300_000, "://a:" * 200_000, "&sig" * 200_000):
        masked(text)


def test_what_variables_hold_stands_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB", "postgresql://shop:hunter%402@db/x")
    address, secrets = resolved("env:SHOP_DB", "input.connection")
    assert address == "postgresql://shop:hunter%402@db/x"
    assert without("no: hunter@2, hunter%402", secrets) == "no: ***, ***"
