"""What to do with a segment: stated rules on meanings, a table, each with its reason and numbers.

A rule's code has the letters of :mod:`engine.descriptive_stats.leads`, and words of meanings with
``+`` or ``-``. What it asks for must stand out of everyone by 0.4 standard deviations, in the mean
and the median alike; lapsed and new only who is so by the figures, too. Without a known meaning
there is no rule, and nothing is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.descriptive_stats.figures_said import beside_everyone
from engine.descriptive_stats.leads import fitting
from engine.descriptive_stats.said import capital
from engine.descriptive_stats.traits import NOTABLE, traits_of
from engine.descriptive_stats.vocabulary import Vocabulary

MOST = 2
"""Actions of a segment: more than two nobody takes."""


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes
    ----------
    action : str
        What to do, in two or three words.
    when : tuple of str
        Codes, of which the first that fits is the reason.
    text : str
        The same in a sentence.
    unless : tuple of str
        Codes of which none may fit.
    """

    action: str
    when: tuple[str, ...]
    text: str
    unless: tuple[str, ...] = ()


RULES = (
    Rule("Watch their credit",
         ("cash_advance+ balance+", "cash_advance+ payments-", "utilization+ balance+"),
         "They borrow on their cards: offer a cheaper loan before the debt grows."),
    Rule("Win back", ("R+ M+", "R+ F+"),
         "Ask them back in person, with an offer that is worth it: they used to buy."),
    Rule("Protect", ("F+ M+ R-", "F+ M+ T+", "F+ M+"),
         "Keep them: answer first, thank them, and put right at once what goes wrong.", ("R+",)),
    Rule("Second order", ("T- 1",),
         "Welcome them, and give them a reason for a second order soon.", ("R+",)),
    Rule("Welcome", ("T-",),
         "Welcome them, and show them what others like them buy next.", ("R+",)),
    Rule("Watch returns", ("returns+",),
         "Find out what comes back and why, before you sell them more."),
    Rule("Leave alone", ("R+ M-",),
         "Remind them once at most: little was earned with them, and they are long gone.",
         ("returns+",)),
    Rule("Reactivate", ("R+",),
         "Remind them with what is new since they were last here.", ("R+ M-",)),
    Rule("Put it right", ("complaints+", "satisfaction-"),
         "Call them before they leave: ask what went wrong, and settle it."),
    Rule("Find out why they leave", ("churn+",),
         "Ask some of those who left, and act on the first reason with those who are still here."),
    Rule("Hold back discounts", ("discount+",),
         "Offer them value other than a lower price, and try smaller discounts."),
    Rule("Upsell", ("F+ A-", "I+ M-"),
         "Show them the next better choice, or a set: there is more to earn with each of them.",
         ("R+",)),
    Rule("Cross-sell", ("M+ distinct_products-", "F+ distinct_products-"),
         "Show them what goes with the few things that they buy.", ("R+",)),
    Rule("Encourage use", ("credit_limit+ utilization-",),
         "Give them a reason to use the credit that they have."),
)  # fmt: skip


def actions_for(segment: Mapping[str, Any], vocabulary: Vocabulary) -> list[dict[str, str]]:
    """Say what to do with a segment, by the rules that fit, at most two.

    Parameters
    ----------
    segment : mapping
        As :func:`engine.descriptive_stats.names.name_segments` takes it, with its ``features``.
    vocabulary : Vocabulary

    Returns
    -------
    actions : list of dict
        ``action``, ``text`` and ``reason``; empty where no rule fits.
    """
    if segment.get("few") or segment.get("speck"):
        return []
    traits = [t for t in traits_of(segment, vocabulary) if t.strength >= NOTABLE and t.word]
    figures, found, used = segment.get("features", {}), list[dict[str, str]](), set[str]()
    for rule in RULES:
        if any(_columns(code, traits) for code in rule.unless):
            continue
        columns = next(filter(None, (_columns(code, traits) for code in rule.when)), None)
        # Of the same reason only the first rule is told.
        if columns is None or set(columns) & used:
            continue
        told = [beside_everyone(c, figures[c], vocabulary) for c in columns if c in figures]
        if len(found) < MOST and told and all(told):
            used |= set(columns)
            reason = capital("; ".join(t for t in told if t)) + "."
            found.append({"action": rule.action, "text": rule.text, "reason": reason})
    return found


def offered(segment: Mapping[str, Any], offer: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give a segment whose actions name its best offer, behind those of rules, at most two in all.

    Who is to be left alone gets none.
    """
    actions = list(segment.get("actions", []))
    lone = any(a["action"] == "Leave alone" for a in actions)
    if offer is None or lone or segment.get("few") or segment.get("speck"):
        return dict(segment)
    product, many = offer.get("name") or offer.get("product_id"), offer.get("candidates")
    if not product or not many:
        return dict(segment)
    text = f"Offer {product} to the {many:,} who bought what goes with it and not yet this."
    actions = [a for a in actions if a["action"] != "Cross-sell"][: MOST - 1]
    reason = str(offer.get("reason", ""))
    actions.append({"action": "Cross-sell", "text": text, "reason": reason, "customers": many})
    return {**segment, "actions": actions}


def _columns(code: str, traits: Any) -> list[str] | None:
    """Give the columns of what a code asks for, None where it does not fit."""
    found = [fitting(part, traits) for part in re.split(" ", code)]
    return [t.key for t in found if t is not None] if all(found) else None
