"""What to offer each segment next: products its members' baskets imply and few of them have yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.descriptive_stats.cross_selling.baskets import Frequent, Incidence
from engine.descriptive_stats.cross_selling.lift import lift_interval
from engine.descriptive_stats.cross_selling.pairs import Pairs

if TYPE_CHECKING:
    from engine.config.cross_sell import CrossSellConfig

BECAUSE = 3
"""Products that an offer is reasoned from, at most."""

_COLUMNS: dict[str, Any] = {
    "segment": pl.Int32, "rank": pl.Int64, "product_id": pl.String, "name": pl.String,
    "because": pl.List(pl.String), "because_names": pl.List(pl.String), "confidence": pl.Float64,
    "lift": pl.Float64, "buyers": pl.Int64, "buyer_share": pl.Float64, "candidates": pl.Int64,
    "score": pl.Float64, "rule_from": pl.String, "reason": pl.String,
}  # fmt: skip
OFFERS_SCHEMA = pl.Schema(_COLUMNS)


@dataclass(frozen=True)
class Rules:
    """Rules "baskets with A also hold B", ordered by B.

    Attributes
    ----------
    a, b : int32 arrays of shape (m,)
        Ranks.
    confidence, lift, gain : float64 arrays of shape (m,)
        ``gain`` is the confidence less B's share of the group's baskets, as the score weighs it.
    own : bool array of shape (m,)
        From the segment's own baskets, rather than everyone's.
    """

    a: np.ndarray
    b: np.ndarray
    confidence: np.ndarray
    lift: np.ndarray
    gain: np.ndarray
    own: np.ndarray

    def take(self, which: np.ndarray) -> Rules:
        """Keep some of the rules, in the order asked for."""
        return Rules(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Offer:
    """One product for one segment; ranks instead of names."""

    product: int
    rules: Rules
    buyers: int
    candidates: int
    score: float


class Members:
    """Who in a segment has bought which frequent product."""

    def __init__(self, incidence: Incidence, labels: np.ndarray, segment: int) -> None:
        inside = np.flatnonzero(labels[incidence.owners] == segment)
        self._owners = incidence.owners[inside]
        self._starts = np.searchsorted(inside, incidence.owner_starts)
        self._seen = np.zeros(len(labels), bool)
        self.buyers = np.diff(self._starts)
        self.size = int((labels == segment).sum())

    def _of(self, product: int) -> np.ndarray:
        return self._owners[self._starts[product] : self._starts[product + 1]]

    def candidates(self, product: int, because: np.ndarray) -> list[int]:
        """Members without ``product``, each at the first of ``because`` that they have bought."""
        marked = [self._of(product)]
        self._seen[marked[0]] = True
        found = []
        for a in because:
            new = self._of(a)
            new = new[~self._seen[new]]
            self._seen[new] = True
            marked.append(new)
            found.append(len(new))
        for rows in marked:
            self._seen[rows] = False
        return found


def rules_for(own: Pairs, everyone: Pairs, least_confidence: float) -> Rules:
    """Take the rules of a segment, and everyone's for pairs it has too few baskets of.

    Parameters
    ----------
    own, everyone : Pairs
        Pairs with enough support in the segment, and among everyone.
    least_confidence : float

    Returns
    -------
    rules : Rules
        In both directions; those whose lift is above 1 with its whole interval.
    """
    f = max(len(own.with_product), 1)
    keys = [p.a.astype(np.int64) * f + p.b for p in (own, everyone)]
    other = ~np.isin(keys[1], keys[0], assume_unique=True)
    parts = []
    for pairs, kept in ((own, np.ones(len(own.a), bool)), (everyone, other)):
        a, b, both = pairs.a[kept], pairs.b[kept], pairs.both[kept]
        a, b, both = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([both, both])
        with_a, with_b = pairs.with_product[a], pairs.with_product[b]
        lift, low, _ = lift_interval(both, with_a, with_b, pairs.n)
        confidence = both / with_a
        sure = (low > 1) & (confidence >= least_confidence)
        gain = confidence - with_b / max(pairs.n, 1)
        parts.append(Rules(a, b, confidence, lift, gain, np.full(len(a), pairs is own)).take(sure))
    names = Rules.__dataclass_fields__
    joined = Rules(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))
    return joined.take(np.lexsort((joined.a, joined.b)))


def best_offers(
    rules: Rules, members: Members, settings: CrossSellConfig, least: int = 1
) -> list[Offer]:
    """Rank a segment's offers by a score: candidates times what the rules add to chance.

    Parameters
    ----------
    rules : Rules
    members : Members
    settings : CrossSellConfig
    least : int
        Candidates that an offer needs.

    Returns
    -------
    offers : list of Offer
        Best first. The score is the sum over the candidates of the confidence of the strongest
        rule that applies to them, less the product's share of baskets: a best seller that goes
        with everything scores nothing. Ties: by rank.

    Notes
    -----
    The score ranks and forecasts nothing: the confidence is of one basket, and candidates are
    those who did not buy. On a year of a gift shop's invoices, cut 100 days before its end, the
    candidates of its offers bought 3.6 times as often as other members, and an eighth of what the
    score would say if it were a number of buyers.

    Candidates are counted exactly, set by set, for as many products as could still be among the
    best: a rule adds at most its gain for every member who has bought A and, all in all, every
    member who has not bought B.
    """
    few = members.buyers <= settings.offer_below * members.size
    rules = rules.take(few[rules.b] & (members.buyers[rules.a] > 0))
    groups = list(_by_product(rules, members))
    # Dear ones first; the bound is the most that an offer can be worth.
    groups.sort(key=lambda g: (-g[0], g[1]))
    found: list[Offer] = []
    for bound, product, chosen in groups:
        if len(found) >= settings.offers and bound < found[settings.offers - 1].score:
            break
        counts = members.candidates(product, chosen.a)
        score = float(np.dot(counts, chosen.gain))
        if sum(counts) >= least:
            buyers = int(members.buyers[product])
            found.append(Offer(product, chosen, buyers, sum(counts), score))
            found.sort(key=lambda o: (-o.score, o.product))
    return found[: settings.offers]


def _by_product(rules: Rules, members: Members) -> Iterator[tuple[float, int, Rules]]:
    """Yield, for each product offered, what it can be worth at most and its rules.

    Of many rules the few that reach most buyers are kept, the most confident first.
    """
    worth = rules.gain * members.buyers[rules.a]
    starts = np.flatnonzero(np.diff(rules.b, prepend=-1))
    stops = np.append(starts, len(rules.b))[1:]
    for start, stop in zip(starts, stops, strict=True):
        product, rows = int(rules.b[start]), np.arange(start, stop)
        rows = rows[np.lexsort((rules.a[rows], -worth[rows]))][:BECAUSE]
        rows = rows[np.lexsort((rules.a[rows], -rules.confidence[rows]))]
        without = members.size - members.buyers[product]
        bound = min(float(worth[rows].sum()), float(without * rules.gain[rows].max()))
        yield bound * (1 + 1e-9), product, rules.take(rows)


def offer_table(
    offers: list[Offer],
    segment: int,
    size: int,
    frequent: Frequent,
    products: pl.DataFrame,
    least: int = 1,
) -> pl.DataFrame:
    """Write a segment's offers with names and a reason; figures are those of the first rule.

    Of fewer buyers than ``least`` neither the number nor the share is told.
    """
    ids, names = (
        products[column][frequent.products].to_list() for column in ("product_id", "name")
    )
    called = [(name or "").strip() or code for name, code in zip(names, ids, strict=True)]
    rows = []
    for rank, offer in enumerate(offers, start=1):
        first, because = offer.rules, offer.rules.a.tolist()
        figures = float(first.confidence[0]), float(first.lift[0])
        bought = [ids[a] for a in because], [names[a] for a in because]
        told = not 0 < offer.buyers < least
        buyers, share = (offer.buyers, offer.buyers / size) if told else (None, None)
        source = "segment" if first.own[0] else "everyone"
        said = reason(offer, [called[a] for a in because])
        rows.append(
            (segment, rank, ids[offer.product], names[offer.product], *bought, *figures,
             buyers, share, offer.candidates, offer.score, source, said)
        )  # fmt: skip
    return pl.DataFrame(rows, schema=OFFERS_SCHEMA, orient="row")


def reason(offer: Offer, because: list[str]) -> str:
    """Say in a sentence why a product is offered.

    Examples
    --------
    >>> rules = Rules(*(np.array([v]) for v in (0, 1, 0.783, 18.5, 0.74, True)))
    >>> reason(Offer(1, rules, buyers=40, candidates=312, score=230.9), ["GREEN TEACUP"])
    "78% of this segment's baskets with GREEN TEACUP also hold it, 18.5 times its usual share;
    312 members bought GREEN TEACUP and not yet this."
    """
    rules, lift = offer.rules, offer.rules.lift[0]
    whose = ["this segment's" if own else "everyone's" for own in rules.own]
    shares = [f"{100 * c:.0f}% of {w}" for c, w in zip(rules.confidence, whose, strict=True)]
    times = f"{lift:.1f}" if lift < 100 else f"{lift:,.0f}"
    others = [f"{s} with {a}" for s, a in zip(shares[1:], because[1:], strict=True)]
    also = f"; so do {' and '.join(others)}" if others else ""
    any_of = "one or more of these" if others else because[0]
    return (
        f"{shares[0]} baskets with {because[0]} also hold it, {times} times its usual share{also}; "
        f"{offer.candidates:,} member{'' if offer.candidates == 1 else 's'} bought {any_of} and "
        "not yet this."
    )
