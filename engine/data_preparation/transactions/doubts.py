"""What in the rows casts doubt on how they were read: each doubt is a warning, not a refusal."""

from __future__ import annotations

from engine.data_preparation.features.id_names import plain
from engine.data_preparation.transactions import settling
from engine.data_preparation.transactions.adjustments import CAPPED, TWINS
from engine.data_preparation.transactions.columns import Columns
from engine.data_preparation.transactions.guests import Crowd
from engine.data_preparation.transactions.tallies import Tally

_GUEST = 0.1
"""Share of all rows from which on one id may be no customer."""

_ENOUGH_IDS = 100
"""Ids from which on the average one has a tenth of that share at most."""

_SOME_IDS = 20
_FAR = 5
"""Ids, and times the rows of the next, from which on one that holds as much is doubted as well."""

_SAME = 0.8
"""Share of transactions of one repeated amount above which the amount is that of the order."""

_UNLIKE = 0.5
_SINGLE = 0.9


def doubts(
    tally: Tally, columns: Columns, *, rows: int, n_ids: int, crowd: Crowd, per_order: bool = False
) -> list[str]:
    """Say what speaks against how the columns were understood.

    Parameters
    ----------
    tally : Tally
    columns : Columns
    rows : int
        Of the files.
    n_ids : int
        Different ids.
    crowd : Crowd
        Who has the most rows; no sentence names a customer's id.
    per_order : bool
        Refunds are taken once an order.
    """
    known = rows - tally.rows[settling.NAMELESS]
    found = [_guest(columns, rows, n_ids, crowd), _line_numbers(columns, known, n_ids)]
    capped = "" if per_order else _capped(tally, columns)
    found += [_money(tally, columns), capped, _twins(tally)]
    return [words for words in found if words]


def _twins(tally: Tally) -> str:
    if not (rows := tally.rows[TWINS]):
        return ""
    return (
        f"{rows:,} returned rows stand beside an equal row of the same order that counts: where "
        "they give that one back, give their word the meaning refund in transactions.statuses"
    )


def _capped(tally: Tally, columns: Columns) -> str:
    if not (rows := tally.rows[CAPPED]):
        return ""
    orders = ", or belong to whole orders (transactions.refund: order)"
    return (
        f"{rows:,} refunds are larger than the money they belong to, which alone was taken off: "
        f"do they hold taxes and shipping{orders if columns.get('transaction_id') else ''}?"
    )


def capped_orders(tally: Tally) -> list[str]:
    """Say which refunds of whole orders are more than what their goods cost."""
    if not (orders := tally.rows[CAPPED]):
        return []
    many = orders != 1
    return [
        f"{orders:,} {'refunds are' if many else 'refund is'} larger than the money of "
        f"{'their orders' if many else 'its order'}, as with shipping or taxes: the money of the "
        f"{'orders' if many else 'order'} alone was taken off"
    ]


def _guest(columns: Columns, rows: int, n_ids: int, crowd: Crowd) -> str:
    largest = crowd.most
    if crowd.stands_for_guests and n_ids > 1:
        return (
            f"the id {crowd.code!r} in {columns.named['customer_id']!r} holds {largest:,} of "
            f"{rows:,} rows, the next {crowd.second:,}: does it stand for guests? It counts as one "
            "customer; leave it empty in the file, fill it from e-mail addresses, or name it in "
            "input.read.null_values, which then holds for all columns"
        )
    lonely = n_ids >= _SOME_IDS and largest > _FAR * crowd.second
    if not (n_ids >= _ENOUGH_IDS or lonely) or largest <= _GUEST * rows:
        return ""
    return (
        f"one id in {columns.named['customer_id']!r} holds {largest / rows:.0%} of all rows: is it "
        "a guest? It counts as one customer, whose rows must fit in memory; rows whose id is left "
        "empty are dropped (transactions.missing_ids)"
    )


def _line_numbers(columns: Columns, rows: int, n_ids: int) -> str:
    column = columns.named["customer_id"]
    recognised = "customer_id" not in columns.by_hand and plain(column) == "id"
    if not recognised or rows < 2 or n_ids <= _SINGLE * rows:
        return ""
    return (
        f"nearly every row has an id of its own in {column!r}, which was taken for the customer: "
        "does it number the rows? input.columns.customer_id names the customer's column"
    )


def _money(tally: Tally, columns: Columns) -> str:
    if columns.export and "amount" not in columns.by_hand:
        return ""
    amount = columns.get("amount")
    several, compared = tally.rows[settling.SEVERAL], tally.rows[settling.COMPARED]
    same, unlike = tally.rows[settling.SAME], tally.rows[settling.UNLIKE]
    instead = (
        f"; input.columns {{quantity: {columns.get('quantity')}, unit_price: {columns.price}}} "
        "multiplies these instead"
        if columns.price
        else "; input.columns names the money of a line"
    )
    if several and same > _SAME * several:
        return (
            f"{amount!r} is the same on all lines of {same:,} of the {several:,} transactions of "
            "several lines: is it the total of a whole order? It was added up line by line"
            + instead
        )
    if compared and unlike > _UNLIKE * compared:
        return (
            f"{amount!r} is not {columns.get('quantity')!r} times {columns.price!r} on {unlike:,} "
            f"of {compared:,} lines: discounts or taxes, or the total of a whole order? Money is "
            f"{amount!r}" + instead
        )
    return ""
