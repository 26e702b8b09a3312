"""Names of columns as words: without accents and case, in any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "\u0131": "i",
        "æ": "ae",
        "Æ": "Ae",
        "đ": "d",
    }
)
_KANA = ("\u3040", "\u30ff")


def unaccented(text: str) -> str:
    """Leave accents out; case and everything else stay.

    Examples
    --------
    >>> unaccented("Prénom"), unaccented("Straße"), unaccented("Imię")
    ('Prenom', 'Strasse', 'Imie')
    """
    parts = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    # A mark after a Japanese letter makes another sound of it; elsewhere it is an accent.
    kept = [
        c
        for i, c in enumerate(parts)
        if not unicodedata.combining(c) or (i and _KANA[0] <= parts[i - 1] <= _KANA[1])
    ]
    return unicodedata.normalize("NFC", "".join(kept))


def folded(name: str) -> str:
    """Reduce a name to lower-case letters and digits of any script, without accents.

    Examples
    --------
    >>> folded("Code postal"), folded("Müşteri-No"), folded("Имя")
    ('codepostal', 'musterino', 'имя')
    """
    return "".join(c for c in unaccented(name).casefold() if c.isalnum())


def words(name: str) -> list[str]:
    """Split a name at blanks, punctuation and changes of case.

    Returns
    -------
    list of str
        At least one: the name itself where it holds neither letters nor digits.

    Examples
    --------
    >>> words("customerPhone_No"), words("Row ID"), words("Prénom client"), words("#")
    (['customer', 'phone', 'no'], ['row', 'id'], ['prenom', 'client'], ['#'])
    """
    spaced = re.sub(r"([^\W\d_A-Z]|\d)([A-Z])", r"\1 \2", unaccented(name))
    spaced = re.sub(r"([A-Z])([A-Z][a-z])", r"\1 \2", spaced)
    return [w.casefold() for w in re.split(r"[\W_]+", spaced) if w] or [name]


def neighbours(parts: Sequence[str]) -> set[str]:
    """Give words, and two and three neighbours of them written as one.

    Examples
    --------
    >>> sorted(neighbours(["date", "of", "birth"]))
    ['birth', 'date', 'dateof', 'dateofbirth', 'of', 'ofbirth']
    """
    n = len(parts)
    return {"".join(parts[i : i + k]) for k in (1, 2, 3) for i in range(n - k + 1)}
