"""Which currencies a word or sign may stand for: ISO codes and the signs of babel's locales."""

from __future__ import annotations

from functools import cache

_LONGEST = 5
"""Letters of the longest sign that is looked for among all countries'."""

_ALSO = {
    "tl": "TRY", "rs": "INR LKR MUR NPR PKR SCR", "re": "INR",
    "us$": "USD", "$us": "USD", "au$": "AUD", "ca$": "CAD", "c$": "CAD NIO", "nz$": "NZD",
    "hk$": "HKD", "s$": "SGD", "nt$": "TWD", "mx$": "MXN", "fr": "CHF XAF XOF", "sfr": "CHF",
    "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD",
    "pound": "GBP", "pounds": "GBP", "rupee": "INR", "rupees": "INR", "kr": "DKK ISK NOK SEK",
    "kc": "CZK", "zl": "PLN", "lei": "RON MDL", "leu": "RON MDL", "лв": "BGN",
    "руб": "RUB", "р": "RUB", "грн": "UAH",  # noqa: RUF001
    "din": "RSD", "rmb": "CNY", "元": "CNY", "円": "JPY", "원": "KRW",
}  # fmt: skip
"""Signs people write that are in no locale, small and without points."""


def currencies_of(sign: str) -> frozenset[str]:
    """Give the ISO codes of the currencies that a sign or a code may stand for; none for a word.

    Examples
    --------
    >>> sorted(currencies_of("EUR")), sorted(currencies_of("₹"))
    (['EUR'], ['INR'])
    >>> currencies_of("kr.") >= {"DKK", "NOK", "SEK"}, "CAD" in currencies_of("$")
    (True, True)
    >>> currencies_of("visits")
    frozenset()
    """
    small = sign.strip().lower().replace(".", "")
    return _found(small)


@cache
def _found(small: str) -> frozenset[str]:
    if small in _ALSO:
        return frozenset(_ALSO[small].split())
    if small.upper() in _codes():
        return frozenset({small.upper()})
    known = _english().get(small, frozenset())
    if known and not any(c in "$£¥" for c in small):
        return known
    # A dollar is that of many countries; only these loops cost time, and only for such signs.
    return known | (_everywhere().get(small, frozenset()) if len(small) <= _LONGEST else known)


@cache
def _codes() -> frozenset[str]:
    from babel.core import get_global

    return frozenset(get_global("all_currencies"))


@cache
def _english() -> dict[str, frozenset[str]]:
    from babel import Locale

    return _gathered(Locale.parse("en").currency_symbols.items())


@cache
def _everywhere() -> dict[str, frozenset[str]]:
    """Gather what each country calls its own currencies, in its own language: about a second."""
    from babel import Locale, UnknownLocaleError
    from babel.core import get_global
    from babel.languages import get_official_languages
    from babel.numbers import get_territory_currencies

    found: list[tuple[str, str]] = []
    for country in get_global("territory_currencies"):
        own = get_territory_currencies(country)
        for language in get_official_languages(country, de_facto=True)[:1]:
            try:
                symbols = Locale.parse(f"{language}_{country}").currency_symbols
            except (UnknownLocaleError, ValueError):
                continue
            found += [(code, symbols[code]) for code in own if code in symbols]
    return _gathered(found)


def _gathered(pairs: object) -> dict[str, frozenset[str]]:
    signs: dict[str, set[str]] = {}
    for code, sign in pairs:  # type: ignore[attr-defined]
        small = sign.strip("\u200b\u200e\u200f\xa0 ").lower().replace(".", "")
        if small:
            signs.setdefault(small, set()).add(code)
    return {sign: frozenset(codes) for sign, codes in signs.items()}
