"""Where segments are written beside a run: files here, objects, tables of databases."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from engine.config.connections import is_database
from engine.config.paths import SECRET, expanded
from engine.utilities.remote import holds_secret, is_named, is_remote, scheme_of

STORES = ("s3", "s3a", "gs", "gcs")
SUFFIXES = (".parquet", ".csv")


def wrong_target(value: str) -> str:
    """Say in a clause why nothing can be written there; empty where it can."""
    if holds_secret(value):
        return SECRET.replace("SHOP_DATA", "SHOP_DB")
    return wrong_kind(value)


def wrong_kind(value: str) -> str:
    """Say in a clause why nothing can be written there, whatever secrets it holds."""
    if is_named(value) or is_database(value):
        return ""
    if is_remote(value) and scheme_of(value) not in STORES:
        return (
            f"is of a kind ({scheme_of(value)}) that is not written; those are s3://, gs://, "
            "postgresql://, sqlite:// and files"
        )
    if PurePosixPath(value).suffix.lower() not in SUFFIXES:
        return "must end in .parquet or .csv"
    return ""


def _checked(value: str) -> str:
    if wrong := wrong_target(value):
        raise ValueError(wrong)
    if not (is_remote(value) or is_named(value)):
        expanded(value)  # how long it may be is known where it is written
        if "\0" in value:
            message = "holds a letter that no path can have"
            raise ValueError(message)
    return value


def _listed(value: Any) -> Any:
    return [] if value is None else [value] if isinstance(value, str) else value


Targets = Annotated[tuple[Annotated[str, AfterValidator(_checked)], ...], BeforeValidator(_listed)]
"""Addresses; one alone may stand without a list."""
