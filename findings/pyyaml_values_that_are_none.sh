#!/usr/bin/env bash
# PyYAML 6.0.3: safe_load raises ValueError, which is no YAMLError, for a plain scalar that only looks
# like a date or a number: 2011-02-30, or a whole number of more digits than Python converts.
#
# The value is plain text to whoever wrote it, in a file that is valid YAML. A reader that catches
# yaml.YAMLError, as the manual shows, meets a traceback without line or column.
#
# Seen: ValueError, not YAMLError, for both; the same in quotes is text.
# Here: engine/config/yaml_text.py gives the text, so that the key's own check names key and value;
# tests/config/test_wrong_values.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check pyyaml==6.0.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import yaml


def outcome(text: str) -> str:
    try:
        return type(yaml.safe_load(text)).__name__
    except yaml.YAMLError:
        return "YAMLError"
    except Exception as error:
        return type(error).__name__


cases = {"2011-02-30": "ValueError", "9" * 5_000: "ValueError", "'2011-02-30'": "str"}
print(f"PyYAML {yaml.__version__}, safe_load:")
found = {text: outcome(text) for text in cases}
for text, what in found.items():
    print(f"{text[:20]}: {what}")
print("as seen" if found == cases else "NOT as seen")
sys.exit(found != cases)
PYTHON
