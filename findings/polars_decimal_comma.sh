#!/usr/bin/env bash
# Polars 2.1.0: with decimal_comma=True a column of numbers still takes a point for a decimal mark,
# without a word, once its type is known: from the schema, or from the first 100 rows.
#
# In a file with decimal commas a point parts thousands: 1.234 is one thousand two hundred and
# thirty-four. What is read is a thousandth of it, in the same column in which "7,5" is 7.5.
#
# Seen: after 100 rows of "7,5" the value "1.234" is Float64 1.234; with schema_overrides too.
# Here: engine/data_preparation/reading/numbers.py looks for both marks in all rows and converts
# strictly; tests/data_preparation/reading/test_numbers.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check polars==2.1.0
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import polars as pl


def last(values: list[str], **more: object) -> tuple[pl.DataType, object]:
    text = "\n".join(["amount", *values]) + "\n"
    found = pl.read_csv(io.StringIO(text), separator=";", decimal_comma=True, **more)["amount"]
    return found.dtype, found[-1]


cases = {
    "inferred from 100 rows of 7,5": last(["7,5"] * 100 + ["1.234"]),
    "declared as Float64": last(["7,5", "1.234"], schema_overrides={"amount": pl.Float64}),
}
print(f"polars {pl.__version__}, read_csv(separator=';', decimal_comma=True), the value 1.234:")
for case, (dtype, value) in cases.items():
    print(f"{case}: {dtype} {value}")
as_seen = all(found == (pl.Float64(), 1.234) for found in cases.values())
print("as seen" if as_seen else "NOT as seen: 1.234 was read as 1.234")
sys.exit(not as_seen)
PYTHON
