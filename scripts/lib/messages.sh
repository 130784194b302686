# Messages of the scripts. Progress goes to standard error, results to standard output.
# shellcheck shell=bash disable=SC2034,SC2154

say() { printf '==> %s\n' "$*" >&2; }

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# at_exit COMMAND...: runs a command when the script ends, however it ends; the last one named runs first.
# A signal ends the script with the usual 128 + number, so that the commands run then too.
exit_commands=()
at_exit() {
    if [ "${#exit_commands[@]}" = 0 ]; then
        trap run_exit_commands EXIT
        trap 'exit 129' HUP
        trap 'exit 130' INT
        trap 'exit 143' TERM
    fi
    exit_commands=("$(printf '%q ' "$@")" ${exit_commands[@]+"${exit_commands[@]}"})
}

run_exit_commands() {
    local status=$? command
    trap '' HUP INT TERM
    set +e
    for command in "${exit_commands[@]}"; do eval "$command"; done
    exit "$status"
}
