"""A column called ``id`` beside customers' names: it numbers rows, and the names tell customers."""

from __future__ import annotations

from collections.abc import Mapping

from engine.data_preparation.transactions.status_words import fold

_NAMES = (
    "customername", "clientname", "buyername", "client", "buyer", "kunde", "kundenname", "cliente",
    "nomclient", "nombrecliente", "customerfullname",
)  # fmt: skip


def names_of_people(columns: list[str]) -> list[str]:
    """List the columns that hold customers' names by what they are called, the likeliest first.

    Examples
    --------
    >>> names_of_people(["City", "Customer Name", "total"])
    ['Customer Name']
    """
    return [c for n in _NAMES for c in columns if fold(c) == n]


def settle_customer(
    named: dict[str, str], given: Mapping[str, str], columns: list[str]
) -> list[str]:
    """Take customers' names for the customer where only a column ``id`` was found.

    Parameters
    ----------
    named : dict of canonical name to column
        Changed in place.
    given : mapping
        What a person named, which stays.
    columns : list of str
        Of the file.

    Returns
    -------
    notices : list of str

    Examples
    --------
    >>> named = {"customer_id": "id"}
    >>> notices = settle_customer(named, {}, ["id", "Customer Name", "total"])
    >>> named["customer_id"]
    'Customer Name'
    """
    found = named.get("customer_id")
    if found is None or "customer_id" in given or fold(found) != "id":
        return []
    taken = set(named.values())
    name = next((c for c in names_of_people(columns) if c not in taken), None)
    if name is None:
        return []
    named["customer_id"] = name
    return [
        f"customers are told apart by {name!r}, as {found!r} numbers rows: those of one name are "
        "one customer (input.columns.customer_id names another column)"
    ]
