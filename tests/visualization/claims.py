"""What a page claims, read from its words alone and held against the numbers that were saved.

Nothing here uses the code that wrote the words: the thresholds stand here again, by hand.
"""

from __future__ import annotations

import re
from typing import Any

MINUS = "\u2212"
_UNITS = {"billion": 1e9, "million": 1e6, "trillion": 1e12}


def value_of(text: str) -> float:
    """Read a number or a percentage as the page writes it."""
    found = re.search(_MANY, text)
    assert found, text
    plain = found[0].replace(MINUS, "-").replace(",", "").lstrip("<>")
    number, _, unit = plain.partition(" ")
    if number.endswith("%"):
        return float(number[:-1]) / 100
    return float(number) * _UNITS.get(unit, 1.0)


def close(text: str, true: float) -> bool:
    """Whether a written number is the true one, but for its rounding."""
    if text.endswith("%"):
        return abs(value_of(text) - true) <= (0.0051 if true >= 0.09 else 0.0011)
    return abs(value_of(text) - true) <= max(0.006 * abs(true), 0.0006)


def cards(text: str) -> list[str]:
    """Cut out the text of each segment's card."""
    start = text.index("The segments ")
    body = text[start : text.index("Side by side", start)]
    return re.split(r"Segment (?=\d+ )", body)[1:]


_MANY = r"[\u2212<>]*\d(?:[\d.,]*\d)?%?(?:e[-+]\d+)?(?: [mbtr]+illion)?"
_SHARE = r"([<>]?[\d.]+%)"
_OF_NUMBERS = re.compile(r"(typically|on average) (.+), against (.+) for everyone")
_OF_FLAGS = re.compile(rf"{_SHARE} have it, against {_SHARE} of everyone")
_OF_LEVELS = re.compile(
    rf"{_SHARE}(?: of its (\d+) customers?)?, against {_SHARE} of everyone"
    r"(?: \(>?([\d.]+)\u00d7\))?"
)
_KEYS = {"typically": "median", "on average": "mean"}


def check_card(card: str, segment: dict[str, Any], profiles: dict[str, Any]) -> int:
    """Hold each sentence of a card against the profile; give how many there are."""
    size = re.search(r"([\d,]+) customers?, ([<>]?[\d.]+%) of all", card)
    assert size, card
    assert value_of(size[1]) == segment["customers"]
    assert abs(value_of(size[2]) - segment["customers"] / profiles["customers"]) <= 0.0051
    card = card.split(" How sure ")[0].split(" What to do ")[0].replace(" Who they also are ", " ")
    sentences = re.split(r" [\u25b2\u25bc] (?=(?:Higher|Lower):)", card)[1:]
    for sentence in sentences:
        way, what, said = re.fullmatch(r"(Higher|Lower): (.+?): (.+?)\s*", sentence).groups()  # type: ignore[union-attr]
        one, other = _sides(what, said, segment, profiles)
        assert one != other, f"{sentence}: no difference"
        assert (one > other) == (way == "Higher"), f"{sentence}: the wrong way round"
    return len(sentences)


def _sides(
    what: str, said: str, segment: dict[str, Any], profiles: dict[str, Any]
) -> tuple[float, float]:
    """Read the two sides of a comparison, each checked against what was saved."""
    column = _column(what, profiles)
    own, everyone = segment["features"].get(column), profiles["overall"].get(column)
    if found := _OF_NUMBERS.fullmatch(said):
        words, mine, theirs = found.groups()
        key = _KEYS[words]
        assert everyone["kind"] != "flag", f"{what}: a flag has no {key}"
        assert everyone["kind"] != "few" or key == "mean", f"{what}: few numbers by their mean"
    elif found := _OF_FLAGS.fullmatch(said):
        key, (mine, theirs) = "mean", found.groups()
        assert everyone["kind"] == "flag"
    else:
        return _of_level(what, said, segment, called=profiles.get("labels") or {})
    assert close(mine, own[key]), (said, own)
    assert close(theirs, everyone[key]), (said, everyone)
    return value_of(mine), value_of(theirs)


def _column(what: str, profiles: dict[str, Any]) -> str:
    """Find the column that is called so: by its label, or by its own name in words."""
    columns = {c.replace("_", " "): c for c in profiles["overall"]}
    columns |= {v["label"]: c for c, v in (profiles.get("labels") or {}).items() if v["label"]}
    return columns.get(what, what)


def _of_level(
    what: str, said: str, segment: dict[str, Any], called: dict[str, Any]
) -> tuple[float, float]:
    def named(level: dict[str, Any]) -> str:
        column = level["column"]
        plain = column.replace("_", " ")
        return f"{called.get(column, {}).get('label', plain)} {level['level']}"

    level = next(x for x in segment["levels"] if named(x) == what)
    found = _OF_LEVELS.fullmatch(said)
    assert found, f"no known sentence: {said}"
    assert close(found[1], level["share"])
    assert close(found[3], level["overall"])
    assert (segment["customers"] < 100) == bool(found[2]), "of how many, where they are few"
    assert found[2] is None or int(found[2]) == segment["customers"]
    if found[4]:
        assert abs(float(found[4]) - level["share"] / level["overall"]) <= 0.051
    return value_of(found[1]), value_of(found[3])


def check_name(name: str, segment: dict[str, Any], profiles: dict[str, Any]) -> None:
    """Hold a name against means, medians and shares: nothing in it may be the other way."""
    if name.startswith("Average customers"):
        return
    plain = re.sub(r" \(\d+\)$", "", name.removeprefix("Outliers: "))
    for phrase in plain.lower().split(", "):
        assert _holds(phrase, segment, profiles), f"{name!r}: {phrase}"


_SAID = {
    "lapsed": ("recency inactivity", 1), "bought long ago": ("recency", 1),
    "bought longer ago": ("recency", 1), "bought lately": ("recency", -1),
    "bought more lately": ("recency", -1), "recent": ("recency", -1),
    "inactive": ("inactivity", 1), "less active": ("inactivity", 1),
    "active regulars": ("recency inactivity", -1), "active customers": ("inactivity", -1),
    "regulars": ("frequency", 1), "loyal": ("frequency", 1), "frequent": ("frequency", 1),
    "order often": ("frequency", 1), "order rarely": ("frequency", -1),
    "occasional": ("frequency", -1), "rare but": ("frequency", -1),
    "big spenders": ("monetary spending_score", 1), "spend a lot": ("monetary spending_score", 1),
    "small spenders": ("monetary spending_score", -1), "buy nothing": ("monetary", -1),
    "spend little": ("monetary spending_score", -1),
    "new": ("tenure", -1), "joined later": ("tenure", -1), "long-standing": ("tenure", 1),
    "big baskets": ("average_order_value", 1), "small baskets": ("average_order_value", -1),
    "big orders": ("monetary average_order_value", 1),
    "long gaps": ("days_between_orders", 1), "short gaps": ("days_between_orders", -1),
    "wide range": ("distinct_products", 1), "few different": ("distinct_products", -1),
    "return a lot": ("returns", 1), "return little": ("returns", -1),
    "older": ("age", 1), "senior": ("age", 1), "young": ("age", -1), "younger": ("age", -1),
    "high income": ("income", 1), "high-income": ("income", 1),
    "low income": ("income", -1), "low-income": ("income", -1),
    "visit often": ("visits", 1), "frequent visitors": ("visits", 1),
    "visit rarely": ("visits", -1), "rare visitors": ("visits", -1),
    "bargain": ("discount", 1), "buy on discount": ("discount", 1),
    "rarely on discount": ("discount", -1),
    "high balance": ("balance", 1), "low balance": ("balance", -1),
}  # fmt: skip
"""Words of names: the meanings of which a column must be so, and whether it is above everyone."""

_MORE = ("higher", "more", "longer", "later")
_LESS = ("lower", "fewer", "shorter", "earlier")


def _holds(phrase: str, segment: dict[str, Any], profiles: dict[str, Any]) -> bool:
    for level in segment["levels"]:
        said = f"{level['column']} {level['level']}".lower().replace("_", " ")
        if phrase == said:
            return bool(level["share"] >= 0.5 and level["share"] > level["overall"])
        if phrase == f"{said} more often":
            return bool(level["share"] > level["overall"])
    for feature, everyone in profiles["overall"].items():
        said, more = feature.lower().replace("_", " "), _more(feature, segment, profiles)
        if phrase in (f"{said} more often", f"{said} far more often"):
            return bool(everyone["kind"] == "flag" and more[0] > 0)
        if phrase in (f"{said} less often", f"{said} far less often"):
            return bool(everyone["kind"] == "flag" and more[0] < 0)
        plain = phrase.removeprefix("much ").removeprefix("far ")
        if plain in [f"{word} {said}" for word in _MORE]:
            return min(more) >= 0 < max(more)
        if plain in [f"{word} {said}" for word in _LESS]:
            return max(more) <= 0 > min(more)
    found = [said for said in _SAID if re.search(rf"\b{said}\b", phrase)]
    if "one order" in phrase:
        column = next(c for c, word in profiles["meanings"].items() if word == "frequency")
        found += [""] if segment["features"][column]["median"] == 1 else []
    return bool(found) and all(_is_so(said, segment, profiles) for said in found if said)


def _more(feature: str, segment: dict[str, Any], profiles: dict[str, Any]) -> tuple[float, float]:
    own, everyone = segment["features"][feature], profiles["overall"][feature]
    return own["mean"] - everyone["mean"], own["median"] - everyone["median"]


def _is_so(said: str, segment: dict[str, Any], profiles: dict[str, Any]) -> bool:
    """Whether a column of the meaning is as the word says, in mean and median alike."""
    words, way = _SAID[said]
    columns = [c for c, word in profiles["meanings"].items() if word in words.split()]
    ways = [[way * x for x in _more(c, segment, profiles)] for c in columns]
    return any(min(more) >= 0 < max(more) for more in ways)


_LINE = re.compile(
    r"(Clear|Moderate|Weak|No clear) structure: |(A division), not groups: |(could not be measured)"
)
_WORDS = {
    "Clear": "clear", "Moderate": "moderate", "Weak": "weak", "No clear": "none",
    "A division": "division", "could not be measured": "not measured",
}  # fmt: skip


def check_verdict(text: str, scores: dict[str, Any], k: int) -> str:
    """Hold the line at the top, and the section it leads to, against what was measured."""
    found = _LINE.search(text)
    assert found, "a line"
    word = _WORDS[next(filter(None, found.groups()))]
    line = text[found.start() : text.index("How sure is this?")]
    start = text.rindex("How far to trust this")
    trust = text[start : text.index("The silhouette runs from", start)]
    top = f"{line} {trust}"
    value, chance = scores["silhouette"]["value"], scores["silhouette"]["chance"]
    gaps, again = scores["gaps"], (scores["stability"] or {}).get("mean")
    gain = value - chance
    way = gain / (1 - chance)
    claims = {
        "stand far out": way >= 0.3,
        "stand out from": gain >= 0.05,
        "stand out a little": gain >= 0.05 and way < 0.3,
        "No groups stand out": gain < 0.05,
        "No clear structure": gain < 0.05 and word == "none",
        "Gaps part the segments:": gaps is not None and gaps <= 0.05,
        "gaps part the segments.": gaps is not None and gaps <= 0.05,
        "gaps part the segments in places": gaps is not None and gaps <= 0.25,
        "which come back when": again is not None and again >= 0.9,
        "other segments. Do not build": again is not None and again < 0.5,
        "Gaps part the segments in places": gaps is not None and gaps <= 0.25,
        "few customers stand between": gaps is not None and gaps <= 0.12,
        "give nearly the same": again is not None and again >= 0.9,
        "draws of customers give others": again is not None and again < 0.5,
        "would cut it elsewhere": again is not None and again < 0.5,
        "other borders": again is not None and 0.5 <= again < 0.9,
        "the segments come back:": again is not None and again >= 0.9,
        "come back in part": again is not None and 0.5 <= again < 0.7,
        "do not come back": again is not None and again < 0.5,
        "fewer segments": k > 2,
        "A division, not groups": word == "division",
    }
    for words, true in claims.items():
        assert words not in top or true, f"{words!r}, with {value}, {chance}, {gaps}, {again}"
    _check_figures(top, scores)
    return word


def check_sentences(text: str, profiles: dict[str, Any]) -> None:
    """Hold what is said of the largest, the smallest and the greatest difference."""
    told = [s for s in profiles["segments"] if not s.get("few") and not s.get("speck")]
    sizes = {s["name"]: s["customers"] for s in told}
    if found := re.search(r"The largest, \u201c(.+?)\u201d, holds ([<>\d.]+%) of them", text):
        assert sizes[found[1]] == max(sizes.values())
        assert close(found[2], sizes[found[1]] / profiles["customers"])
    if found := re.search(r"the smallest, \u201c(.+?)\u201d, ([<>\d.]+%)\.", text):
        assert sizes[found[1]] == min(sizes.values())
        assert close(found[2], sizes[found[1]] / profiles["customers"])
    said = (
        r"They differ most in (.+?): (?:typically |on average )?(.+?) in \u201c(.+?)\u201d, "
        r"(.+?) in \u201c"
    )
    if found := re.search(said, text):
        assert value_of(found[2]) > value_of(found[4]), found[0]
        column = _column(found[1], profiles)
        z = {s["name"]: s["features"].get(column, {}).get("z") for s in told}
        assert z[found[3]] == max(v for v in z.values() if v is not None)


def _check_figures(top: str, scores: dict[str, Any]) -> None:
    value, chance = scores["silhouette"]["value"], scores["silhouette"]["chance"]
    told = re.search(r"The silhouette is (-?[\d.]+?)[,;.] ", top)
    without = re.search(r"without any groups would give (-?[\d.]+)\. ", top)
    assert told
    assert without
    assert abs(float(told[1]) - value) <= 0.0051
    assert abs(float(without[1]) - chance) <= 0.0051
    if scores["stability"]:
        again = re.search(r"the agreement is (-?[\d.]+) ", top)
        assert again
        assert abs(float(again[1]) - scores["stability"]["mean"]) <= 0.0051


_NEVER = (
    r"\bnan\b", r"\bNone\b(?! of the)",
    r"\binf\b", r"[-\u2212]0(?:\.0+)?(?![\d.])", r"\d(?:\.\d+)?e-1\d",
    r"\d\.\d{9,}", r"(?<![\d.,])1 (?:customers|segments|days|orders|components|members|draws)\b",
    r"\b1\.00?\u00d7\)", r"  ,", r"\(\)",
)  # fmt: skip


def check_writing(text: str) -> None:
    """Look for numbers and numerals that no page should hold."""
    words = re.sub(r"(numpy|polars|scipy|python|engine|narwhals|scikit-learn) [\d.]+", "", text)
    words = re.sub(r"Run\d{8}T\d{6}-\w+", "", words).replace("from \u22121 to 1", "")
    for pattern in _NEVER:
        found = re.search(pattern, words)
        assert not found, words[max(0, found.start() - 60) : found.end() + 30]
