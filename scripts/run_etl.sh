#!/usr/bin/env bash
# The nightly run: exports the rows of a day, yesterday's unless it is named, then validates what the lake has of that day.
#
#   scripts/run_etl.sh                     yesterday
#   scripts/run_etl.sh 2026-11-22          that day
#   scripts/run_etl.sh full                every day of every table
#   scripts/run_etl.sh 2026-11-22 full     the same; the day is the one that is validated by checksums
#
# Settings come from sluice.yaml or config/sluice.yaml, or from SLUICE_DATABASE and SLUICE_LAKE. What is said goes to the
# terminal and to a file in $SLUICE_LOGS (logs/ unless set), where the runs of the last 30 days are kept. Ends as the
# command that failed, or with 0. One run at a time: a second one ends with 75.
set -euo pipefail

usage() {
    sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

wrong() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    usage >&2
    exit 64
}

date= mode=incremental
for argument in "$@"; do
    case $argument in
    full) mode=full ;;
    --help | -h)
        usage
        exit 0
        ;;
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9])
        [ -z "$date" ] || wrong "two days: $date and $argument"
        [ "$(date -u -d "$argument" +%F 2>/dev/null)" = "$argument" ] || wrong "$argument is not a day of the calendar"
        date=$argument
        ;;
    *) wrong "\"$argument\" is neither a day, YYYY-MM-DD, nor the word full" ;;
    esac
done

# The program of this checkout, else the installed one.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sluice=${SLUICE:-}
for candidate in "$here/.build/release/sluice" "$(command -v sluice || true)"; do
    if [ -z "$sluice" ] && [ -x "$candidate" ]; then sluice=$candidate; fi
done
if [ -z "$sluice" ]; then
    echo "${0##*/}: no sluice in PATH or .build/release; run swift build -c release, or set SLUICE" >&2
    exit 69
fi

logs=${SLUICE_LOGS:-logs}
mkdir -p "$logs"
exec 9>"$logs/.lock"
if ! flock -n 9; then
    echo "${0##*/}: another run is not finished; wait for it, or end it" >&2
    exit 75
fi
find "$logs" -maxdepth 1 -name 'etl_*.log' -mtime +30 -delete
log=$logs/etl_$(date -u +%Y%m%dT%H%M%SZ)_${date:-yesterday}_$mode.log

# run ARGUMENT...: runs sluice; its messages and its results go to the log as well.
run() {
    printf '==> sluice %s\n' "$*" | tee -a "$log" >&2
    "$sluice" "$@" 2>&1 9>&- | tee -a "$log"
}

export_options=(--mode "$mode") validation_options=(--deep)
if [ -n "$date" ]; then
    validation_options+=(--date "$date")
    if [ "$mode" = incremental ]; then export_options+=(--date "$date"); fi
elif [ "$mode" = incremental ]; then
    # Each table's yesterday is its own, for both.
    validation_options+=(--date yesterday)
fi
run backfill "${export_options[@]}"
run validate "${validation_options[@]}"
