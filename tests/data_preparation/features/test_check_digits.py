"""Check digits: numbers that authorities print as specimens agree, with another end they do not."""

from __future__ import annotations

import pytest

from engine.data_preparation.features import check_digits as check

SPECIMENS = {
    check.luhn: "4111111111111111 5555555555554444 378282246310005 490154203237518 046454286",
    check.mod97: "DE89370400440532013000 GB82WEST12345698765432 NL91ABNA0417164300",
    check.mod11_10: "86095742719 33392005961",
    check.brazilian: "52998224725 11222333000181",
    check.italian: "RSSMRA85T10A562S",
    check.spanish: "12345678Z X1234567L",
    check.portuguese: "123456789",
    check.dutch: "111222333",
    check.belgian: "85073003328",
    check.french: "255081416802538",
    check.austrian: "1237010180",
    check.finnish: "131052308T",
    check.norwegian: "29029600013",
    check.danish: "2110625629",
    check.estonian: "37605030299",
    check.polish_tax: "1234563218",
    check.romanian: "1630615123457",
    check.bulgarian: "7523169263",
    check.yugoslav: "0101006500006",
    check.turkish: "10000000146",
    check.russian_tax: "7707083893 500100732259",
    check.snils: "11223344595",
    check.ukrainian: "1759013776",
    check.greek: "094259216",
    check.chilean: "123456785",
    check.mexican: "BOXW310820HNERXN09",
    check.chinese: "11010519491231002X",
    check.taiwanese: "A123456789",
    check.singaporean: "S1234567D",
    check.japanese: "123456789018",
    check.thai: "1234567890121",
    check.korean: "8103151234567",
}
ONE_OF_A_LETTER = {check.italian, check.spanish, check.finnish, check.singaporean}


@pytest.mark.parametrize("agrees", SPECIMENS, ids=lambda f: f.__name__)
def test_specimens_agree_and_neighbours_do_not(agrees):
    for number in SPECIMENS[agrees].split():
        assert agrees(number), number
        order = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if number[-1].isalpha() else "0123456789"
        others = [number[:-1] + c for c in order if c != number[-1]]
        assert not [other for other in others if agrees(other)]


def test_verhoeff_finds_every_digit_that_is_wrong_and_neighbours_that_changed_places():
    number = "234123412346"
    assert check.verhoeff(number)
    wrong = [number[:i] + d + number[i + 1 :] for i in range(12) for d in "0123456789"]
    swapped = [number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(11)]
    assert not [w for w in (*wrong, *swapped) if w != number and check.verhoeff(w)]


def test_weights_make_a_multiple():
    assert check.weighted(1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1, mod=10)("44051401359")
    assert not check.weighted(1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1, mod=10)("44051401358")
