"""How values are written that identify people: forms of numbers, addresses, sentences, pages."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from engine.data_preparation.features.people_words import FREE_TEXT, WORDS_OF, kinds_named
from engine.data_preparation.reading.currencies import currencies_of

FORMS = (
    ("addresses of machines (MAC)", re.compile(r"(?i)[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}")),
    ("addresses of machines (IP)", re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}")),
    (
        "addresses of machines (IP)",
        re.compile(r"(?i)(?=.*:.*:)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}"),
    ),
    ("descriptions of browsers", re.compile(r"(?:Mozilla|Opera|Dalvik|okhttp|curl)/\d.*")),
    (
        "identifiers of devices or cookies",
        re.compile(r"(?i)\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?|GA\d\.\d\.\d+\.\d+"),
    ),
    ("hashes or keys", re.compile(r"(?i)(?:0x)?(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{32,128}")),
    (
        "pages of people",
        re.compile(
            r"(?i)(?:https?://)?(?:[\w-]+\.)*(?:linkedin|facebook|fb|instagram|twitter|x|xing|tiktok"
            r"|vk|t|github|gitlab|youtube|threads|snapchat|pinterest|reddit|orcid|gravatar)"
            r"\.(?:com|org|me|net|de)/\S+"
            r"|(?:https?://)?\S+/(?:in|u|users?|profiles?|people|members?|accounts?|customers?|~\w+)"
            r"/\S+|(?:https?://)?\S+/[@~]\S+"
        ),
    ),
    ("user names", re.compile(r"@[\w.]{2,30}|live:\S{3,}")),
    (
        "coordinates",
        re.compile(
            r"(?i)\(?-?\d{1,2}\.\d{3,}[,; ]\s*-?\d{1,3}\.\d{3,}\)?|(?:SRID=\d+;)?POINT ?\(.*\)"
            r"|\d{1,3}°.*[NSEWO]"
        ),
    ),
    (
        "telephone numbers",
        re.compile(
            r"(?!\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}(?:\D|$))(?:"  # No date.
            r"(?i:tel|phone|fax|mob(?:ile|il)?)\.?[: ]\s?\+?[\d(][\d ()/.-]{5,18}|"
            r"(?!\d{1,3}(?: \d{3})+$)(?!\d{4}-\d\d-\d\d)(?=(?:\D*\d){10,15}\D*$)"
            r"\d{1,5}(?:[ /-]\d{2,5}){2,5}|"
            r"(?:tel:)?(?:\+|00)\s?[1-9](?:[\s().\-/]{0,2}\d){6,14}(?:\s?(?:x|ext\.?)\s?\d{1,5})?"
            r"|(?:1[ .-])?\(?[2-9]\d\d\)?[ .-]?[2-9]\d\d[ .-]\d{4}(?:\s?(?:x|ext\.?)\s?\d{1,5})?"
            r"|\(?0[1-9]\d{0,4}\)?[\s\-/](?:\d[\s\-/]?){4,9}\d|0[1-9]\d{8,9}"
            r"|\(0?[1-9]\d{0,3}\)\s?(?:\d[\s\-]?){5,8}\d)"
        ),
    ),
    (
        "postcodes",
        re.compile(
            r"(?i)(?:GIR 0AA|[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2})"  # British
            r"|[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d"  # Canadian
            r"|[1-9]\d{3} [A-Z]{2}|\d{5}-\d{4}|\d{5}-\d{3}"  # Dutch, American, Brazilian
        ),
    ),
    (
        "licence plates",
        re.compile(
            r"[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2} ?[1-9]\d{0,3}[EH]?|[A-Z]{2}\d\d [A-Z]{3}"
            r"|[A-Z]{2}-\d{3}-[A-Z]{2}|[A-Z]{2} \d{3} [A-Z]{2}|\d{4} [B-DF-HJ-NP-TV-Z]{3}"
        ),
    ),
    ("vehicle identification numbers", re.compile(r"(?=.*\d)(?=.*[A-Z])[A-HJ-NPR-Z0-9]{17}")),
    (
        "identity or tax numbers",
        re.compile(r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]|[A-Z]{5}\d{4}[A-Z]"),
    ),
    ("card numbers, some digits hidden", re.compile(r"[*xX•]{2,}[-*xX• ]*\d{3,4}")),
)
"""What is said of values that nearly all are of a form, the first that fits."""

_STREET = re.compile(
    r"(?i)\b(?:\w*(?:str(?:asse|aße|\.|eet)|straat|weg|gasse|platz|allee|gatan|vägen|vej|gade|gata"
    r"|veien|katu|tie)|st\.?|ave(?:nue)?\.?|road|rd\.?|lane|ln\.?|drive|dr\.?|blvd\.?|boulevard"
    r"|court|ct\.?|rue|chemin|impasse|calle|avda\.?|avenida|plaza|paseo|rua|travessa|via|viale"
    r"|piazza|corso|ul\.?|ulica|al\.?|ulice|utca|út|strada|str|sokak|sk\.?|cad(?:de(?:si)?)?\.?"
    r"|ул\.?|улица|пр\.?|проспект|вул\.?)(?!\w)"
)
_HAS_NUMBER = re.compile(r"(?<![\d.])\d{1,4}\s?[a-zA-Z]?(?![\d.])")
_LONG = re.compile(r"\d{10,40}")
_TIMES = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d*|1[0-9]{9}(?:\d{3})?")
_SORT_CODE = re.compile(r"(\d\d)-(\d\d)-(\d\d)")
_PLACE = r"[^\W\d_a-z][^\W\d_][^\W\d_]+(?:[ '/.-]+[\w()'.-]+){0,4}"
_CODE_AND_PLACE = re.compile(rf"(?:[A-Z]{{1,2}}-)?(\d{{4,6}}(?:-\d{{3}})?),?\s+({_PLACE})")
_PLACE_AND_CODE = re.compile(rf"({_PLACE}),?\s+(\d{{4,6}}(?:-\d{{3}})?)")
_UNITS = {
    "euro", "euros", "dollar", "dollars", "pounds", "franken", "kronen", "punkte", "points",
    "punkt", "point", "stück", "pieces", "units", "kilometer", "kilometers", "kilometres", "meter",
    "metres", "meters", "meilen", "miles", "gramm", "grams", "liter", "litres", "liters", "tage",
    "days", "jahre", "years", "stunden", "hours", "minuten", "minutes", "schritte", "steps",
    "personen", "kunden", "customers", "bestellungen", "orders", "yen", "rupees", "rupien",
    "bytes", "visits", "kwh", "kcal", "calories", "watt", "tonnen", "tons", "prozent", "percent",
    "credits", "coins", "likes", "views", "follower", "followers", "seiten", "pages", "klicks",
    "clicks",
}  # fmt: skip
_COUNTED = {
    "order", "item", "article", "room", "model", "version", "sku", "lot", "batch", "case",
    "ticket", "invoice", "type", "size", "line", "box", "serie", "series", "raum", "artikel",
    "auftrag", "rechnung", "modell", "store", "shop", "filiale", "branch", "unit", "zone",
    "region", "produkt", "product", "plan", "tarif", "tariff", "group", "gruppe", "code", "class",
    "klasse", "level", "team", "part", "position", "teil", "charge",
}  # fmt: skip
"""Words before numbers that are no places: ``Room 1204``."""

_YEARS = range(1900, 2100)
_KEY = re.compile(r"""["']([\w -]{2,30})["']\s*:""")
_FIRST, _KEYED = 100, 0.5
_NEARLY_ALL, _LEAST = 0.9, 20
_ONE_LENGTH = 0.98
_STREETS = 0.6
_WORD = re.compile(r"[^\W\d_]{2,}")
_WORDY = 5


def written_out(levels: Mapping[str, int]) -> str | None:
    """Tell addresses, long numbers of one length, sort codes and free text by different values.

    Parameters
    ----------
    levels : mapping of str to int
        At least twenty values with their counts.

    Returns
    -------
    what : str or None
        To stand after "holds".

    Examples
    --------
    >>> written_out({f"{10117 + 13 * i} Berlin": 9 for i in range(30)})
    'addresses'
    >>> written_out({f"{1500 + 10 * i} Points": 9 for i in range(30)}) is None
    True
    """
    if _streets(levels) or codes_with_places(levels):
        return "addresses"
    if _long_numbers(levels):
        return "long numbers of their own, as telephone and identity numbers are"
    if _sort_codes(levels):
        return "bank accounts"
    words = sum(len(_WORD.findall(v)) for v in levels) / len(levels)
    return WORDS_OF[FREE_TEXT] if words >= _WORDY else None


def places_among_numbers(levels: Collection[str]) -> bool:
    """Tell addresses from numbers with a unit behind them: ``7 Elm St``, ``12345 Berlin``.

    Examples
    --------
    >>> places_among_numbers([f"{i} Elm St" for i in range(1, 40)])
    True
    >>> places_among_numbers([f"{i} St" for i in range(1, 40)])
    False
    """
    if len(levels) < _LEAST:
        return False
    longer = [v for v in levels if len(v.split()) > 2 or "str" in v.casefold()]
    several = len(longer) >= _STREETS * len(levels)
    return codes_with_places(levels) or (several and _streets(longer))


def _streets(levels: Collection[str]) -> bool:
    found = sum(_STREET.search(v) is not None and _HAS_NUMBER.search(v) is not None for v in levels)
    return found >= _STREETS * len(levels)


def codes_with_places(levels: Collection[str]) -> bool:
    """Tell postcodes with their places: codes of one length beside what is no unit.

    Examples
    --------
    >>> codes_with_places([f"{1010 + 10 * i} Wien" for i in range(23)])
    True
    >>> codes_with_places([f"{1996 + i} Golf" for i in range(25)])
    False
    """
    behind = [m for v in levels if (m := _CODE_AND_PLACE.fullmatch(v.strip()))]
    before = [m for v in levels if (m := _PLACE_AND_CODE.fullmatch(v.strip()))]
    least = _NEARLY_ALL * len(levels)
    if len(behind) >= least:
        return _codes([m[1] for m in behind], {m[2].casefold() for m in behind})
    if len(before) < least or all(m[1].isupper() for m in before):
        return False
    return _codes([m[2] for m in before], {m[1].casefold() for m in before} - _COUNTED)


def _codes(codes: Sequence[str], places: Collection[str]) -> bool:
    """Tell codes that are all of one length, no years, and stand beside no units."""
    units = sum(w in _UNITS or bool(currencies_of(w)) for w in places)
    lengths = [len(c) for c in codes]
    one = max(map(lengths.count, set(lengths))) >= _ONE_LENGTH * len(lengths)
    years = sum(c.isdigit() and int(c) in _YEARS for c in codes)
    return one and 2 * units < len(places) and years < _NEARLY_ALL * len(codes)


def _long_numbers(levels: Collection[str]) -> bool:
    """Tell numbers of ten digits and more, all of one length, which are no times."""
    plain = [re.sub(r"[ \-]", "", v) for v in levels]
    if not all(map(_LONG.fullmatch, plain)) or len({len(v) for v in plain}) > 1:
        return False
    return len(plain) >= 2 * _LEAST and not all(map(_TIMES.fullmatch, plain))


def _sort_codes(levels: Collection[str]) -> bool:
    """Tell three pairs of digits that are no days: too many of each pair are above 31."""
    pairs = [m.groups() for v in levels if (m := _SORT_CODE.fullmatch(v.strip()))]
    if len(pairs) < _NEARLY_ALL * len(levels):
        return False
    above = sum(sum(int(p) > 31 for p in each) > 1 for each in pairs)
    return above >= 0.2 * len(pairs)


def keys_of_people(levels: Collection[str]) -> str | None:
    """Say what the keys of objects in cells speak of: ``{"name": "Anna"}`` holds people's names.

    Examples
    --------
    >>> keys_of_people(['{"name": "Anna"}', '{"name": "Paul", "n": 2}'])
    "people's names"
    >>> keys_of_people(['{"n": 2}', "[1, 2]"]) is None
    True
    """
    first = list(levels)[:_FIRST]
    objects = [v for v in first if "{" in v and ":" in v]
    if not objects or len(objects) < _KEYED * len(first):
        return None
    for value in objects:
        for key in _KEY.findall(value):
            for kind in kinds_named(key, number=False):
                return WORDS_OF[kind]
    return None
