#!/bin/sh
# One run for cron: what changed since the last one is segmented, and who acts on an exit code is told.
#
#     weekly.sh [CONFIG]     in the folder of the job; ENGINE names the command, NOTIFY who is told
#
# One object a run goes to answers.jsonl, everything else to engine.log.
set -u

config=${1:-config.yaml}
engine=${ENGINE:-engine}
notify=${NOTIFY:-cat}   # reads a sentence; such as: mail -s segments shop@example.com

tell() { printf '%s\n' "$1" | $notify; }

answer=$("$engine" run "$config" --if-changed --json 2>>engine.log)
code=$?
[ -n "$answer" ] && printf '%s\n' "$answer" >>answers.jsonl

case $code in
    0) ;;
    3) tell "What $config reads or writes to is not there yet; cron asks again next time: $answer" ;;
    4) tell "The data of $config are refused: $answer" ;;
    6) tell "The disk is full: $answer" ;;
    *) tell "engine run $config ended with $code: $answer" ;;
esac
exit "$code"
