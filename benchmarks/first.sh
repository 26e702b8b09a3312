#!/usr/bin/env bash
# A first visit to a GPU host, in under eight minutes: `benchmarks/gpu.sh first`. The host needs
# Python 3.11 or later, an NVIDIA driver, NumPy, SciPy, scikit-learn and CuPy, and none of RAPIDS;
# with PyTorch and Triton flash-kmeans is measured too. What else the engine imports may lie as
# wheels in one folder, which benchmarks/first_wheels.sh fills where there is a network.
#
#   benchmarks/gpu.sh first                                 everything, on the GPU
#   benchmarks/gpu.sh first --place cpu --size small        a rehearsal without a GPU
#   benchmarks/gpu.sh first --place simulator --size tiny   the GPU's code on a stand-in for CuPy
#
# Each step of benchmarks/first.py is a process with a time of its own, what is most wanted first;
# each figure is a line of JSON the moment it is known.
#
# PYTHON  the interpreter; python3 by default, for rehearsals .venv/bin/python where it is
# WHEELS  a folder of wheels, put before what the interpreter has; .whl by default, if it is there
# OUT     where results go; benchmarks/results by default
# LIMIT   seconds that all of it may take; 470 by default
# FILE    a Parquet file of `engine generate`; made in the background when not named
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

place=gpu size=
while (($#)); do
    case $1 in
        --place) place=${2:-} ;;
        --size) size=${2:-} ;;
        *)
            echo "gpu.sh first: $1 is not known; --place and --size are." >&2
            exit 1
            ;;
    esac
    shift $(($# > 1 ? 2 : 1))
done
case $place in
    gpu) size=${size:-full} ;;
    cpu) size=${size:-small} ;;
    simulator) size=${size:-tiny} ;;
    *)
        echo "gpu.sh first: --place is $place; it can be gpu, cpu or simulator." >&2
        exit 1
        ;;
esac
case $size in
    full) customers=10000000 ;;
    small) customers=20000 ;;
    tiny) customers=2000 ;;
    *)
        echo "gpu.sh first: --size is $size; it can be full, small or tiny." >&2
        exit 1
        ;;
esac

default=python3
[[ $place != gpu && -x .venv/bin/python ]] && default=.venv/bin/python
python=${PYTHON:-$default}
out=${OUT:-benchmarks/results}
wheels=${WHEELS:-.whl}
limit=${LIMIT:-470}

say() { echo "== $(date -u +%H:%M:%S) +${SECONDS}s  $*"; }

if ! command -v "$python" >/dev/null; then
    echo "gpu.sh first: $python is not there; name an interpreter in PYTHON." >&2
    exit 1
fi
scratch=$(mktemp -d)
made= warmed= ahead=() status=0
trap 'kill $made $warmed "${ahead[@]}" 2>/dev/null; rm -rf "$scratch"' EXIT

shopt -s nullglob
carried=("$wheels"/*.whl)
shopt -u nullglob
site=$scratch/site
mkdir -p "$site"
if ((${#carried[@]})); then
    "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir \
        --disable-pip-version-check --target "$site" "${carried[@]}" || exit 1
fi
export PYTHONPATH="$PWD:$site${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
"$python" - "$site" "$place" <<'EOF' || exit 1
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

site, place = Path(sys.argv[1]), sys.argv[2]
project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
try:
    version("engine-segments")
except PackageNotFoundError:  # a run says its version, and here the package is a folder only
    told = project["version"]
    folder = site / f"engine_segments-{told}.dist-info"
    folder.mkdir()
    text = f"Metadata-Version: 2.1\nName: engine-segments\nVersion: {told}\n"
    (folder / "METADATA").write_text(text)
try:
    import polars  # noqa: F401

    import engine  # noqa: F401
    from engine.places.device import why_not
except ImportError as error:
    missing = error.name or error
    sys.exit(f"gpu.sh first: {sys.executable} lacks {missing}; benchmarks/first_wheels.sh gets it.")
if place == "gpu" and (reason := why_not()):
    sys.exit(f"gpu.sh first: this machine has no GPU to use: {reason}.")
lacking = []
for wanted in project["dependencies"]:
    name = re.match("[A-Za-z0-9-]+", wanted)[0]
    try:
        version(name)
    except PackageNotFoundError:
        if name not in ("fastexcel", "xlsxwriter"):  # for workbooks alone
            lacking.append(name)
Path(site, "lacking").write_text(", ".join(lacking))
EOF

mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 1
stamp=$(date -u +%Y%m%dT%H%M%S)
lines=$out/first-$stamp.jsonl log=$out/first-$stamp.log
exec > >(tee -a "$log") 2>&1

say "$place, $size; ${#carried[@]} wheels of $wheels; results in $lines"

# note STEP STAGE WHY: a line for what was left out.
note() {
    printf '{"benchmark": "first", "place": "%s", "step": "%s", "stage": "%s", "skipped": "%s"}\n' \
        "$place" "$1" "$2" "$3" >>"$lines"
}

head -n 3 /proc/meminfo 2>/dev/null
lacking=$(<"$site/lacking")
if [[ -n $lacking ]]; then
    say "WITHOUT $lacking: what needs them will fail; benchmarks/first_wheels.sh gets them"
    note packages "what the engine imports" "not installed: $lacking"
    status=1
fi
if [[ $place == gpu ]]; then  # read from disk beside what follows: gigabytes that a pass waits for
    "$python" -c "import torch, triton, flash_kmeans" >/dev/null 2>&1 &
    warmed=$!
fi
if [[ $place != cpu ]]; then  # what parity launches is compiled beside what follows, and kept on disk
    for name in steps judge kmeans pca_methods spectral ann_methods agglomerative; do
        nice -n 5 timeout --kill-after=5 120 "$python" benchmarks/first.py "ahead-$name" \
            --place "$place" --size "$size" --output "$scratch/ahead.jsonl" \
            >"$scratch/ahead-$name.log" 2>&1 &
        ahead+=($!)
    done
fi
if ! timeout --kill-after=5 100 "$python" benchmarks/first_native.py; then
    say "WITHOUT CPU KERNELS: seconds of what the host does are of another program"
    note native "kernels of the CPU" "NumPy does on the host what they do; the log says why"
    status=1
fi
file=${FILE:-}
if [[ -z $file ]]; then
    file=$scratch/customers.parquet
    nice -n 10 "$python" -m engine generate "$file" --customers "$customers" --seed 20 \
        >"$scratch/generate.log" 2>&1 &
    made=$!
fi
command -v nvidia-smi >/dev/null && nvidia-smi
timeout 30 "$python" -m engine doctor

# step SECONDS NAME: run it for at most so long, and never beyond the limit, of which the last step's
# part is kept. The step itself begins nothing that it has no time for, and says so in a line; being
# stopped is for what hangs.
kept=60
step() {
    local most=$1 name=$2 left=$((limit - kept - SECONDS)) rc=0
    shift 2
    if ((left < 15 || most < 15)); then
        say "$name: skipped, no time left"
        note "$name" rest "no time was left for the step"
        status=1
        return
    fi
    most=$((most < left ? most : left))
    say "$name (at most $most s)"
    timeout --kill-after=5 "$most" "$python" benchmarks/first.py "$name" --place "$place" \
        --size "$size" --until "$(($(date +%s) + most))" --output "$lines" "$@" || rc=$?
    if ((rc)); then
        say "$name: failed with $rc$( ((rc == 124)) && echo ' (out of time)')"
        status=1
    fi
    if ((rc > 1)); then  # with 1 it has told what failed
        note "$name" rest "the step ended with $rc after at most $most s"
    fi
}

step 80 parity
if ((${#ahead[@]})); then  # nothing beside what is timed
    kill "${ahead[@]}" 2>/dev/null
    wait "${ahead[@]}" 2>/dev/null
    ahead=()
    say "compiled ahead of parity:"
    cat "$scratch"/ahead-*.log
fi
step 50 kernels-16
step 50 kernels-16-many
step 40 kernels-64
step 40 kernels-128
step 25 beyond
step 60 scores
# One after the other within 90 s, the surest first: each leaves 15 s to each that follows, unless that
# is less than 25 for itself, and hands on what it does not take.
methods=(kmeans pca_methods spectral agglomerative ann_methods)
over=$((SECONDS + 90 < limit - kept ? SECONDS + 90 : limit - kept)) after=$((${#methods[@]} - 1))
for name in "${methods[@]}"; do
    rest=$((over - SECONDS)) most=$((over - SECONDS - 15 * after))
    most=$((most < 25 ? 25 : most))
    step "$((most < rest ? most : rest))" "methods-$name"
    after=$((after - 1))
done
if [[ -n $made ]]; then
    # Written beside the rest; what is not ready by now is waited for while there is time.
    while kill -0 "$made" 2>/dev/null && ((SECONDS < limit - 60)); do sleep 1; done
    if kill -0 "$made" 2>/dev/null; then
        kill "$made"
        rm -f "$file"
    fi
    wait "$made" || cat "$scratch/generate.log"
    made=
fi
kept=0
step 90 file --file "$file"
say "done, exit code $status; $(wc -l <"$lines" 2>/dev/null || echo 0) lines"
exit "$status"
