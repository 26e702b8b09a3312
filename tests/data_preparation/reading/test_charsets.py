"""Encodings other than UTF-8 by the letters that they give, cp1252 where little tells."""

# ruff: noqa: RUF001
from __future__ import annotations

import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading.charsets import guess, wide_encoding
from engine.data_preparation.reading.sources import open_source

WEST = (
    "Müller Jürgen,Zürich", "José García,Málaga", "François Léger,Orléans", "Köln",
    "João,São Paulo",
    "Åse Sørensen,Tromsø", "Hélène,Besançon", "Þórður Jónsson,Reykjavík", "Niccolò,Forlì", "£5 ½ x",
    "Prix 5 €,Müller", "Søren,Ærø", "10°C – brûlée",
)  # fmt: skip
OTHERS = {
    "cp1254": "Gülşen Yılmaz,İstanbul\nAyşe Çelik,Muğla",
    "cp1250": "Łukasz Żółkiewski,Kraków\nStanisław Świątek,Łódź",
    "cp1251": "Иванов Пётр,Москва\nОльга Смирнова,Казань",
    "koi8_r": "Иванов Пётр,Москва\nОльга Смирнова,Казань",
    "cp1253": "Γιώργος Παπαδόπουλος,Αθήνα\nΕλένη,Πάτρα",
    "cp1255": "שלום כהן,תל אביב",
    "cp1256": "محمد علي,القاهرة",
    "gb18030": "王小明,上海\n李雷,北京市",
    "cp932": "山田太郎,東京\nサトウ,大阪",
    "big5": "王小明,臺北\n陳大文,高雄",
    "euc_kr": "김철수,서울\n이영희,부산",
}


def possible(data: bytes) -> bool:
    return not set(data) & {0x81, 0x8D, 0x8F, 0x90, 0x9D}


@pytest.mark.parametrize("text", WEST)
def test_few_letters_of_the_west_stay_cp1252(text):
    assert guess(text.encode("cp1252"), cp1252=True) == "cp1252"


def test_many_languages_of_the_west_stay_cp1252():
    assert guess("\n".join(WEST * 20).encode("cp1252"), cp1252=True) == "cp1252"


@pytest.mark.parametrize("encoding", sorted(OTHERS))
@pytest.mark.parametrize("times", [1, 40])
def test_other_encodings(encoding, times):
    data = "\n".join([OTHERS[encoding]] * times).encode(encoding)
    assert guess(data, cp1252=possible(data)) == encoding


def test_turkish_towns_are_not_icelandic():
    assert guess("İzmir\nMuğla\nŞişli".encode("cp1254"), cp1252=True) == "cp1254"
    assert guess("Þórður\nGuðrún\nÝmir".encode("cp1252"), cp1252=True) == "cp1252"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-16", "utf-16-le"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"), ("utf-32-be", "utf-32-be"), ("utf-8", None), ("cp1252", None),
    ],
)  # fmt: skip
def test_wide_letters(encoding, name):
    assert wide_encoding("id\tname\n1\tZürich\n".encode(encoding)) == name


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_unicode_text_of_a_spreadsheet(tmp_path, encoding, mark):
    text = mark + "id\ttown\r\n" + "".join(f"{i}\tZürich İzmir\r\n" for i in range(3))
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    source = open_source(InputConfig(path=str(tmp_path / "a.txt")))
    rows = [row for block in source.batches(["id", "town"]) for row in block.rows()]
    assert rows == [(float(i), "Zürich İzmir") for i in range(3)]
    assert source.found == (f"a.txt: separator tab, {encoding}",)


def test_an_encoding_that_is_named(tmp_path):
    (tmp_path / "a.csv").write_bytes("id,town\n1,Łódź\n".encode("cp852"))
    read = {"encoding": "cp852"}
    source = open_source(InputConfig(path=str(tmp_path / "a.csv"), read=read))
    assert [b["town"].to_list() for b in source.batches(["town"])] == [["Łódź"]]
