"""Addresses of databases in a configuration: named in the environment, or without a password."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from engine.config.paths import SECRET
from engine.utilities.remote import holds_secret, is_named

DATABASES = ("sqlite", "postgresql", "postgres")
"""Schemes of databases that are read and written."""


def is_database(address: str) -> bool:
    """Tell the address of a database by its scheme.

    Examples
    --------
    >>> is_database("postgresql://db/shop"), is_database("s3://shop/a.csv")
    (True, False)
    """
    scheme, colon, _ = address.partition("://")
    return bool(colon) and scheme.lower() in DATABASES


def _checked(value: str) -> str:
    if holds_secret(value):
        raise ValueError(SECRET.replace("SHOP_DATA", "SHOP_DB"))
    if not is_database(value) and not is_named(value):
        message = (
            "must be sqlite:///folder/shop.db or postgresql://user@host/shop, without a password, "
            "or name an environment variable that holds one: env:SHOP_DB"
        )
        raise ValueError(message)
    return value


Connection = Annotated[str, AfterValidator(_checked)]
"""The address of a database, or ``env:NAME``."""
