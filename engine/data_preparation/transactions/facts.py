"""What became of the rows, in sentences and in numbers: each policy, its rows and its money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.config.transactions import TransactionsConfig
from engine.data_preparation.transactions import settling
from engine.data_preparation.transactions.adjustments import ORDERS_OWN
from engine.data_preparation.transactions.columns import Columns
from engine.data_preparation.transactions.money import as_text
from engine.data_preparation.transactions.reasons import Reason
from engine.data_preparation.transactions.tallies import Tally
from engine.errors import DataError

_MANY = 0.2
"""Share of rows dropped by one policy from which on people are warned."""

_DROPPED = {"drop", "merge", "ignore", "money_only"}
_GONE = {"money_only": "in no basket"}


def policy_facts(
    tally: Tally, policies: TransactionsConfig, columns: Columns
) -> list[dict[str, Any]]:
    """List what was counted, policy by policy; rows stand under the first that takes them.

    Returns
    -------
    facts : list of dict
        what, key (of the configuration), policy, rows, amount (text, or None where money means
        nothing), words.
    """
    facts = []
    for what, key, words in _listed(columns):
        name = what.name if isinstance(what, Reason) else what
        policy = "drop" if what is Reason.TOO_LATE else str(getattr(policies, key))
        if what == settling.NON_PRODUCTS and policy == "drop":
            name = Reason.NON_PRODUCT.name
        rows = tally.rows[name]
        amount = None if what is Reason.NO_AMOUNT else as_text(tally.money[name])
        things = "rows" if what not in _LINES else "lines"
        facts.append(_fact(_label(what), key, policy, rows, amount, f"{things} {words}"))
    return [*facts, *_beside(tally)]


_BESIDE = (
    (Reason.NO_PURCHASE, "statuses", "say that they are no purchases"),
    (Reason.UNSETTLED, "unsettled", "say that they are not settled"),
    (Reason.OTHER_CURRENCY, "currency", "are in another currency or say none"),
)


def _beside(tally: Tally) -> list[dict[str, Any]]:
    """List rows that columns beside the money leave out; currencies are never added up."""
    found = []
    for what, key, words in _BESIDE:
        if rows := tally.rows[what.name]:
            amount = None if what is Reason.OTHER_CURRENCY else as_text(tally.money[what.name])
            money = f", {Decimal(amount):,} in all" if amount is not None else ""
            found.append({
                "what": _label(what), "key": key, "policy": "drop", "rows": rows,
                "amount": amount,
                "words": f"{rows:,} rows {words}{money}: left out (transactions.{key})",
            })  # fmt: skip
    return found


_LINES = (settling.RETURNS, settling.NON_PRODUCTS)


def _listed(columns: Columns) -> list[tuple[Reason | str, str, str]]:
    """List what is counted, the policy's key, and what such rows do or are."""
    customer = columns.named["customer_id"]
    date = columns.get("transaction_date") or "year and month"
    return [
        (settling.FULL_DUPLICATES, "duplicates", "repeat another of the file in every column"),
        (settling.REPEATED, "repeated_invoices", "stand in an earlier file already"),
        (Reason.NO_ID, "missing_ids", f"have no customer in {customer!r}"),
        (Reason.NO_DATE, "missing_dates", f"have no date that reads in {date!r}"),
        (Reason.NO_AMOUNT, "missing_amounts", f"have no money ({_money_words(columns)})"),
        (Reason.ZERO_PRICE, "zero_prices", "have a price or an amount of zero"),
        (Reason.NEGATIVE_PRICE, "negative_prices", "have a price below zero"),
        (settling.RETURNS, "returns", "are returns or cancellations"),
        (settling.NON_PRODUCTS, "non_products", "are postage, fees or corrections"),
        (Reason.TOO_LATE, "snapshot", "are dated at the snapshot or later"),
    ]


def _fact(
    what: str, key: str, policy: str, rows: int, amount: str | None, words: str
) -> dict[str, Any]:
    done = {
        "drop": "dropped", "merge": "dropped", "ignore": "left out", "keep": "kept",
        "error": "none may be", "net": "subtracted from what is net, never from what is gross",
        "money_only": "counted in money, not among products and baskets",
    }[policy]  # fmt: skip
    money = f", {Decimal(amount):,} in all" if rows and amount is not None else ""
    sentence = f"{rows:,} {words}{money}: {done} (transactions.{key}: {policy})"
    return {
        "what": what, "key": key, "policy": policy, "rows": rows, "amount": amount,
        "words": sentence,
    }  # fmt: skip


def _label(what: Reason | str) -> str:
    names = {
        Reason.NO_ID: "rows without a customer",
        Reason.NO_DATE: "rows without a date",
        Reason.NO_AMOUNT: "rows without money",
        Reason.ZERO_PRICE: "zero prices",
        Reason.NEGATIVE_PRICE: "negative prices",
        Reason.TOO_LATE: "rows after the snapshot",
        Reason.NO_PURCHASE: "cancelled and failed",
        Reason.UNSETTLED: "not settled",
        Reason.OTHER_CURRENCY: "other currencies",
    }
    return names[what] if isinstance(what, Reason) else what


def _money_words(columns: Columns) -> str:
    if column := columns.get("amount"):
        return repr(column)
    return f"{columns.named['quantity']!r} times {columns.named['unit_price']!r}"


def _repeated(invoices: int, tally: Tally, policies: TransactionsConfig) -> str:
    """Say what files hold twice, in transactions, rows and money."""
    have = "transaction has" if invoices == 1 else "transactions have"
    rows, money = tally.rows[settling.REPEATED], Decimal(as_text(tally.money[settling.REPEATED]))
    policy = policies.repeated_invoices
    again = f"{rows:,} row" if rows == 1 else f"{rows:,} rows"
    counted = "once" if policy == "merge" else "again"
    done = f"{'is' if rows == 1 else 'are'} counted {counted}"
    return (
        f"{invoices:,} {have} rows in more than one file; {again} that an earlier file holds "
        f"already, {money:,} in all, {done} (transactions.repeated_invoices: {policy})"
    )


def _shared(lines: int) -> str:
    repeat = "1 line that counts repeats" if lines == 1 else f"{lines:,} lines that count repeat"
    return f"{repeat} a date that their customer has already"


def tally_notices(tally: Tally, columns: Columns, policies: TransactionsConfig) -> list[str]:
    """Say what was decided about rows that were kept."""
    rows, notices = tally.rows, []
    if blank := rows[Reason.BLANK.name]:
        notices.append(f"{blank:,} empty lines were skipped")
    if columns.get("transaction_id") is None:
        notices.append(
            "no column numbers transactions: a customer's rows of one date are one transaction; "
            + _shared(rows[settling.SHARED_DAYS])
        )
    elif unnumbered := rows[settling.UNNUMBERED]:
        notices.append(
            f"{unnumbered:,} lines have no transaction number; a customer's of one date are one "
            "transaction"
        )
    if "year" in columns.named:
        notices.append("the date of a row is the last day of its month")
    if invoices := rows[settling.REPEATED_INVOICES]:
        notices.append(_repeated(invoices, tally, policies))
    if marked := rows[settling.BY_NUMBER]:
        notices.append(
            f"{marked:,} lines with positive money are returns because their transaction is "
            "numbered C and digits (transactions.cancellations)"
        )
    if added := rows[ORDERS_OWN]:
        notices.append(
            f"{added:,} orders come to another sum than their lines, as by discounts: theirs counts"
        )
    if letters := rows[settling.LETTERS]:
        notices.append(
            f"{letters:,} lines have a product code of one letter: these are products, D, M, S and "
            "B among them, unless transactions.non_product_codes is a list of your own"
        )
    return notices


def tally_warnings(facts: list[dict[str, Any]], rows: int) -> list[str]:
    """Warn of policies that drop a large share of the rows, or of the products."""
    return [
        f"{fact['rows'] / rows:.0%} of all rows are {_GONE.get(fact['policy'], 'gone')}: "
        f"{fact['words']}"
        for fact in facts
        if fact["policy"] in _DROPPED and fact["rows"] > _MANY * rows
    ]


def refuse(tally: Tally, policies: TransactionsConfig, columns: Columns, label: str) -> None:
    """Raise for the first policy that is ``error`` and has rows.

    Parameters
    ----------
    tally : Tally
        Over all rows, before copies are dropped.
    policies, columns, label

    Raises
    ------
    DataError
        Naming rows, column and key.
    """
    for what, key, words in _listed(columns):
        rows = tally.rows[what.name if isinstance(what, Reason) else what]
        if rows and key != "snapshot" and getattr(policies, key) == "error":
            message = (
                f"{label}: {rows:,} rows {words}; correct them, or set "
                f"transactions.{key} to {_INSTEAD.get(key, 'drop')}."
            )
            raise DataError(message)


_INSTEAD = {"negative_prices": "drop or keep", "returns": "net or ignore"}


def nobody(tally: Tally, policies: TransactionsConfig, columns: Columns, label: str) -> DataError:
    """Say that no purchase is left, and which policies took the rows."""
    facts = policy_facts(tally, policies, columns)
    took = [fact["words"] for fact in facts if fact["rows"]]
    because = f": {'; '.join(took)}" if took else ""
    message = f"{label} holds no purchase of a known customer{because}."
    return DataError(message)
