"""Who the customers of a segment are: one sentence, in the words and units of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.data_preparation.features.words import words
from engine.descriptive_stats.figures_said import (
    amount,
    beside_everyone,
    duration,
    figure,
    share,
    typical,
)
from engine.descriptive_stats.phrases import gender_of
from engine.descriptive_stats.said import NOTHING, capital
from engine.descriptive_stats.traits import NOTABLE, traits_of
from engine.descriptive_stats.vocabulary import Vocabulary
from engine.utilities.few import few_name

_FIRST = ("recency", "frequency", "monetary")
"""Meanings that are told wherever they are known: when last, how often, how much."""

_ORDER = (*_FIRST, "average_order_value", "tenure", "age", "birth_year", "income")
_PIECES = 4
_GENERIC = 3
_TIMED = ("recency", "inactivity", "tenure", "days_between_orders")
_OFTEN = 3


def who(segment: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """Say who the customers of a segment are, by what tells them from everyone.

    Parameters
    ----------
    segment : mapping
        As :func:`engine.descriptive_stats.names.name_segments` takes it, with its ``features``.
    vocabulary : Vocabulary

    Returns
    -------
    sentence : str
        Figures are medians, of few values means.
    """
    if segment.get("few"):
        return f"{few_name(segment['few'])}, of whom no more is told."
    figures = segment.get("features", {})
    known = {m.word: c for c, m in vocabulary.meanings.items() if c in figures}
    traits = traits_of(segment, vocabulary)
    if nothing := next((t for t in traits if t.said is NOTHING), None):
        traits = [t for t in traits if t is nothing or not t.repeats(nothing)]
        known = {w: c for w, c in known.items() if w == nothing.word or w not in nothing.topics}
    differing = {t.key for t in traits}
    found: dict[str, str] = {}
    for word in _FIRST:
        column = known.get(word)
        told = column and (column in differing or vocabulary.meanings[column].exact)
        if column and told and (piece := _said(column, figures, vocabulary)):
            found[word] = piece
    for trait in traits:
        if len(found) >= _PIECES or (len(found) >= _GENERIC and trait.strength < NOTABLE):
            break
        column = trait.key
        meaning = vocabulary.meanings.get(column)
        key = meaning.word if meaning and meaning.word in known else column
        piece = _of_key(column, segment, vocabulary)
        if key not in found and piece:
            found[key] = piece
    if not found:
        return "Like everyone in all that was compared."
    place = {word: i for i, word in enumerate(_ORDER)}
    pieces = [found[w] for w in sorted(found, key=lambda w: place.get(w, len(_ORDER)))]
    return capital(", ".join(pieces)) + "."


def _of_key(key: str, segment: Mapping[str, Any], vocabulary: Vocabulary) -> str | None:
    """Say a trait's figure, be it of a feature or of a category."""
    figures = segment.get("features", {})
    if key in figures:
        return _said(key, figures, vocabulary) or beside_everyone(key, figures[key], vocabulary)
    for level in segment["levels"]:
        if key == f"{level['column']}={level['level']}":
            whose = vocabulary.meanings.get(level["column"])
            if whose and whose.word == "gender" and (them := gender_of(level["level"])):
                return f"{share(level['share'])} {them} (everyone: {share(level['overall'])})"
            told = f"{share(level['share'])} {vocabulary.in_a_name(level['column'])} "
            return f"{told}{level['level']} (everyone: {share(level['overall'])})"
    return None


def _said(
    column: str, figures: Mapping[str, Mapping[str, Any]], vocabulary: Vocabulary
) -> str | None:
    """Say a figure of a known meaning as a person says it; None for what has no such words."""
    everyone, meaning = vocabulary.overall.get(column, {}), vocabulary.meanings.get(column)
    value = typical(figures[column], everyone.get("kind"))
    if meaning is None or value is None:
        return None
    label = vocabulary.labels.get(column, {})
    if not meaning.exact and any(label.get(k) for k in ("label", "format")):
        return None  # people have their own word for it
    if meaning.word in _TIMED:
        return _timed(meaning.word, value, meaning.unit)
    written = figure(column, value, vocabulary)
    match meaning.word:
        case "frequency":
            return _times(figures[column], everyone, column)
        case "monetary":
            if not value:
                return "most spent nothing"
            return f"spent {written} in all" if meaning.exact else f"spent about {written}"
        case "average_order_value":
            return f"{written} an order"
        case "distinct_products" if meaning.exact:
            return f"about {amount(round(value))} different products"
        case "returns" if meaning.exact:
            return (
                f"sent back about {share(value)} by value" if value else "sent next to nothing back"
            )
        case "age":
            return f"about {value:.0f} years old"
        case "birth_year":
            return f"born about {value:.0f}"
        case "start_year":
            return f"joined about {value:.0f}"
        case "income":
            return f"income about {written}"
        case "share_of":
            return f"{written} of it on {meaning.of}"
    return None


def _timed(word: str, value: float, unit: str) -> str | None:
    if not unit or value < 0:
        return None
    time = duration(value, unit)
    match word:
        case "recency":
            return f"bought last {time} ago"
        case "inactivity":
            return f"inactive for {time}"
        case "tenure":
            return f"customers for {time}"
    return f"{time} between orders"


def _times(own: Mapping[str, Any], everyone: Mapping[str, Any], column: str) -> str | None:
    """Say how often, where the numbers are counts of orders."""
    middle, usual = own.get("median"), everyone.get("median")
    if middle is None or usual is None or min(middle, usual) < 1:
        return None
    if {"trans", "transaction", "transactions", "trx"} & set(words(column)):
        return f"{amount(round(middle))} transactions"
    if middle == 1:
        return "ordered once"
    return "ordered twice" if middle == 2 else f"ordered {amount(round(middle))} times"
