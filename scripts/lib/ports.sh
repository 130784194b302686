# Free loopback ports.
# shellcheck shell=bash disable=SC2034,SC2154

taken_ports=' '

# Says whether nothing listens on a port of the loopback address.
port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# choose_port: sets `chosen_port` to a port that is free, as is the one 10,000 above it (SeaweedFS takes that as well).
# It stays below the range from which the kernel serves outgoing connections, and is never chosen twice in a script.
choose_port() {
    local attempt
    for ((attempt = 0; attempt < 200; attempt++)); do
        chosen_port=$((20000 + RANDOM % 2700))
        case $taken_ports in *" $chosen_port "*) continue ;; esac
        taken_ports+="$chosen_port "
        if port_is_free "$chosen_port" && port_is_free $((chosen_port + 10000)); then return 0; fi
    done
    fail 'no free loopback port found'
}
