#!/usr/bin/env bash
# Everything for one visit to a GPU host, in under eight minutes: the parity tests, then
# benchmarks/gpu.py at 1, 10 and 100 million customers, on 10 million in host memory and on a file of
# 10 million, each in a process and with a time of its own, so that one that fails does not lose the
# rest. Leaves one file of JSON lines and one log.
#
#   benchmarks/gpu.sh                                 with .venv-gpu (make gpu-install)
#   PYTHON=/path/to/python OUT=/tmp/out benchmarks/gpu.sh
#   WHAT=methods benchmarks/gpu.sh                    another visit: agglomerative and spectral
#   WHAT=graphs benchmarks/gpu.sh                     a third: ann_methods and pca_methods
#   benchmarks/gpu.sh first                           a bare host without RAPIDS: see first.sh
#
# WHAT    spine (the default); methods: agglomerative and spectral clustering at the same sizes,
#         with their own parity tests, exact fits beside cuML's, and a CPU's fit of 1 million; or
#         graphs: the same of communities (with a Faiss index over the rows) and among components
# PYTHON  an interpreter with the engine, RAPIDS, pytest and hypothesis; graphs needs faiss-gpu too
# OUT     where results go; benchmarks/results by default
# FILE    a Parquet file of `engine generate`; made in the background when not named
# LD_LIBRARY_PATH is passed on as it is.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
if [[ ${1:-} == first ]]; then
    exec benchmarks/first.sh "${@:2}"
fi

python=${PYTHON:-.venv-gpu/bin/python}
out=${OUT:-benchmarks/results}
limit=470
what=${WHAT:-spine}
case $what in
    spine | methods | graphs) ;;
    *)
        echo "gpu.sh: WHAT is $what; it can be spine, methods or graphs." >&2
        exit 1
        ;;
esac

say() { echo "== $(date -u +%H:%M:%S) +${SECONDS}s  $*"; }

if ! command -v "$python" >/dev/null; then
    echo "gpu.sh: $python is not there; run make gpu-install, or name an interpreter in PYTHON." >&2
    exit 1
fi
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
"$python" - <<'EOF' || exit 1
import sys

try:
    from importlib.metadata import version

    from engine.places.device import why_not

    version("engine-segments")
except ImportError as error:
    sys.exit(f"gpu.sh: {sys.executable} lacks {error.name or error}; run make gpu-install.")
if reason := why_not():
    sys.exit(f"gpu.sh: this machine has no GPU to use: {reason}.")
EOF

mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 1
stamp=$(date -u +%Y%m%dT%H%M%S)
lines=$out/gpu-$stamp.jsonl log=$out/gpu-$stamp.log
scratch=$(mktemp -d)
exec > >(tee -a "$log") 2>&1
made= status=0
trap '[[ -n $made ]] && kill "$made" 2>/dev/null; rm -rf "$scratch"' EXIT

# step SECONDS WORDS COMMAND...: run it for at most so long, and never beyond the limit.
step() {
    local most=$1 words=$2 left=$((limit - SECONDS)) rc=0
    shift 2
    if ((left < 15)); then
        say "$words: skipped, no time left"
        status=1
        return 1
    fi
    say "$words (at most $((most < left ? most : left)) s)"
    timeout --kill-after=5 "$((most < left ? most : left))" "$@" || rc=$?
    if ((rc)); then
        say "$words: failed with $rc$( ((rc == 124)) && echo ' (out of time)')"
        status=1
    fi
    return "$rc"
}

say "results in $lines"
"$python" -m engine doctor
command -v nvidia-smi >/dev/null && nvidia-smi

file=${FILE:-}
if [[ -z $file && $what == spine ]]; then
    file=$scratch/customers-10m.parquet
    "$python" -m engine generate "$file" --customers 10000000 --seed 20 >/dev/null &
    made=$!
fi

bench=("$python" benchmarks/gpu.py --place gpu --output "$lines")

own=(tests/parity/test_agglomerative.py tests/parity/test_spectral.py)
graphs=(tests/parity/test_ann_methods.py tests/parity/test_pca_methods.py)
if [[ $what != spine ]]; then
    methods=(agglomerative spectral)
    if [[ $what == graphs ]]; then
        methods=(ann_methods pca_methods) own=("${graphs[@]}")
    fi
    ENGINE_REQUIRE_GPU=1 step 150 "parity tests" "$python" -m pytest -q -p no:cacheprovider "${own[@]}"
    for rows in 1000000 10000000 100000000; do
        case $rows in 1000000) most=60 ;; 10000000) most=45 ;; *) most=75 ;; esac
        for method in "${methods[@]}"; do
            step "$most" "$method, $rows customers" "${bench[@]}" --rows "$rows" --k 8 \
                --method "$method" --stage-seconds 3
        done
    done
    say "done, exit code $status; $(wc -l <"$lines" 2>/dev/null || echo 0) measurements"
    exit "$status"
fi

ENGINE_REQUIRE_GPU=1 step 130 "parity tests" "$python" -m pytest -q -p no:cacheprovider tests/parity \
    "${own[@]/#/--ignore=}" "${graphs[@]/#/--ignore=}"
for rows in 1000000 10000000 100000000; do
    case $rows in 1000000) most=60 ;; 10000000) most=90 ;; *) most=150 ;; esac
    # Repeats of a stage end after so many seconds: most is room for both k.
    step "$most" "$rows customers" "${bench[@]}" --rows "$rows" --k 8 64 \
        --stage-seconds "$((most / 30))"
done

step 60 "10000000 customers in host memory" "${bench[@]}" --host --rows 10000000 --k 8 \
    --stage-seconds 3

if [[ -n $made ]]; then
    # Written beside the rest; what is not ready by now is waited for while there is time.
    while kill -0 "$made" 2>/dev/null && ((SECONDS < limit - 60)); do sleep 1; done
    if kill -0 "$made" 2>/dev/null; then
        kill "$made" 2>/dev/null
        file=
    else
        wait "$made" || file=
    fi
    made=
fi
if [[ -n $file && -f $file ]]; then
    step 100 "load, prepare and the whole job on $file" "${bench[@]}" --file "$file" --k 8 \
        --stage-seconds 5
else
    say "load, prepare and the whole job: skipped, the file of customers was not ready in time"
    echo '{"benchmark": "gpu", "stage": "load, prepare, whole job", "skipped": "no file in time"}' \
        >>"$lines"
    status=1
fi
say "done, exit code $status; $(wc -l <"$lines" 2>/dev/null || echo 0) measurements"
exit "$status"
