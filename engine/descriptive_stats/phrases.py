"""How a thing that stands out of a segment is said: alone, and beside others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.data_preparation.features.words import words
from engine.descriptive_stats.kinds import FEW
from engine.descriptive_stats.meaning_words import MARKS, listed
from engine.descriptive_stats.meanings import DAYS_AGO, SHARE_OF, singular
from engine.descriptive_stats.said import NOTHING, Said, new
from engine.descriptive_stats.vocabulary import Vocabulary

VERY = 1.5
"""Standard deviations from which on a difference is large."""

_FAR, _NEAR = 1.5, 0.67
"""Times everyone's median, from which on something was long ago, or is new."""

_YOUNG, _OLD, _MOST, _NONE = 35, 60, 0.5, 0.1
FLIPPED = {"birth_year": "age", "start_year": "tenure"}
"""Meanings that are said by another one, the other way round."""


_HIGH_LOW: dict[str, tuple[Said, Said]] = {
    "recency": (
        Said("Lapsed customers", "bought long ago"), Said("Recent buyers", "bought lately")
    ),
    "inactivity": (
        Said("Inactive customers", "inactive for long"), Said("Active customers", "active lately")
    ),
    "frequency": (
        Said("Frequent buyers", "order often"), Said("Occasional buyers", "order rarely")
    ),
    "monetary": (Said("Big spenders", "spend a lot"), Said("Small spenders", "spend little")),
    "tenure": (
        Said("Long-standing customers", "long-standing"), Said("New customers", "new")
    ),
    "visits": (Said("Frequent visitors", "visit often"), Said("Rare visitors", "visit rarely")),
    "discount": (
        Said("Bargain hunters", "buy on discount"),
        Said("Rarely buy on discount", "rarely on discount"),
    ),
}  # fmt: skip
_PLAIN: dict[str, tuple[str, str]] = {
    "income": ("high income", "low income"),
    "lifetime_value": ("high lifetime value", "low lifetime value"),
    "returns": ("return a lot", "return little"),
    "average_order_value": ("big baskets", "small baskets"),
    "days_between_orders": ("long gaps between orders", "short gaps between orders"),
    "distinct_products": ("wide range of products", "few different products"),
    "logins": ("log in often", "log in rarely"),
    "balance": ("high balance", "low balance"),
    "credit_limit": ("high credit limit", "low credit limit"),
    "payments": ("pay a lot", "pay little"),
    "full_payment": ("pay in full", "rarely pay in full"),
    "cash_advance": ("take cash advances", "few cash advances"),
    "installments": ("pay in instalments", "rarely in instalments"),
    "one_off": ("buy in one go", "rarely buy in one go"),
    "utilization": ("use much of their credit", "use little of their credit"),
    "churn": ("leave more often", "leave less often"),
    "products_held": ("many products", "few products"),
    "complaints": ("complain more often", "complain less often"),
    "contacts": ("contact us often", "contact us rarely"),
    "satisfaction": ("more satisfied", "less satisfied"),
    "web": ("buy online", "rarely buy online"),
    "store": ("buy in store", "rarely buy in store"),
    "catalog": ("buy by catalogue", "rarely buy by catalogue"),
    "campaigns": ("respond to campaigns", "rarely respond to campaigns"),
    "trend": ("rising", "falling"),
    "monthly_charges": ("high monthly bill", "low monthly bill"),
}
_ALSO = {"spending_score": "monetary"}
_LONG = listed("duration distance length time trip flight stay session")
_COUNTED = listed(
    "flights points visits orders items clicks calls trips nights stays logins messages "
    "emails minutes texts products accounts cards policies claims bookings rides games "
    "downloads views "
)


def said_of(
    item: Mapping[str, Any], figures: Mapping[str, Mapping[str, Any]], vocabulary: Vocabulary
) -> Said:
    """Say of a feature what stands out in it.

    Parameters
    ----------
    item : mapping
        ``feature``, ``z`` and ``flag``, as in a segment's ``distinctive``.
    figures : mapping of column to mapping
        The segment's ``mean`` and ``median`` of each column, as far as they are known.
    vocabulary : Vocabulary

    Returns
    -------
    said : Said
        Nothing that these figures beside everyone's contradict: lapsed is who bought clearly
        longer ago than everyone and than they let pass between two orders, and young is who is.
    """
    column, high = item["feature"], item["z"] > 0
    own = figures.get(column, {})
    meaning, everyone = vocabulary.meanings.get(column), vocabulary.overall.get(column, {})
    if meaning is None:
        return Said.alike(_generic(item, vocabulary))
    word = _ALSO.get(meaning.word, FLIPPED.get(meaning.word, meaning.word))
    high = high != (meaning.word in FLIPPED)
    if meaning.word == SHARE_OF:
        return Said.alike(_of_goods(meaning.of, own, high=high))
    if word == "recency" and high and not _beyond_usual(own, figures, vocabulary):
        return Said.alike("bought longer ago")
    flipped = meaning.word in FLIPPED
    if said := _by_figures(word, own, everyone, meaning.unit, high=high, flipped=flipped):
        return said
    if word in _HIGH_LOW:
        return _HIGH_LOW[word][0 if high else 1]
    if word in _PLAIN:
        return Said.alike(_PLAIN[word][0 if high else 1])
    return Said.alike(_generic(item, vocabulary))


def _by_figures(
    word: str, own: Mapping[str, Any], everyone: Mapping[str, Any], unit: str,
    *, high: bool, flipped: bool,
) -> Said | None:  # fmt: skip
    """Say what only the figures tell how strongly it may be said; None for what they do not."""
    middle, mean = own.get("median"), own.get("mean")
    match word, high:
        case (("recency" | "inactivity"), True) if not far(own, everyone):
            return Said.alike("bought longer ago" if word == "recency" else "less active")
        case (("recency" | "inactivity"), False) if not near(own, everyone):
            return Said.alike("bought more lately" if word == "recency" else "more active")
        case "tenure", False if flipped or not near(own, everyone) or not new(middle, unit):
            return Said.alike("joined later")
        case "monetary", False if middle == 0 and (everyone.get("median") or 0.0) > 0:
            return NOTHING
        case "age", True:
            old = not flipped and middle is not None and middle >= _OLD
            return Said("Senior customers", "older") if old else Said("Older customers", "older")
        case "age", False:
            young = not flipped and middle is not None and middle <= _YOUNG
            return Said.alike("young") if young else Said("Younger customers", "younger")
        case (("children" | "teens"), _):
            return Said.alike(_children(word, mean, high=high))
    return None


def _children(word: str, mean: float | None, *, high: bool) -> str:
    whom = "children" if word == "children" else "teenagers"
    if high:
        return f"with {whom}" if mean is not None and mean >= _MOST else f"more {whom}"
    return f"no {whom}" if mean is not None and mean < _NONE else f"fewer {whom}"


def _of_goods(goods: str, own: Mapping[str, Any], *, high: bool) -> str:
    """Say of a share of money how much of it goes there."""
    if not high:
        return f"little {goods}"
    middle = own.get("median")
    return f"mostly {goods}" if middle is not None and middle >= _MOST else f"more {goods}"


def far(own: Mapping[str, Any], everyone: Mapping[str, Any]) -> bool:
    """Whether a segment's median is far above everyone's, or the mean where they are most."""
    usual = [v for v in (everyone.get("median"), everyone.get("mean")) if v is not None]
    middle = own.get("median")
    return bool(usual) and middle is not None and middle >= _FAR * max(min(usual), 1e-12)


def near(own: Mapping[str, Any], everyone: Mapping[str, Any]) -> bool:
    """Whether a segment's median is far below everyone's, or the mean where they are most."""
    usual = [v for v in (everyone.get("median"), everyone.get("mean")) if v is not None]
    middle = own.get("median")
    return bool(usual) and middle is not None and middle <= _NEAR * max(usual)


def _beyond_usual(
    own: Mapping[str, Any], figures: Mapping[str, Mapping[str, Any]], vocabulary: Vocabulary
) -> bool:
    """Whether the last order is longer ago than customers let pass between two, where known."""
    column = vocabulary.column_of("days_between_orders")
    gap = figures.get(column, {}).get("median") if column else None
    return gap is None or (own.get("median") or 0.0) >= _FAR * gap


def once(own: Mapping[str, Any]) -> bool:
    """Whether most of a segment have ordered once, as far as a count of orders tells."""
    middle, mean = own.get("median"), own.get("mean")
    return middle is not None and mean is not None and middle == 1 and 1 <= mean < 2


def _generic(item: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """Say of a feature of no known meaning how its numbers differ."""
    column, high = item["feature"], item["z"] > 0
    large = abs(item["z"]) >= VERY
    label = vocabulary.in_a_name(column)
    if item.get("flag"):
        return f"{label} {'far ' if large else ''}{'more' if high else 'less'} often"
    if column.endswith(DAYS_AGO) and label.endswith(DAYS_AGO.strip()):
        label = label.removesuffix(DAYS_AGO.strip()).strip()
    if column.endswith(DAYS_AGO):
        return f"{'much ' if large else ''}{'earlier' if high else 'later'} {label}"
    if _of_the_calendar(column, vocabulary.overall.get(column, {}).get("mean")):
        return f"{'later' if high else 'earlier'} {label}"
    more, less = _compared(column, label, vocabulary)
    return f"{'much ' if large and less != 'fewer' else 'far ' if large else ''}" + (
        f"{more if high else less} {label}"
    )


def _of_the_calendar(column: str, mean: float | None) -> bool:
    """Whether a column holds years or months of a calendar, which are early or late."""
    told = words(column)
    if mean is None or {"in", "on", "since", "per", "inactive"} & set(told):
        return False
    return ("year" in told and 1800 <= mean <= 2200) or (told[-1] == "month" and 1 <= mean <= 12)


def _compared(column: str, label: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """Give the words that compare: of a count, of what is long or short, of any number."""
    last = (words(label) or [""])[-1]
    told, kind = set(words(column)), vocabulary.overall.get(column, {}).get("kind")
    plural = singular(last) != last
    if plural and (told & MARKS["#"] or kind == FEW or _COUNTED & set(words(label))):
        return "more", "fewer"
    if {singular(w) for w in words(label)} & _LONG and not plural:
        return "longer", "shorter"
    return "higher", "lower"


def goods_said(names: list[str], *, high: bool, every: bool) -> Said:
    """Say on what goods a segment spends much, or little."""
    if every:
        return Said.alike(f"spend {'a lot' if high else 'little'} on everything")
    listed = " and ".join(names[:2])
    return Said.alike(f"spend {'more' if high else 'less'} on {listed}")


def level_said(level: Mapping[str, Any], vocabulary: Vocabulary) -> Said:
    """Say of a category that a segment has it, or has it more often than everyone."""
    column, share, value = level["column"], level["share"], str(level["level"])
    meaning = vocabulary.meanings.get(column)
    word, folded = meaning.word if meaning else "", value.strip().casefold()
    who = gender_of(value) if word == "gender" else ""
    often = share >= _MOST
    if who:
        return Said.alike(who if share >= 0.9 else f"mostly {who}" if often else f"more {who}")
    if word in ("country", "place"):
        where = f"from {value}"
        said = where if share >= 0.9 else f"mostly {where}" if often else f"more often {where}"
        return Said.alike(said)
    if word == "churn" and folded in _LEFT | _STAYED:
        went = "left" if folded in _LEFT else "stayed"
        said = (
            f"have {went}" if share >= 0.9 else f"mostly {went}" if often else f"{went} more often"
        )
        return Said.alike(said)
    # Of less than half of them it is not what they are.
    return Said.alike(f"{vocabulary.in_a_name(column)} {value}{'' if often else ' more often'}")


_GENDERS = (
    dict.fromkeys(("f", "female", "w", "woman", "women", "weiblich", "frau", "mujer", "femme",
                   "femenino", "donna"), "women")
    | dict.fromkeys(("m", "male", "man", "men", "maennlich", "m\u00e4nnlich", "mann", "herr",
                     "hombre", "homme", "masculino", "uomo"), "men")
)  # fmt: skip
_LEFT = {"yes", "true", "1", "attrited customer", "churned", "left", "exited", "attrited", "lost"}
_STAYED = {"no", "false", "0", "existing customer", "stayed", "active", "retained", "existing"}


def gender_of(level: str) -> str:
    """Give what people call those of a level of a column of genders, "" where it is none known."""
    return _GENDERS.get(str(level).strip().casefold(), "")
