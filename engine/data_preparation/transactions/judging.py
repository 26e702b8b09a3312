"""From what was seen beside the money to the rules of a run, each told with counts and a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.adjustments import (
    NOT_MONEY,
    Discount,
    DiscountKind,
    Refund,
    discount_kind,
    once_an_order,
)
from engine.data_preparation.transactions.beside import Beside, Seen, find_beside, look
from engine.data_preparation.transactions.columns import Columns
from engine.data_preparation.transactions.currencies import settle_currency
from engine.data_preparation.transactions.standing import NOTHING, Standing
from engine.data_preparation.transactions.status_words import State, fold
from engine.data_preparation.transactions.statuses import Candidate, StatusRule, judge
from engine.errors import DataError
from engine.utilities.few import about
from engine.utilities.shown import FEW, quoted


@dataclass
class _Told:
    notices: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


def find_standing(
    source: Source, columns: Columns, policies: TransactionsConfig
) -> tuple[Source, Standing]:
    """Look for columns that say whether money counts, and settle what is done with them.

    Columns of statuses and currencies of a CSV are read as text from here on. Files without such
    columns are not read.

    Raises
    ------
    DataError
        Several currencies without a word what to do; a column named by hand that says nothing
        known.
    """
    beside = find_beside(source, columns, policies)
    if not source.typed:
        texts: dict[str, pl.DataType] = dict.fromkeys(beside.texts, pl.String())
        source = source.with_types(texts)
    export = columns.export
    once = export.filled(source.schema) if export and columns.get("transaction_id") else []
    seen = look(source, columns, beside, tuple(once))
    told = _Told()
    _tell_not_money(source, columns, told)
    words = {**(export.statuses if export else {}), **_map(policies)}
    statuses = _statuses(beside, seen, words, told, source.label)
    currency, money_in = None, None
    if beside.currency and (values := seen.rare(beside.currency)):
        currency, notices, money_in = settle_currency(
            beside.currency, values, seen.blanks[beside.currency], policies.currency, source.label
        )
        told.notices += notices
    refund = _refund(beside, seen, columns, policies, told)
    discount = _discount(beside, seen, columns, policies, told)
    if not beside.texts and not beside.numbers and not export and not told.notices:
        return source, NOTHING
    _tell_statuses(statuses, policies, told, refunds=refund is not None)
    first = [c for c in beside.texts if seen.first_only(c)]
    if first:
        listed = ", ".join(map(repr, first))
        told.notices.append(f"{listed} stands on the first line of an order and holds for all")
    own = export.money_of_order(source.schema) if export and _by_lines(columns) else None
    return source, Standing(
        statuses, refund, discount, currency, own, columns.get("transaction_id"),
        tuple(dict.fromkeys([*once, *first])), money_in,
        tuple(told.notices), tuple(told.warnings), tuple(told.unused),
    )  # fmt: skip


def _map(policies: TransactionsConfig) -> Mapping[str, str]:
    return policies.statuses if isinstance(policies.statuses, Mapping) else {}


def _by_lines(columns: Columns) -> bool:
    """Whether an export's money is its own lines' quantity times price."""
    return columns.get("amount") is None and "unit_price" not in columns.by_hand


def _statuses(
    beside: Beside, seen: Seen, words: Mapping[str, str], told: _Told, label: str
) -> tuple[StatusRule, ...]:
    rules = []
    for candidate in beside.statuses:
        values = seen.rare(candidate.column)
        if values is None:
            continue
        found = judge(candidate, values, words, seen.rows)
        if isinstance(found, StatusRule):
            rules.append(found)
        elif isinstance(found, str):
            _ask(candidate, found, told, label)
    return tuple(rules)


def _ask(candidate: Candidate, question: str, told: _Told, label: str) -> None:
    if candidate.kind == "named":
        message = f"{label}: {question}."
        raise DataError(message)
    told.unused.append(candidate.column)
    told.warnings.append(question)


_SAYS = {
    State.NONE: "are no purchases and left out",
    State.RETURN: "were bought and given back: they count in what is gross, not in what is net",
    State.REFUND: "are money back",
}


def _tell_statuses(
    rules: tuple[StatusRule, ...], policies: TransactionsConfig, told: _Told, *, refunds: bool
) -> None:
    for rule in rules:
        for state, words in _SAYS.items():
            if n := rule.counts.get(state):
                told.notices.append(
                    f"{n:,} rows {_where(rule, state)} {words} (transactions.statuses)"
                )
        # What is not settled is told on its own: where it is dropped, it does not count.
        silent = not any(rule.counts.get(s) for s in (*_SAYS, State.OPEN))
        if silent and not rule.unknown:
            told.notices.append(f"no row of {rule.column!r} says that its money does not count")
        if n := rule.counts.get(State.OPEN):
            told.warnings.append(_open(rule, n, policies, refunds=refunds))
        if rule.unknown:
            told.warnings.append(_unknown(rule))


def _where(rule: StatusRule, state: State) -> str:
    values = [v for v, s in rule.states.items() if s is state]
    example = repr(rule.examples.get(state, ""))
    if rule.set_state is not None:
        return f"with a value in {rule.column!r}"
    like = f", such as {example}," if len(values) > 1 else f" {example}"
    return f"that say{like} in {rule.column!r}"


def _open(rule: StatusRule, rows: int, policies: TransactionsConfig, *, refunds: bool) -> str:
    words = [v for v, s in rule.states.items() if s is State.OPEN]
    listed = ", ".join(map(repr, words[:4])) + (" and others" if len(words) > 4 else "")
    kept = policies.unsettled == "keep"
    done = "count as purchases" if kept else "are left out"
    other = "drop leaves them out" if kept else "keep counts them"
    partly = (
        ""
        if refunds or not any("efund" in w for w in words)
        else (", and what was refunded in part is not known (input.columns.refund names it)")
    )
    return (
        f"{rows:,} rows say {listed} in {rule.column!r}, which is not settled: they {done}{partly} "
        f"(transactions.unsettled: {policies.unsettled}; {other}, and transactions.statuses says "
        "it word by word)"
    )


def _unknown(rule: StatusRule) -> str:
    few = sorted(rule.unknown.items(), key=lambda item: (-item[1], item[0]))
    listed = ", ".join(f"{quoted(v, n)} ({n:,} rows)" for v, n in few[:6])
    more = f" and {len(few) - 6:,} more" if len(few) > 6 else ""
    word = few[0][0] if few[0][1] >= FEW else "word"
    return (
        f"{rule.column!r} also says {listed}{more}, which is not known: these rows count as "
        f"purchases; transactions.statuses says otherwise, such as {{{word}: none}}"
    )


def _refund(
    beside: Beside, seen: Seen, columns: Columns, policies: TransactionsConfig, told: _Told
) -> Refund | None:
    column = beside.refund
    if column is None:
        return None
    found = seen.number(column)
    bad = found.filter("bad").height
    values = found.filter(~pl.col("bad"))
    if bad:
        told.warnings.append(
            f"{column!r} holds {bad:,} values that are no numbers; nothing counts as refunded there"
        )
    if not values.height:
        told.notices.append(f"nothing was refunded by {column!r}")
        return None
    per_order = _per_order(values, columns, policies) and not beside.pieces
    what = "pieces given back" if beside.pieces else "money given back"
    each = "once an order" if per_order else "row by row"
    told.notices.append(
        f"{values.height:,} rows have {what} in {column!r}, such as "
        f"{about(values['value'][0])}: taken {each} from what is net, never from what is "
        f"gross (transactions.refund: {policies.refund}; line, order or off)"
    )
    return Refund(column, beside.pieces, per_order)


def _per_order(values: pl.DataFrame, columns: Columns, policies: TransactionsConfig) -> bool:
    if columns.get("transaction_id") is None:
        return False
    if policies.refund != "auto":
        return policies.refund == "order"
    return bool(columns.export and columns.export.order_refund) or once_an_order(values)


def _discount(
    beside: Beside, seen: Seen, columns: Columns, policies: TransactionsConfig, told: _Told
) -> Discount | None:
    column = beside.discount
    if column is None:
        return None
    found = seen.number(column)
    values = found.filter(~pl.col("bad"))
    if not values.height:
        if not found.height:
            told.notices.append(f"no row has a discount in {column!r}")
        return None
    by_hand = "discount" in columns.marks
    export = columns.export
    if export and export.order_money and not by_hand:
        return None
    if (columns.get("amount") and not by_hand) or (export and _covers(columns)):
        told.notices.append(
            f"{column!r} is not taken off: {_money(columns)} is taken for what was paid "
            "(input.columns.discount names a discount that is to be taken off)"
        )
        return None
    kind = (export.discount if export else None) or _kind(column, values, policies)
    if kind is None:
        told.warnings.append(
            f"{column!r} has a discount on {values.height:,} rows, such as "
            f"{about(values['value'][0])}, which may be a percentage or money and is not taken "
            "off: transactions.discount says what it is (share, percent, amount or off)"
        )
        return None
    words = {
        "share": "a share of quantity times price", "percent": "a percentage",
        "amount": "money a line",
    }[kind]  # fmt: skip
    told.notices.append(
        f"{column!r} is taken off {_money(columns)} as {words} on {values.height:,} rows, such as "
        f"{about(values['value'][0])} (transactions.discount: {policies.discount}; off leaves it)"
    )
    return Discount(column, kind)


def _covers(columns: Columns) -> bool:
    export = columns.export
    return export is not None and export.discounts_counted and "discount" not in columns.by_hand


def _kind(column: str, values: pl.DataFrame, policies: TransactionsConfig) -> DiscountKind | None:
    asked = policies.discount
    if asked in ("share", "percent", "amount"):
        return asked
    return discount_kind(column, values)


def _money(columns: Columns) -> str:
    if column := columns.get("amount"):
        return repr(column)
    return f"{columns.named['quantity']!r} times {columns.named['unit_price']!r}"


def _tell_not_money(source: Source, columns: Columns, told: _Told) -> None:
    used = set(columns.named.values()) | set(columns.marks.values())
    found = [c for c in source.schema if c not in used and fold(c) in NOT_MONEY]
    if found:
        listed = ", ".join(map(repr, found[:6]))
        verb = "are" if len(found) > 1 else "is"
        told.notices.append(
            f"{listed} {verb} neither added nor taken off: money is {_money(columns)}"
        )
