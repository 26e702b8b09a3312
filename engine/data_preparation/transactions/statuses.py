"""Which columns say whether a row's money counts, by their names and by what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.data_preparation.transactions.status_words import (
    BANK_WORDS,
    FALSE_WORDS,
    OTHER_WORDS,
    TRUE_WORDS,
    State,
    fold,
    state_of,
)

Kind = Literal["status", "weak", "delivery", "type", "flag", "date", "named", "values"]

MEANINGS = {
    "purchase": State.PURCHASE, "return": State.RETURN, "refund": State.REFUND, "none": State.NONE,
}  # fmt: skip
"""What ``transactions.statuses`` may say of a word."""

MOST_WORDS = 200
"""Different values up to which a column may be one of statuses."""

_NOT_OF_MONEY = (
    "marital", "civil", "employ", "customer", "member", "loyal", "account", "subscri", "vip",
    "educat", "famil", "client", "kunden", "famille", "medeni", "user", "tax", "inventory", "stock",
    "health", "smok", "resid", "immigr", "legal", "relationship", "housing", "home",
)  # fmt: skip
_STATUS = tuple(fold(w) for w in (
    "order status", "orders status", "payment status", "financial status", "transaction status",
    "invoice status", "sale status", "sales status", "order state", "payment state",
    "current state",
    "purchase status", "line status", "item status", "statut commande", "statut paiement",
    "état commande", "Bestellstatus", "Auftragsstatus", "Zahlungsstatus", "Rechnungsstatus",
    "estado pedido", "estado del pedido", "estado pago", "stato ordine", "stato pagamento",
    "status pedido", "status do pedido", "status pagamento", "orderstatus", "betaalstatus",
    "sipariş durumu", "ödeme durumu", "status zamówienia", "status płatności", "orderstatus",
    "betalningsstatus", "ordrestatus", "betalingsstatus", "статус заказа", "статус оплаты",
    "transaction state", "order_status_name", "return status", "refund status", "cancel status",
))  # fmt: skip
_WEAK = tuple(fold(w) for w in (
    "status", "state", "Zustand", "statut", "état", "estado", "stato", "situação", "durum",
    "durumu",
    "stan", "tillstånd", "tilstand", "статус", "состояние", "situation", "outcome", "disposition",
))  # fmt: skip
_DELIVERY = ("fulfil", "deliver", "shipping", "shipment", "liefer", "versand", "livraison", "envio",
             "kargo", "wysyl", "dostaw", "leverans", "levering", "verzend", "spediz")  # fmt: skip
_TYPE = tuple(fold(w) for w in (
    "type", "transaction type", "transactiontype", "event type", "kind", "record type",
    "entry type",
    "order type", "sale type", "line type", "document type", "doc type", "invoice type", "Belegart",
    "Vorgang", "transaction kind", "type de transaction", "tipo", "tipo transacción", "işlem tipi",
    "typ", "typ transakcji", "тип", "тип операции", "movement type", "item type", "payment type",
))  # fmt: skip
_FLAGS: Mapping[State, frozenset[str]] = {
    State.NONE: frozenset(fold(w) for w in (
        "cancelled", "canceled", "is cancelled", "is canceled", "order cancelled", "cancel",
        "cancelled flag", "cancel flag", "void", "voided", "is void", "is voided", "deleted",
        "is deleted", "is test", "test order", "is test order", "test", "is cancellation", "failed",
        "storniert", "ist storniert", "annulé", "annulée", "cancelado", "anulado", "annullato",
        "geannuleerd", "iptal", "iptal mi", "anulowane", "annullerad", "annulleret", "отменен",
        "отмена", "cancelled order", "aborted", "declined", "refused",
    )),
    State.RETURN: frozenset(fold(w) for w in (
        "returned", "is returned", "refunded", "is refunded", "chargeback", "is chargeback",
        "retourniert", "erstattet", "retourné", "remboursé", "devuelto", "reembolsado", "reso",
        "rimborsato", "devolvido", "geretourneerd", "iade", "iade edildi", "zwrócone", "zwrot",
        "returnerad", "returneret", "возврат", "return flag", "returned flag", "was returned",
        "item returned", "order returned", "returns", "return", "returned item", "refund flag",
    )),
    State.REFUND: frozenset(fold(w) for w in ("is refund", "is return", "is credit note")),
}  # fmt: skip
_OPPOSITE: Mapping[str, State] = {
    "livemode": State.NONE, "live": State.NONE, "paid": State.OPEN, "ispaid": State.OPEN,
    "bezahlt": State.OPEN, "captured": State.OPEN, "iscompleted": State.OPEN,
}  # fmt: skip
_DATES: Mapping[str, State] = {
    **{fold(f"{w} {a}"): State.NONE for w in ("cancelled", "canceled", "voided", "cancellation")
       for a in ("at", "date", "on", "time")},
    **{fold(f"{w} {a}"): State.RETURN for w in ("refunded", "refund")
       for a in ("at", "date", "on")},
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A column that may say whether money counts.

    Attributes
    ----------
    column : str
    kind : how it came to be one
        ``named`` by a person, else by its name; ``values`` by what it holds alone.
    state : State or None
        What a flag or a date says where it is set.
    opposite : bool
        The state holds where the flag is not set.
    """

    column: str
    kind: Kind
    state: State | None = None
    opposite: bool = False


@dataclass(frozen=True)
class StatusRule:
    """A column that is used, and what each of its values says.

    Attributes
    ----------
    column : str
    states : mapping of str to State
        By the value as the column holds it, without outer blanks.
    counts : mapping of State to rows
    examples : mapping of State to the most frequent value
    unknown : mapping of value to rows
    set_state : State or None
        What any value at all says, in a column of dates.
    """

    column: str
    states: Mapping[str, State]
    counts: Mapping[State, int] = field(default_factory=dict)
    examples: Mapping[State, str] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    set_state: State | None = None


def candidate_of(column: str) -> Candidate | None:
    """Tell by its name whether a column may say that money counts; None where it does not.

    Examples
    --------
    >>> candidate_of("Financial Status").kind, candidate_of("marital_status")
    ('status', None)
    >>> candidate_of("is_returned").state
    <State.RETURN: 2>
    """
    name = fold(column)
    flag = next((s for s, names in _FLAGS.items() if name in names), None)
    if flag is not None:
        return Candidate(column, "flag", flag)
    if name in _OPPOSITE:
        return Candidate(column, "flag", _OPPOSITE[name], opposite=True)
    if name in _DATES:
        return Candidate(column, "date", _DATES[name])
    kind = _kind(name)
    return Candidate(column, kind) if kind else None


def _kind(name: str) -> Kind | None:
    if name in _STATUS:
        return "status"
    if name in _WEAK:
        return "weak"
    if name in _TYPE:
        return "type"
    says = any(w in name for w in ("status", "statut", "durum", "estado", "stato", "статус"))
    if not says or any(word in name for word in _NOT_OF_MONEY):
        return None
    return "delivery" if any(word in name for word in _DELIVERY) else "weak"


def may_hold_statuses(column: str) -> bool:
    """Tell whether a column of another name may be one of statuses by its values."""
    return not any(word in fold(column) for word in _NOT_OF_MONEY)


def judge(
    candidate: Candidate, values: Mapping[str, int], words: Mapping[str, str], rows: int
) -> StatusRule | str | None:
    """Decide what a column says: a rule, a sentence that asks, or nothing.

    Parameters
    ----------
    candidate : Candidate
    values : mapping of value to rows
        All values but empty ones, without outer blanks.
    words : mapping of word to meaning
        Of ``transactions.statuses`` and of the export; they go before the usual words.
    rows : int
        Of the files.
    """
    if not values:
        return None
    if candidate.kind == "date":
        assert candidate.state is not None
        total = sum(values.values())
        if total > rows / 2:
            return None
        return StatusRule(candidate.column, {}, {candidate.state: total}, {
            candidate.state: next(iter(values))}, {}, candidate.state)  # fmt: skip
    own = {fold(word): MEANINGS[meaning] for word, meaning in words.items()}
    if candidate.kind == "flag":
        states = {v: _flag(v, candidate, own) for v in values}
        if any(s is None for s in states.values()):
            known = any(s not in (None, State.PURCHASE) for s in states.values())
            return _rule(candidate, values, states) if known else _ask(candidate, values)
        return _rule(candidate, values, states)
    states = {v: _word(v, candidate, own) for v in values}
    if _useful(candidate, values, states):
        return _rule(candidate, values, states)
    return _ask(candidate, values) if _asks(candidate, values, states) else None


def _flag(value: str, candidate: Candidate, own: Mapping[str, State]) -> State | None:
    word = fold(value) or value
    if word in own:
        return own[word]
    if word in TRUE_WORDS:
        return State.PURCHASE if candidate.opposite else candidate.state
    if word in FALSE_WORDS:
        return candidate.state if candidate.opposite else State.PURCHASE
    if candidate.opposite:
        return None
    said = state_of(value)
    return said if said in (State.NONE, State.RETURN, State.PURCHASE) else None


def _word(value: str, candidate: Candidate, own: Mapping[str, State]) -> State | None:
    word = fold(value)
    if word in own:
        return own[word]
    state = state_of(value)
    if candidate.kind == "type" and state is State.RETURN:
        return State.REFUND
    if candidate.kind == "delivery" and state not in (None, State.NONE, State.RETURN):
        return State.PURCHASE
    return state


def _useful(
    candidate: Candidate, values: Mapping[str, int], states: Mapping[str, State | None]
) -> bool:
    known = sum(n for v, n in values.items() if states[v] is not None)
    share = known / sum(values.values())
    found = {s for s in states.values() if s is not None}
    if candidate.kind in ("named", "status"):
        return bool(found) and share >= 0.5
    if candidate.kind in ("type", "delivery"):
        return share >= 0.9 and bool(found & {State.NONE, State.RETURN, State.REFUND})
    if candidate.kind == "values":
        return share >= 0.95 and bool(found & {State.NONE, State.RETURN}) and len(found) > 1
    return share >= 0.5 and bool(found - {State.OPEN})


def _asks(
    candidate: Candidate, values: Mapping[str, int], states: Mapping[str, State | None]
) -> bool:
    """Tell whether a column that is not used is worth a question."""
    if candidate.kind == "type":
        return any(fold(v) in BANK_WORDS for v in values)
    if candidate.kind in ("values", "delivery"):
        return False
    if candidate.kind in ("named", "status"):
        return True
    if any(fold(v) in OTHER_WORDS for v in values):
        return False
    known = any(s in (State.NONE, State.RETURN) for s in states.values())
    return known or (fold(candidate.column) in ("status", "statut", "durum") and len(values) <= 20)


def _ask(candidate: Candidate, values: Mapping[str, int]) -> str:
    few = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    listed = ", ".join(f"{v!r} ({n:,} rows)" for v, n in few[:6])
    more = f" and {len(few) - 6:,} more" if len(few) > 6 else ""
    meanings = " | ".join(MEANINGS)
    return (
        f"{candidate.column!r} may say which rows count, but its values are not known: {listed}"
        f"{more}; it is not used. Say what they mean in transactions.statuses, such as "
        f"{{{few[0][0]}: purchase}} ({meanings}), or set it to off"
    )


def _rule(
    candidate: Candidate, values: Mapping[str, int], states: Mapping[str, State | None]
) -> StatusRule:
    counts: Counter[State] = Counter()
    examples: dict[State, str] = {}
    for value, n in sorted(values.items(), key=lambda item: (-item[1], item[0])):
        state = states[value]
        if state is not None:
            counts[state] += n
            examples.setdefault(state, value)
    known = {v: s for v, s in states.items() if s is not None}
    unknown = {v: values[v] for v, s in states.items() if s is None}
    return StatusRule(candidate.column, known, dict(counts), examples, unknown)
