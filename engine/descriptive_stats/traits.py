"""What stands out of a segment, as names take it: features, families of features, categories."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.descriptive_stats.meanings import SPENT_ON
from engine.descriptive_stats.phrases import FLIPPED, goods_said, level_said, once, said_of
from engine.descriptive_stats.said import NOTHING, Said
from engine.descriptive_stats.vocabulary import Vocabulary

NOTABLE = 0.4
"""Standard deviations from everyone, from which on a name may tell of it."""

_CHANNELS = ("web", "store", "catalog")
_TOPICS = {
    "inactivity": "recency", "spending_score": "monetary", "days_between_orders": "frequency",
    "teens": "children", "birth_year": "age", "start_year": "tenure",
}  # fmt: skip
"""Meanings of which one is said, where both stand out."""

_BUYING = frozenset({
    "frequency", "average_order_value", "installments", "one_off", "distinct_products",
    SPENT_ON, *_CHANNELS,
})  # fmt: skip
"""Meanings of which nothing is left to say of those who buy nothing."""

_UNKNOWN = 0.75
"""What a difference counts for whose column means nothing that is known."""

_SHORTEST = 3
"""Letters of a word, beyond which it is what two columns are both about."""


@dataclass(frozen=True)
class Trait:
    """One thing that stands out.

    Attributes
    ----------
    key : str
        The column, or the column and the level.
    word : str
        What it means, "" where that is not known.
    z : float
        Its distance from everyone in standard deviations; of a meaning that is said by another, of
        that one.
    said : Said
    topics : frozenset of str
        What it means, as names tell it: of two traits of one topic only the first is said.
    about : frozenset of str
        Words of its column: of two of one word, too, unless both are known to mean something else.
    once : bool
        Whether it says that most have ordered once.
    """

    key: str
    word: str
    z: float
    said: Said
    topics: frozenset[str]
    about: frozenset[str] = frozenset()
    once: bool = False

    @property
    def strength(self) -> float:
        """How far from everyone."""
        return abs(self.z)

    @property
    def rank(self) -> float:
        """How soon it is told: what is known to mean something before what is as far."""
        return abs(self.z) * (1.0 if self.word else _UNKNOWN)

    def repeats(self, other: Trait) -> bool:
        """Whether it says the same as another, or nearly."""
        if self.word and other.word:
            return bool(self.topics & other.topics)
        return bool(self.about & other.about)


def traits_of(segment: Mapping[str, Any], vocabulary: Vocabulary) -> list[Trait]:
    """List what stands out of a segment, most first; also what does so too little for a name."""
    # A name stands beside means and medians: it says nothing that either contradicts.
    items = [i for i in segment["distinctive"] if i.get("plain", True) and not i.get("describes")]
    figures = segment.get("features", {})
    found = [_of_item(item, figures, vocabulary) for item in items]
    found += [t for x in segment["levels"] if (t := _of_level(x, vocabulary)) is not None]
    found = _with_channels(_with_goods(found, figures, vocabulary), vocabulary)
    return sorted(found, key=lambda t: -t.rank)


def _of_item(item: Mapping[str, Any], figures: Mapping[str, Any], vocabulary: Vocabulary) -> Trait:
    meaning = vocabulary.meanings.get(item["feature"])
    word = meaning.word if meaning else ""
    z = -item["z"] if word in FLIPPED else item["z"]
    topic, said = _TOPICS.get(word, word), said_of(item, figures, vocabulary)
    topics = frozenset({topic}) | (_BUYING if said is NOTHING else frozenset())
    return Trait(
        item["feature"], FLIPPED.get(word, word), z, said, topics,
        _about(vocabulary.label(item["feature"])),
        once=word == "frequency" and z < 0 and once(figures.get(item["feature"], {})),
    )  # fmt: skip


def _of_level(level: Mapping[str, Any], vocabulary: Vocabulary) -> Trait | None:
    """Give a category with the strength of its indicator, which compares with that of a number.

    It is the difference of its shares in standard deviations.
    """
    if level.get("describes"):
        return None
    column, spread = level["column"], math.sqrt(level["overall"] * (1 - level["overall"]))
    strength = (level["share"] - level["overall"]) / spread if spread else 0.0
    # A few whose value is known name nobody: the others are as everyone is, as far as we know.
    strength *= level.get("known", 1.0)
    meaning = vocabulary.meanings.get(column)
    word = meaning.word if meaning else ""
    said, about = level_said(level, vocabulary), _about(vocabulary.label(column))
    return Trait(f"{column}={level['level']}", word, strength, said, frozenset({word}), about)


def _about(label: str) -> frozenset[str]:
    return frozenset(w for w in label.lower().split() if len(w) > _SHORTEST) or frozenset({label})


def _with_goods(
    found: list[Trait], figures: Mapping[str, Any], vocabulary: Vocabulary
) -> list[Trait]:
    """Let what is spent on kinds of goods be said at once."""
    goods = {c: m.of for c, m in vocabulary.forming.items() if m.word == SPENT_ON}
    own = sorted((t for t in found if t.word == SPENT_ON), key=lambda t: -t.strength)
    rest = [t for t in found if t.word != SPENT_ON]
    strong = [t for t in own if t.strength >= NOTABLE]
    if not strong:
        return rest
    high = strong[0].z > 0
    told = [t for t in strong if (t.z > 0) == high]
    signs = [figures[c].get("z") for c in goods if c in figures]
    agree = all(z is not None and (z > 0) == high for z in signs)
    every = agree and len(signs) == len(goods) and len(told) * 2 > len(goods) > 2
    said = goods_said([goods[t.key] for t in told], high=high, every=every)
    z = sum(t.z for t in told) / len(told) if every else told[0].z
    word = "monetary" if every else SPENT_ON
    if any(t.word in ("monetary", "spending_score") for t in rest):
        word = SPENT_ON
    topics = frozenset({"monetary" if every else SPENT_ON})
    return [*rest, Trait(told[0].key, word, z, said, topics, told[0].about)]


def _with_channels(found: list[Trait], vocabulary: Vocabulary) -> list[Trait]:
    """Let it be said at once where customers order more, or less, in each way they may."""
    ways = {c: m.word for c, m in vocabulary.forming.items() if m.word in _CHANNELS}
    means = [vocabulary.overall.get(c, {}).get("mean") or 0.0 for c in ways]
    own = [t for t in found if t.word in _CHANNELS]
    notable = [t for t in own if t.strength >= NOTABLE]
    one_way = len({t.z > 0 for t in own}) == 1
    taken = any(t.word == "frequency" for t in found)
    if len(ways) < 2 or min(means) < 1 or len(notable) < len(ways) or not one_way or taken:
        return found
    high = own[0].z > 0
    said = Said("Frequent buyers", "buy often") if high else Said("Occasional buyers", "buy rarely")
    first = max(own, key=lambda t: t.strength)
    joined = replace(first, word="frequency", said=said, topics=frozenset({"frequency"}))
    return [joined, *(t for t in found if t.word not in _CHANNELS)]
