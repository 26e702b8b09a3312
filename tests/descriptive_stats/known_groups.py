"""Tables of customers whose groups are known, and what people would call each: a dozen of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

TRUTH = "truth"
Spread = tuple[float, float]
"""Mean and standard deviation of a column in a group."""


@dataclass(frozen=True)
class Group:
    """Customers of one kind.

    Attributes
    ----------
    columns : mapping of column to (mean, deviation), or to the share that has a flag or a level
    name : str
        A pattern of what the segment must be called.
    who : str
        A pattern of what the sentence must say; "" for any.
    action : str
        That must be among the actions; "" for any, and "none" where there must be none.
    share : float
        Of all customers, beside the others' shares.
    """

    columns: Mapping[str, Spread | float]
    name: str
    who: str = ""
    action: str = ""
    share: float = 1.0


@dataclass(frozen=True)
class Known:
    """A table and its truth.

    Attributes
    ----------
    groups : mapping of word to Group
    only : mapping of pattern to word
        Words that may be in the name of that group alone.
    levels : mapping of column to (level, other level)
        Of columns that hold shares of a category.
    whole : bool
        Whether numbers are whole.
    """

    groups: Mapping[str, Group]
    only: Mapping[str, str]
    levels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    whole: bool = True

    def frame(self, n: int = 420) -> pl.DataFrame:
        """Draw the customers: an id, the columns, and the group of each."""
        rng, parts = np.random.default_rng(7), []
        total = sum(g.share for g in self.groups.values())
        for word, group in self.groups.items():
            size = round(n * group.share / total)
            columns = {c: self._drawn(c, how, size, rng) for c, how in group.columns.items()}
            parts.append(pl.DataFrame(columns).with_columns(pl.lit(word).alias(TRUTH)))
        rows = pl.concat(parts, how="vertical_relaxed").sample(fraction=1, shuffle=True, seed=1)
        return rows.with_row_index("customer_id")

    def _drawn(
        self, column: str, how: Spread | float, size: int, rng: np.random.Generator
    ) -> pl.Series:
        if isinstance(how, tuple):
            values = np.maximum(rng.normal(*how, size), 0)
            low = how[0] < 1 and how[1] < 1  # shares and ratios keep their decimals
            return pl.Series(column, values if low else values.round())
        has = rng.random(size) < how
        if column in self.levels:
            yes, no = self.levels[column]
            return pl.Series(column, np.where(has, yes, no).tolist())
        return pl.Series(column, has.astype(np.int64))


def rfm(recency: float, frequency: float, monetary: float) -> dict[str, Spread]:
    """Give the columns of a table of recency, frequency and money."""
    return {
        "recency": (recency, recency / 8), "frequency": (frequency, frequency / 8),
        "monetary": (monetary, monetary / 8),
    }  # fmt: skip


_SHOP = Known(
    {
        "best": Group(rfm(8, 24, 4000), "Loyal big spenders", "ordered 2\\d times", "Protect"),
        "lapsed": Group(rfm(300, 3, 150), "Lapsed", "about 10 months ago", "Leave alone"),
        "middle": Group(rfm(50, 8, 900), "(?!.*([Ll]apsed|[Bb]ig|[Ll]oyal))", share=2),
    },
    {"[Ll]apsed|long ago": "lapsed", "[Ll]oyal|[Bb]ig spenders": "best"},
)
_NEW = Known(
    {
        "new": Group(
            {"days_since_first_order": (20, 4), "orders": (1, 0.05), "total_spent": (60, 9),
             "days_since_last_order": (18, 4)},
            "New, one order", "ordered once", "Second order",
        ),
        "lapsed": Group(
            {"days_since_first_order": (700, 60), "orders": (9, 2), "total_spent": (1800, 200),
             "days_since_last_order": (320, 30)},
            "Lapsed", "about 1[01] months ago", "Reactivate",
        ),
        "best": Group(
            {"days_since_first_order": (800, 80), "orders": (20, 3), "total_spent": (2600, 300),
             "days_since_last_order": (12, 4)},
            "Loyal (big spenders|regulars)", "ordered (19|20|21) times", "Protect",
        ),
    },
    {"\\b[Nn]ew\\b|one order": "new", "[Ll]apsed|long ago": "lapsed", "[Ll]oyal": "best"},
)  # fmt: skip
_BANK = Known(
    {
        "borrowers": Group(
            {"Customer_Age": (45, 4), "Credit_Limit": (2500, 300),
             "Total_Revolving_Bal": (1900, 150), "Avg_Utilization_Ratio": (0.75, 0.06)},
            "[Uu]se much of their credit|[Hh]igh balance",
        ),
        "savers": Group(
            {"Customer_Age": (46, 4), "Credit_Limit": (22000, 2500),
             "Total_Revolving_Bal": (300, 60), "Avg_Utilization_Ratio": (0.02, 0.006)},
            "[Hh]igh credit limit|[Uu]se little of their credit", action="Encourage use",
        ),
    },
    {"much of their credit": "borrowers", "little of their credit": "savers",
     "[Hh]igh credit limit": "savers"},
)  # fmt: skip
_TELECOM = Known(
    {
        "leaving": Group(
            {"tenure_months": (3, 1), "MonthlyCharges": (95, 5), "support_calls": (6, 1),
             "churn_flag": 0.8},
            "[Ll]eave more often|\\b[Nn]ew\\b|[Cc]ontact us often", "about 3 months",
        ),
        "staying": Group(
            {"tenure_months": (60, 8), "MonthlyCharges": (45, 5), "support_calls": (1, 0.9),
             "churn_flag": 0.03},
            "[Ll]ong-standing|[Ll]ow monthly bill|[Cc]ontact us rarely", "about 5 years",
            share=2,
        ),
    },
    {"\\b[Nn]ew\\b|[Ll]eave more": "leaving", "[Ll]ong-standing|[Ll]eave less": "staying"},
)  # fmt: skip
_AIRLINE = Known(
    {
        "fliers": Group(
            {"total_flights": (60, 6), "flight_distance": (90000, 8000), "salary": (120000, 9000)},
            "([Mm]ore total flights|[Ll]onger flight distance|[Hh]igh income)",
            action="none",
        ),
        "others": Group(
            {"total_flights": (6, 2), "flight_distance": (7000, 1500), "salary": (60000, 6000)},
            "([Ff]ewer total flights|[Ss]horter flight distance|[Ll]ow income)",
            action="none",
        ),
    },
    {"[Mm]ore |[Ll]onger|[Hh]igh": "fliers", "[Ff]ewer|[Ss]horter|[Ll]ow ": "others"},
)
_WINE = Known(
    {
        "lovers": Group(
            {"MntWines": (900, 90), "MntMeatProducts": (500, 60), "MntFishProducts": (80, 15),
             "MntSweetProducts": (75, 15), "MntGoldProds": (90, 15)},
            "[Ss]pend a lot on everything",
        ),
        "none": Group(
            {"MntWines": (30, 9), "MntMeatProducts": (20, 6), "MntFishProducts": (5, 2),
             "MntSweetProducts": (5, 2), "MntGoldProds": (12, 4)},
            "[Ss]pend little on everything", share=1.2,
        ),
    },
    {"a lot|more on": "lovers", "little|less on": "none"},
)  # fmt: skip
_UNKNOWN = Known(
    {
        "one": Group({"q7": (50, 5), "zeta": (10, 2), "kappa_idx": (3, 0.5)}, "[Hh]igher",
                     "everyone", "none"),
        "two": Group({"q7": (10, 3), "zeta": (40, 4), "kappa_idx": (9, 0.9)},
                     "([Ll]ow|[Hh]igh)er", "everyone", "none"),
    },
    {"[Bb]uyers|[Ss]penders|[Ll]apsed|[Nn]ew|[Ll]oyal|[Oo]lder|[Yy]oung": "nobody"},
)  # fmt: skip
_MISLEADING = Known(
    {
        "heavy": Group(
            {"average_message_length": (220, 20), "package_weight": (30, 3),
             "frequency_of_complaints_mailed": (9, 1), "percentage_full": (80, 5),
             "return_on_investment": (12, 1)},
            "[Hh]igher|[Ll]onger|[Mm]ore", action="none",
        ),
        "light": Group(
            {"average_message_length": (40, 8), "package_weight": (4, 1),
             "frequency_of_complaints_mailed": (1, 0.9), "percentage_full": (20, 5),
             "return_on_investment": (2, 1)},
            "[Ll]ower|[Ss]horter|[Ff]ewer", action="none",
        ),
    },
    {"[Oo]lder|[Yy]oung|[Oo]rder|[Ss]pend|[Ss]enior|[Rr]eturn a lot|[Bb]uyers": "nobody"},
)  # fmt: skip
_GERMAN = Known(
    {
        "best": Group(
            {"Tage_seit_letztem_Kauf": (10, 3), "Anzahl_Bestellungen": (22, 3),
             "Umsatz": (3100, 300), "Alter": (48, 5)},
            "Loyal big spenders", "Bought last (about )?\\d+ (days|weeks) ago", "Protect",
        ),
        "lapsed": Group(
            {"Tage_seit_letztem_Kauf": (340, 30), "Anzahl_Bestellungen": (2, 0.7),
             "Umsatz": (120, 30), "Alter": (46, 5)},
            "Lapsed", "about 11 months ago", "Leave alone", share=1.4,
        ),
    },
    {"[Ll]apsed": "lapsed", "[Ll]oyal|[Bb]ig": "best"},
)  # fmt: skip
_PEOPLE = Known(
    {
        "young": Group({"age": (24, 3), "income": (21000, 2500)}, "[Yy]oung", "2\\d years old"),
        "older": Group({"age": (66, 5), "income": (64000, 6000)}, "([Oo]lder|[Ss]enior)",
                       "6\\d years old"),
    },
    {"[Yy]oung|[Ll]ow.income": "young", "[Oo]lder|[Ss]enior|[Hh]igh.income": "older"},
)  # fmt: skip
_RETURNS = Known(
    {
        "returners": Group(
            {"orders": (10, 2), "total_spend": (450, 60), "return_rate": (0.55, 0.06),
             "discount_share": (0.1, 0.03)},
            "[Rr]eturn a lot", action="Watch returns",
        ),
        "others": Group(
            {"orders": (10, 2), "total_spend": (900, 90), "return_rate": (0.03, 0.01),
             "discount_share": (0.1, 0.03)},
            "(?!.*[Rr]eturn a lot)", share=3,
        ),
    },
    {"[Rr]eturn a lot": "returners"},
)  # fmt: skip
_DISCOUNT = Known(
    {
        "bargain": Group(
            {"coupons_used": (14, 2), "order_count": (15, 3), "avg_order_value": (22, 3)},
            "([Bb]argain|discount|[Ff]requent small baskets)", action="Hold back discounts",
        ),
        "full": Group(
            {"coupons_used": (3, 0.8), "order_count": (4, 1), "avg_order_value": (95, 9)},
            "([Bb]ig|[Rr]are|[Oo]ccasional)", share=1.5,
        ),
    },
    {"[Bb]argain|small baskets|buy on discount": "bargain", "[Bb]ig": "full"},
)  # fmt: skip
_CARDS = Known(
    {
        "cash": Group(
            {"PURCHASES": (0, 0), "PURCHASES_TRX": (0, 0), "INSTALLMENTS_PURCHASES": (0, 0),
             "CASH_ADVANCE": (1300, 200), "BALANCE": (2500, 300)},
            "Most buy nothing, take cash advances|Take cash advances, most buy nothing",
            "ost spent nothing.*cash advance 1,\\d", "Watch their credit",
        ),
        "buyers": Group(
            {"PURCHASES": (1800, 200), "PURCHASES_TRX": (30, 4),
             "INSTALLMENTS_PURCHASES": (700, 90), "CASH_ADVANCE": (0, 0), "BALANCE": (800, 90)},
            "(?!.*([Nn]othing|[Tt]ake cash))", action="Protect", share=1.4,
        ),
    },
    {"[Nn]othing|[Tt]ake cash": "cash", "[Bb]ig spenders|[Ff]requent": "buyers",
     "[Ss]mall spenders": "nobody"},
)  # fmt: skip
_LATER = Known(
    {
        "later": Group(
            {"days_since_first_order": (620, 40), "orders": (5, 0.8), "total_spent": (900, 90),
             "days_since_last_order": (45, 9)},
            "(.*[Jj]oined later|(?!.*\\b[Nn]ew\\b))", "about (19|20|21) months", "none",
        ),
        "old": Group(
            {"days_since_first_order": (1500, 60), "orders": (6, 0.8), "total_spent": (950, 90),
             "days_since_last_order": (48, 9)},
            "(?!.*\\b[Nn]ew\\b)", share=2,
        ),
    },
    {"\\b[Nn]ew\\b": "nobody", "[Jj]oined later": "later"},
)  # fmt: skip

KNOWN: dict[str, Known] = {
    "shop": _SHOP, "new_lapsed_best": _NEW, "bank": _BANK, "telecom": _TELECOM,
    "airline": _AIRLINE, "wine": _WINE, "no_meaning": _UNKNOWN, "misleading": _MISLEADING,
    "german": _GERMAN, "age_and_income": _PEOPLE, "returns": _RETURNS, "discounts": _DISCOUNT,
    "cards": _CARDS, "joined_later": _LATER,
}  # fmt: skip
