"""Records the signatures of cuML's clustering from its wheel, which is read and not installed.

pip download --no-deps --dest FOLDER "cuml-cu12==26.10.*"
python -m tests.peers.record_cuml FOLDER/cuml_cu12-26.10.0-*.whl
"""

from __future__ import annotations

import ast
import json
import re
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("cuml_signatures.json")

_FILES = {
    "KMeans": "cuml/cluster/kmeans.pyx",
    "AgglomerativeClustering": "cuml/cluster/agglomerative.pyx",
    "SpectralClustering": "cuml/cluster/spectral_clustering.pyx",
}
_DEF = re.compile(r"^    def (\w+)\((.*?)\)(?: -> [^\n]*)?:$", re.MULTILINE | re.DOTALL)
_ATTRIBUTE = re.compile(
    r"^    (\w*[a-z]_) = CumlArrayDescriptor|\bself\.([a-z]\w*_) = ", re.MULTILINE
)


def recorded(wheel: Path) -> dict[str, Any]:
    """Read the version, and of each class parameters with defaults, methods and attributes."""
    with zipfile.ZipFile(wheel) as files:
        sources = {name: files.read(file).decode() for name, file in _FILES.items()}
    classes = {name: _of_class(name, source) for name, source in sources.items()}
    return {"version": wheel.name.split("-")[1], "classes": classes}


def _of_class(name: str, source: str) -> dict[str, Any]:
    body = re.split(rf"^class {name}\b", source, flags=re.MULTILINE)[1]
    body = re.split(r"^(?:class|def|cdef) ", body, flags=re.MULTILINE)[0]
    found = {match[1]: match[2] for match in _DEF.finditer(body)}
    attributes = {one or other for one, other in _ATTRIBUTE.findall(body)}
    return {
        "parameters": _parameters(found["__init__"]),
        "methods": {n: list(_parameters(text)) for n, text in found.items() if n[0] != "_"},
        "attributes": sorted(attributes),
    }


def _parameters(text: str) -> dict[str, Any]:
    """Give the names and defaults of a signature; None stands for those that have none, too."""
    tree = ast.parse(f"def it({textwrap.dedent(text)}): pass").body[0]
    assert isinstance(tree, ast.FunctionDef)
    its = tree.args
    plain = [*its.posonlyargs, *its.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(its.defaults))
    pairs = [
        *zip(plain, [*defaults, *its.defaults], strict=True),
        *zip(its.kwonlyargs, its.kw_defaults, strict=True),
    ]
    return {a.arg: _value(default) for a, default in pairs if a.arg != "self"}


def _value(default: ast.expr | None) -> Any:
    if isinstance(default, ast.BinOp) and isinstance(default.op, ast.LShift):
        return _value(default.left) << _value(default.right)
    return default and ast.literal_eval(default)


if __name__ == "__main__":
    RECORD.write_text(json.dumps(recorded(Path(sys.argv[1])), indent=1) + "\n", encoding="utf-8")
