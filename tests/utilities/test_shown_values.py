"""Values in sentences: shown where they name nobody, and their form where they may."""

from __future__ import annotations

import pytest

from engine.utilities.shown import form_of, veiled


@pytest.mark.parametrize(
    "value",
    [
        "n/a",
        "€5",
        "13/13/2020",
        "soon 0",
        "call the office",
        "12.5 kg",
        "Basic",
        "$ 10.0 CR",
        "Not available",
        "on request",
        "soon paid",
        "3 kg net",
    ],
)
def test_what_names_nobody_is_shown(value):
    assert veiled(value) == repr(value)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("anna@shop.example", "xxxx@xxxx.xxxxxxx"), ("Anna Muster", "Xxxx Xxxxxx"),
        ("Muster, Anna", "Xxxxxx, Xxxx"), ("0171 2345678", "0999 9999999"),
        ("4111 1111 1111 1111", "9999 9999 9999 9999"), ("DE89370400440532013000", "XX" + 20 * "9"),
        ("owes 99 to Big Tony", "xxxx 99 xx Xxx Xxxx"),
        ("pays when Tony does", "xxxx xxxx Xxxx xxxx"),
        ("paid by his mother", "xxxx xx xxx xxxxxx"), ("see Tony", "xxx Xxxx"),

    ],
)  # fmt: skip
def test_what_may_name_somebody_is_shown_by_its_form(value, form):
    assert veiled(value) == repr(form)
    assert form_of(form, zeros=True) == form
