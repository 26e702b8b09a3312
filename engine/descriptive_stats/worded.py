"""Profiles in the words of people: labels, meanings, names, who the customers are, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.config.labels import Label
from engine.descriptive_stats.actions import actions_for, offered
from engine.descriptive_stats.names import choices_of, name_segments
from engine.descriptive_stats.vocabulary import vocabulary_of
from engine.descriptive_stats.who import who

if TYPE_CHECKING:
    from engine.descriptive_stats.profiles import Profiles


def worded(
    profiles: Profiles,
    given: Mapping[str, Label],
    *,
    of_shop: bool = False,
    currency: str | None = None,
) -> Profiles:
    """Give profiles with names that people say, and what else words say of segments.

    Parameters
    ----------
    profiles : Profiles
    given : mapping of column to Label
        ``features.labels``.
    of_shop : bool
        Whether the columns were made from transactions, whose meanings are known.
    currency : str, optional
        Of these, where one is known.

    Returns
    -------
    profiles : Profiles
        The tree has ``labels`` and ``meanings`` by column, and its segments have ``name``, ``who``
        and ``actions``. ``choices`` are what they may be called otherwise.
    """
    tree = profiles.tree
    vocabulary = vocabulary_of(given, tree, of_shop=of_shop, currency=currency)
    alone = tree.get("decided", ())
    choices = choices_of(tree["segments"], vocabulary, alone)
    names = name_segments(tree["segments"], vocabulary, alone)
    segments = [
        {**s, "name": name, "who": who(s, vocabulary), "actions": actions_for(s, vocabulary)}
        for s, name in zip(tree["segments"], names, strict=True)
    ]
    told = {"labels": dict(vocabulary.labels), "meanings": vocabulary.words()}
    return replace(
        profiles,
        tree={**tree, "segments": segments, **told},
        names=names,
        choices=tuple(map(tuple, choices)),
    )


def with_offers(profiles: Profiles, cross_sell: Mapping[str, Any] | None) -> Profiles:
    """Give profiles whose actions name what to offer, where it is known what sells to whom.

    Parameters
    ----------
    profiles : Profiles
        Its segments have their numbers.
    cross_sell : mapping or None
        As :meth:`engine.descriptive_stats.cross_selling.selling.CrossSell.to_json` gives it.
    """
    groups = (cross_sell or {}).get("offers") or []
    offers = {g["segment"]: g["rows"][0] for g in groups if g.get("rows")}
    segments = [offered(s, offers.get(s["segment"])) for s in profiles.tree["segments"]]
    return replace(profiles, tree={**profiles.tree, "segments": segments})
