"""Text is measured: it fits its box, smaller where it must be, and cut where that is not enough."""

from __future__ import annotations

import pytest

from engine.visualization.slides.fitting import LINE, fitted, fitting_size, one_line, plain

LONG = "Occasional small spenders who buy online, rarely return and never answer letters. " * 6


@pytest.mark.parametrize("width", [1.0, 3.0, 9.0])
@pytest.mark.parametrize("height", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("text", ["Loyal", LONG, "x" * 500, "\u4e2d\u6587" * 60, "a\x00b\nc"])
def test_what_fits_is_no_taller_than_its_box(width: float, height: float, text: str):
    found = fitted([text, text], width, height, largest=24, least=9, apart=0.3)
    assert 9 <= found.size <= 24
    # One line is the least that there is.
    tall = (found.lines * LINE + len(found.paragraphs) * 0.3) * found.size / 72
    assert tall <= max(height, (LINE + 2 * 0.3) * 9 / 72) + 1e-9
    if not found.cut:
        assert found.paragraphs == (plain(text), plain(text))
    else:
        assert found.paragraphs[-1].endswith("\u2026")
        assert found.size == 9


def test_smaller_before_it_is_cut():
    whole = fitted([LONG], 6, 2, largest=24, least=8)
    assert not whole.cut
    assert whole.size < 24
    assert fitted([LONG], 6, 2, largest=24, least=20).cut


def test_a_wide_script_takes_more_room():
    few, many = "\u4e2d" * 20, "i" * 20
    wide = fitted([few], 2, 0.5, largest=12, least=12)
    assert wide.cut or wide.lines > fitted([many], 2, 0.5, largest=12, least=12).lines


def test_what_is_no_character_is_taken_out():
    assert plain("a\ufffe\uffff \x07 b\ud800") == "a b"


def test_one_line_is_cut_to_its_width():
    assert one_line("Loyal", 3, 12) == "Loyal"
    short = one_line(LONG, 3, 12)
    assert short.endswith("\u2026")
    assert len(short) < 60
    assert fitting_size("Loyal", 3, 12) == 12
    assert fitting_size(LONG, 3, 12) == 9
