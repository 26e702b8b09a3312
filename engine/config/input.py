"""The section ``input`` of a configuration: which files, and how they are written.

What a key means stands in ``config.yaml``, key by key.
"""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from engine.config.connections import Connection
from engine.config.paths import SourcePath
from engine.config.problems import suggestion
from engine.utilities.params import Params
from engine.utilities.shown import shown

CANONICAL = (
    "customer_id",
    "transaction_id",
    "transaction_date",
    "product_id",
    "product_name",
    "quantity",
    "unit_price",
    "amount",
    "category",
    "status",
    "refund",
    "discount",
    "currency",
)
"""Names that ``input.columns`` may give a column of the file."""


DATE_FORMATS = (
    "auto", "ymd", "dmy", "mdy", "spreadsheet", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns",
)  # fmt: skip
"""What ``input.read.date_format`` may say beside a pattern such as ``%d.%m.%Y``."""


def _auto_or_truth(value: Any) -> Any:
    if value == "auto" or isinstance(value, bool):
        return value
    message = "must be auto, true or false"
    raise ValueError(message)


AutoOrTruth = Annotated[bool | Literal["auto"], BeforeValidator(_auto_or_truth)]


ENCODINGS = ("auto", "utf8", "cp1252", "latin1", "utf8-lossy")
_NO_TEXT = ("idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined")
"""What Python takes for encodings of text and no file is written in."""

_DATE_PARTS = re.compile("%[YyCFDxs]")


class ReadConfig(Params):
    """How files are read; CSV only, Parquet needs none of it but the order of dates."""

    separator: str = "auto"
    encoding: str = "auto"
    decimal_comma: AutoOrTruth = "auto"
    thousands: Literal["auto", "off", ",", ".", " ", "'"] = "auto"
    date_format: str = "auto"
    header: AutoOrTruth = "auto"
    description_row: AutoOrTruth = "auto"
    skip_rows: int = Field(0, ge=0, le=1_000_000)
    sheet: str | None = None
    null_values: tuple[str, ...] = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None")

    @field_validator("separator")
    @classmethod
    def _one_byte(cls, value: str) -> str:
        if value != "auto" and (len(value) != 1 or not value.isascii() or value in '"\n\r'):
            message = "must be auto or one ASCII character, such as ',', ';' or a tab"
            raise ValueError(message)
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        if value in ENCODINGS:
            return value
        try:
            found = codecs.lookup(value)
        except (LookupError, ValueError):
            found = None
        if found is None or not found._is_text_encoding or found.name in _NO_TEXT:
            message = f"must be one of {', '.join(ENCODINGS)}, or a name such as cp1254 or utf-16"
            raise ValueError(message)
        return "utf8" if found.name in ("utf-8", "utf-8-sig") else found.name

    @field_validator("date_format")
    @classmethod
    def _known_dates(cls, value: str) -> str:
        if value not in DATE_FORMATS and not ("%" in value and _DATE_PARTS.search(value)):
            message = f"must be one of {', '.join(DATE_FORMATS)}, or a pattern such as %d.%m.%Y"
            raise ValueError(message)
        return value

    @field_validator("thousands", mode="before")
    @classmethod
    def _word_off(cls, value: Any) -> Any:
        """YAML 1.1 reads ``off`` as false; both mean off."""
        return "off" if value is False or value is None else value

    @model_validator(mode="after")
    def _two_marks(self) -> ReadConfig:
        marks = {(True, ","): "a comma", (False, "."): "a point"}
        for (comma, mark), name in marks.items():
            if self.decimal_comma is comma and self.thousands == mark:
                message = f"thousands must not be {mark!r} where the decimal mark is {name}"
                raise ValueError(message)
        return self


class InputConfig(Params):
    """What to segment."""

    path: SourcePath = "data/external/customers.parquet"
    sql: str | None = None
    connection: Connection | None = None
    kind: Literal["customers", "transactions"] = "customers"
    customers: SourcePath | None = None
    id: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    fold_ids: Literal["auto", "never"] | tuple[Literal["case", "zeros"], ...] = "auto"
    read: ReadConfig = ReadConfig()

    @field_validator("columns")
    @classmethod
    def _canonical(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name not in CANONICAL:
                message = f"does not know the name {shown(name)}{suggestion(name, CANONICAL)}"
                raise ValueError(message)
        return value

    @field_validator("fold_ids", mode="before")
    @classmethod
    def _folds(cls, value: Any) -> Any:
        wanted = [value] if value in ("case", "zeros") else value
        listed = isinstance(wanted, list | tuple) and all(v in ("case", "zeros") for v in wanted)
        if not listed and value not in ("auto", "never"):
            message = "must be auto, never, or a list of case and zeros"
            raise ValueError(message)
        return tuple(dict.fromkeys(wanted)) if listed else value

    @field_validator("path", "customers", mode="before")
    @classmethod
    def _as_words(cls, value: Any) -> Any:
        return str(value) if isinstance(value, PurePath) else value

    @field_validator("path", "customers")
    @classmethod
    def _not_empty(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            message = "must name a file, a folder or a glob"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _asked_whom(self) -> InputConfig:
        if self.sql is not None and not self.sql.strip(" \n\t;"):
            message = "sql must be a SELECT"
            raise ValueError(message)
        if (self.sql is None) != (self.connection is None):
            lacking = "connection" if self.connection is None else "sql"
            message = f"sql and connection go together, and {lacking} is not given"
            raise ValueError(message)
        if self.sql is not None and self.path != type(self).model_fields["path"].default:
            message = "path and sql are two inputs: give one of them"
            raise ValueError(message)
        return self

    @property
    def place(self) -> str:
        """Where the customers are, in words: their path, or that a query asks for them."""
        return self.path if self.sql is None else f"the query on {self.connection} (input.sql)"
