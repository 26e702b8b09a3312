"""Which encoding bytes beyond ASCII are in, where they are not UTF-8: cp1252 unless much tells."""

from __future__ import annotations

import codecs
import re
from functools import cache

WIDE = {
    "utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE,
    "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
}  # fmt: skip
"""Encodings of two or four bytes a letter, and the mark that a file in one may begin with."""

_ASIAN = ("gb18030", "cp932", "big5", "euc_kr", "euc_jp")
_OTHER_LETTERS = ("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256")
_LATIN = ("cp1254", "cp1250", "cp1257", "mac_roman", "cp850")
_WEST = (
    "äöüß", "àâçéèêëîïôùûüœæ", "áéíñóúü", "ãõáéíóúâêôçàü", "àèéìòùî", "ëéïöüèç", "åäöé", "æøåéä",
    "áéíýúðþæö",
)  # fmt: skip
_ICELANDIC_TOO = "áéíóúæ"
"""Icelandic has these as well; Turkish, whose other letters are the same bytes, has not."""

_LETTERS = {
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"),
    "cp1254": ("çğıöşüâîû",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
    "mac_roman": ("".join(_WEST),),
    "cp850": ("".join(_WEST),),
}
_OLD, _HARDLY = ("mac_roman", "cp850"), 0.34
_LEAST_DIFFERENT = {"cp1254": 2, "mac_roman": 2, "cp850": 2, "cp1250": 3, "cp1257": 3}
_GOOD, _BETTER = 0.9, 0.15
_FEWEST = 3
"""Bytes beyond ASCII, below which they tell nothing."""

_HEBREW, _ENOUGH = frozenset(range(0xE0, 0xFB)), 5
"""Bytes of Hebrew letters, which are small ones in other encodings: a text has capitals as well."""

_LONG_RUN, _ROW, _MARKS = 2.0, 1.4, 0.3
_LETTER_BETWEEN = re.compile(
    r"(?<=[a-zà-öø-ÿ])[^\w\s'’\-.,;:/()\"&+]|[^\w\s'’\-.,;:/()\"&+](?=[a-z])"
)
_SYMBOLS_IN_WORDS = 0.1
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff66-\uff9f\u3000-\u3002]")


def wide_encoding(head: bytes) -> str | None:
    r"""Name the encoding of two or four bytes a letter that a file begins in; None for others.

    Examples
    --------
    >>> wide_encoding("id\t".encode("utf-16")), wide_encoding("id,x\n".encode("utf-16-be"))
    ('utf-16-le', 'utf-16-be')
    >>> wide_encoding(b"id,x\n")
    """
    for name, mark in WIDE.items():
        if head.startswith(mark):
            return name
    data = head[: 1 << 16]
    if b"\0" not in data:
        return None
    empty = [data[i::4].count(0) / max(len(data[i::4]), 1) for i in range(4)]
    patterns = {
        "utf-32-le": (0, 1, 1, 1), "utf-32-be": (1, 1, 1, 0),
        "utf-16-le": (0, 1, 0, 1), "utf-16-be": (1, 0, 1, 0),
    }  # fmt: skip
    for name, zero in patterns.items():
        found = zip(empty, zero, strict=True)
        if all(share > 0.5 if z else share < 0.05 for share, z in found):
            return name
    return None


def guess(sample: bytes, *, cp1252: bool) -> str | None:
    """Name the encoding of lines that are not UTF-8.

    Parameters
    ----------
    sample : bytes
        Whole lines that hold bytes beyond ASCII.
    cp1252 : bool
        Whether every byte stands for something in cp1252, which is then the answer where nothing
        tells.

    Examples
    --------
    >>> guess("Иванов Пётр,Москва".encode("cp1251"), cp1252=True)
    'cp1251'
    >>> guess("Jürgen,Zürich".encode("cp1252"), cp1252=True)
    'cp1252'
    """
    if sum(b >= 128 for b in sample) < _FEWEST:
        return "cp1252" if cp1252 else None
    ranked = _ranked(sample)
    best = ranked[0] if ranked else None
    if best in _ASIAN and _ideographic(sample, best) and _not_of_the_west(sample, cp1252=cp1252):
        return best
    high = {b for b in sample if b >= 128}
    if len(high) >= _ENOUGH and high <= _HEBREW and _run_length(sample) >= _LONG_RUN:
        return "cp1255"
    if best in _OTHER_LETTERS and _run_length(sample) >= _LONG_RUN:
        return best
    found = _latin(sample, cp1252=cp1252)
    return found or ("cp1252" if cp1252 else None)


def _ranked(sample: bytes) -> list[str]:
    from charset_normalizer import from_bytes  # 22 ms; few files need a guess

    names = ["cp1252", *_ASIAN, *_OTHER_LETTERS, *_LATIN]
    return [match.encoding for match in from_bytes(sample[: 1 << 15], cp_isolation=names)]


def _ideographic(sample: bytes, encoding: str) -> bool:
    text = sample.decode(encoding, errors="replace")
    beyond = [c for c in text if ord(c) > 127]
    return bool(beyond) and sum(bool(_IDEOGRAPHS.match(c)) for c in beyond) > _GOOD * len(beyond)


def _not_of_the_west(sample: bytes, *, cp1252: bool) -> bool:
    """Tell whether bytes beyond ASCII stand in rows, or mostly where cp1252 has marks."""
    high = [b for b in sample if b >= 128]
    marks = sum(b < 160 for b in high)
    rows = _run_length(sample) >= _ROW or marks > _MARKS * len(high)
    return len(high) >= _ENOUGH - 1 and (rows or not cp1252)


def _run_length(sample: bytes) -> float:
    runs = re.findall(rb"[\x80-\xff]+", sample)
    return sum(map(len, runs)) / max(len(runs), 1)


@cache
def _differs(encoding: str) -> frozenset[int]:
    """Give the bytes that are another letter than in cp1252."""

    def read(name: str, byte: int) -> str:
        return bytes([byte]).decode(name, errors="replace")

    return frozenset(b for b in range(128, 256) if read(encoding, b) != read("cp1252", b))


def _covered(text: str, alphabets: tuple[str, ...]) -> float:
    """Give the largest share of letters beyond ASCII that one of the alphabets holds."""
    beyond = [c for c in text.lower().replace("\u0307", "") if ord(c) > 127]
    if not beyond:
        return 0.0
    return max(sum(c in alphabet for c in beyond) for alphabet in alphabets) / len(beyond)


def _latin(sample: bytes, *, cp1252: bool) -> str | None:
    """Name another encoding of Latin letters, where the letters are those of one language."""
    high = {b for b in sample if b >= 128}
    as_west = sample.decode("cp1252", errors="replace")
    known = _WEST if set(as_west.lower()) & set(_ICELANDIC_TOO) else _WEST[:-1]
    west = _covered(as_west, known) if cp1252 else 0.0
    symbols = len(_LETTER_BETWEEN.findall(as_west.lower()))
    beyond = sum(ord(c) > 127 for c in as_west)
    strange = not cp1252 or symbols > _SYMBOLS_IN_WORDS * max(beyond, 1)
    scores: dict[str, float] = {}
    for name in _LATIN:
        if name in _OLD and west > _HARDLY:
            continue
        text, alphabets = sample.decode(name, errors="replace"), _LETTERS[name]
        score = _covered(text, alphabets)
        different = len(high & _differs(name)) >= _LEAST_DIFFERENT[name]
        if different and score >= _GOOD and score >= west + _BETTER:
            scores[name] = score
        elif strange and name in ("cp1250", "cp1257", "mac_roman", "cp850"):
            score = _covered(text, ("".join(alphabets),))
            if score >= _GOOD:
                scores[name] = score - 0.05
    return max(scores, key=lambda n: scores[n]) if scores else None
