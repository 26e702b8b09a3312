"""Names of months and days of the week in the usual languages, in any case, with accents or not."""

# ruff: noqa: RUF001
from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

from babel import Locale

from engine.errors import DataError

LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese",
    "it": "Italian", "nl": "Dutch", "da": "Danish", "sv": "Swedish", "nb": "Norwegian",
    "fi": "Finnish", "pl": "Polish", "cs": "Czech", "tr": "Turkish", "ru": "Russian",
    "uk": "Ukrainian", "ro": "Romanian", "hu": "Hungarian", "el": "Greek", "sk": "Slovak",
    "hr": "Croatian", "sl": "Slovenian", "sr": "Serbian", "sr_Latn": "Serbian", "bg": "Bulgarian",
    "et": "Estonian", "lv": "Latvian", "lt": "Lithuanian", "ca": "Catalan", "gl": "Galician",
    "is": "Icelandic", "id": "Indonesian", "ms": "Malay", "sq": "Albanian", "mk": "Macedonian",
    "be": "Belarusian", "af": "Afrikaans", "ar": "Arabic", "he": "Hebrew",
}  # fmt: skip
"""Languages by code; of those that read a column equally well the first is taken."""

_ALSO: Mapping[str, Mapping[str, int]] = {
    "en": {"sept": 9},
    "de": {"mrz": 3, "maerz": 3, "jaenner": 1},
    "fr": {"fev": 2, "jul": 7, "aou": 8},
    "es": {"set": 9, "setiembre": 9},
    "ru": {"maia": 5},
}
"""Spellings that people use and the tables lack."""

_PLAIN_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "ß": "ss", "œ": "oe", "ς": "σ"}
)
_ARTICLES = ("the", "le", "el", "il", "la", "o", "den", "am", "dne", "dnia", "de", "dia", "dita")
_SPOKEN = {
    "the": "en", "of": "en", "le": "fr", "el": "es ca", "il": "it", "am": "de", "dne": "cs",
    "dnia": "pl", "de": "es pt gl ca", "del": "es ca", "dia": "es pt gl ca", "den": "de da sv nb",
}  # fmt: skip
"""Languages by what they write before or within a date."""

_LEAST_PREFIX = 3


def folded(word: str) -> str:
    """Write a word without case, accents and the points around it.

    Examples
    --------
    >>> folded("Févr."), folded("KASIM"), folded("Μαΐου")
    ('fevr', 'kasim', 'μαιου')
    """
    marked = unicodedata.normalize("NFKD", word.casefold())
    bare = "".join(c for c in marked if not unicodedata.combining(c))
    return bare.translate(_PLAIN_LETTERS).strip(". ")


@cache
def month_table(language: str) -> dict[str, int]:
    """Give the months of a language by their folded names, full and short, in every case.

    Examples
    --------
    >>> month_table("da")["maj"], month_table("pl")["stycznia"]
    (5, 1)
    """
    found: dict[str, int] = {}
    names = Locale.parse(language).months
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            found |= {folded(name): number for number, name in names[context][width].items()}
    return {w: n for w, n in found.items() if w.isalpha()} | dict(_ALSO.get(language, {}))


def _month(word: str, language: str) -> int | None:
    """Give the month a word names in a language; a beginning that only one month has will do."""
    table = month_table(language)
    if word in table:
        return table[word]
    if len(word) < _LEAST_PREFIX:
        return None
    numbers = {n for w, n in table.items() if w.startswith(word)}
    return numbers.pop() if len(numbers) == 1 else None


def month_of(word: str, languages: tuple[str, ...]) -> int | None:
    """Give the month that a word names, by the first of some languages that knows it.

    Examples
    --------
    >>> month_of("déc", ("fr",)), month_of("Okt.", ("da", "en")), month_of("lunch", ("en",))
    (12, 10, None)
    """
    plain = folded(word)
    return next((n for code in languages if (n := _month(plain, code)) is not None), None)


def languages_of(
    words: Mapping[str, int], column: str, beside: Mapping[str, int] | None = None
) -> tuple[str, ...]:
    """Find the languages whose months a column holds, the fewest that read the most.

    Parameters
    ----------
    words : mapping of str to int
        What stands where a month's name would, with the rows that hold it.
    column : str
        For the message.
    beside : mapping of str to int, optional
        Days of the week and articles around the dates: they tell languages apart that read the
        same words as other months. Where they do not, English is taken before a question.

    Raises
    ------
    DataError
        Languages that read the column equally well mean other months by a word, English is none
        of them, and nothing else tells.

    Examples
    --------
    >>> languages_of({"maj": 3, "okt": 2, "jan": 9}, "day"), languages_of({"lunch": 3}, "day")
    (('da',), ())
    >>> languages_of({"mar": 3}, "day"), languages_of({"mar": 3}, "day", {"maanantai": 3})
    (('en',), ('fi',))
    """
    left = {folded(w): n for w, n in words.items()}
    chosen: list[str] = []
    while left:
        reads = {c: {w: m for w in left if (m := _month(w, c))} for c in LANGUAGES}
        covers = {c: sum(left[w] for w in known) for c, known in reads.items()}
        best = max(covers.values())
        if best == 0:
            break
        equals = [c for c, rows in covers.items() if rows == best]
        language = _one_of(equals, reads, column, beside or {})
        chosen.append(language)
        left = {w: n for w, n in left.items() if w not in reads[language]}
    return tuple(chosen)


def _one_of(
    equals: list[str],
    reads: Mapping[str, Mapping[str, int]],
    column: str,
    beside: Mapping[str, int],
) -> str:
    """Choose among languages that read as much: ask only where they mean other months."""
    if _other_month(equals, reads) is None:
        return equals[0]
    fits = {c: sum(n for w, n in beside.items() if folded(w) in _beside(c)) for c in equals}
    most = max(fits.values())
    equals = [c for c in equals if fits[c] == most]
    # A name in full says more than the beginning of one: Finnish has "mar" for marraskuu alone.
    whole = {c: sum(w in month_table(c) for w in reads[c]) for c in equals}
    equals = [c for c in equals if whole[c] == max(whole.values())]
    clash = _other_month(equals, reads)
    if clash is None or equals[0] == "en":
        return equals[0]
    word, other = clash
    message = (
        f"column {column!r} holds dates with the month {word!r}, which is month "
        f"{reads[equals[0]][word]} in {LANGUAGES[equals[0]]} and {reads[other][word]} in "
        f"{LANGUAGES[other]}, and none that tells; write months as numbers."
    )
    raise DataError(message)


def _other_month(
    equals: list[str], reads: Mapping[str, Mapping[str, int]]
) -> tuple[str, str] | None:
    """Give a word that is another month in a language than in the first, and the language."""
    first = reads[equals[0]]
    for other in equals[1:]:
        for word, month in reads[other].items():
            if first.get(word, month) != month:
                return word, other
    return None


@cache
def _beside(language: str) -> frozenset[str]:
    """Give what stands beside a date in a language: its days of the week, its articles."""
    names = Locale.parse(language).days
    found = {
        folded(part)
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated", "short")
        for name in names[context].get(width, {}).values()
        for part in name.replace("-", " ").split()
    }
    return frozenset(found | {w for w, codes in _SPOKEN.items() if language in codes.split()})


@cache
def leading_words() -> frozenset[str]:
    """Give what may stand before a date and says nothing: days of the week, articles; folded."""
    found = set(_ARTICLES).union(*map(_beside, LANGUAGES))
    return frozenset(w for w in found if w)
