#!/usr/bin/env bash
# Fetches the wheels that `benchmarks/gpu.sh first` needs beside NumPy, SciPy, scikit-learn and CuPy
# on a host with Python 3.12 that reaches no package index: `benchmarks/first_wheels.sh DIR`, where
# there is a network. Those of more than a megabyte are packed anew by LZMA, in which pip reads
# wheels too: that takes minutes and saves a third. The contents, and the digests in them, stay.
#
# PYTHON  an interpreter with pip; python3 by default
set -euo pipefail
[[ $# == 1 ]] || {
    echo "usage: benchmarks/first_wheels.sh DIR" >&2
    exit 1
}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-python3}
mkdir -p "$1"

# Of the lock; flash-kmeans is a contender alone.
names=(annotated-types babel charset-normalizer narwhals polars polars-runtime-32 pydantic pydantic-core
    scikit-network typing-extensions typing-inspection)
wanted=(flash-kmeans==0.3.1)
for name in "${names[@]}"; do
    wanted+=("$(grep -m1 -oiE "^${name//-/[-_]}==[^ ;\\]+" "$here/requirements.lock")")
done
platforms=()
for tag in manylinux_2_28 manylinux_2_27 manylinux_2_24 manylinux_2_17 manylinux2014 manylinux1; do
    platforms+=(--platform "${tag}_x86_64")
done
"$python" -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: \
    --python-version 3.12 --implementation cp "${platforms[@]}" -d "$1" "${wanted[@]}"

"$python" - "$1" <<'EOF'
import sys
import zipfile
from pathlib import Path

total = 0
for wheel in sorted(Path(sys.argv[1]).glob("*.whl")):
    before = wheel.stat().st_size
    with zipfile.ZipFile(wheel) as given:
        entries = given.infolist()
        if before > 1 << 20 and any(e.compress_type != zipfile.ZIP_LZMA for e in entries):
            packed = wheel.with_suffix(".part")
            with zipfile.ZipFile(packed, "w") as target:
                for entry in entries:
                    target.writestr(entry, given.read(entry), zipfile.ZIP_LZMA)
            packed.replace(wheel)
    after = wheel.stat().st_size
    total += after
    print(f"{before:>12,} {after:>12,}  {wheel.name}")
print(f"{total:>25,}  bytes in all ({total / 2**20:.1f} MiB)")
EOF
