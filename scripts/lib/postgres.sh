# A throw-away PostgreSQL cluster on the loopback address, in a folder of its own.
# Needs messages.sh and ports.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# Debian keeps the servers out of PATH.
postgres_programs=/usr/lib/postgresql/15/bin

# PostgreSQL refuses to run as root: then its own user runs it.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

# postgres_start FOLDER [SETTING]...: makes the cluster FOLDER/data if it is not there, and starts it on a free port.
# Sets postgres_port and postgres_password (of the superuser `postgres`); psql finds the latter through PGPASSFILE.
# Each SETTING is a line of postgresql.conf.
postgres_start() {
    local folder data elsewhere
    mkdir -p "$1"
    folder=$(cd "$1" && pwd)
    shift
    data=$folder/data
    if [ "$(id -u)" = 0 ]; then
        id postgres >/dev/null 2>&1 || fail 'the server needs the user postgres, whom postgresql-15 brings'
        # The folders above a clone may be closed to other users, as /root is: then the cluster lives under TMPDIR, from
        # where it may have been cleared away since.
        if [ -L "$data" ] && [ ! -d "$data" ]; then rm "$data"; fi
        if [ ! -L "$data" ]; then
            mkdir -p "$data"
            chown postgres "$data"
            if ! as_postgres test -w "$data"; then
                elsewhere=$(mktemp -d "${TMPDIR:-/tmp}/sluice-postgres.XXXXXX")
                chown postgres "$elsewhere"
                as_postgres test -w "$elsewhere" || fail "user postgres cannot write to $elsewhere"
                rm -rf "$data"
                ln -s "$elsewhere" "$data"
            fi
        fi
    fi
    # The server's user may not be able to follow the link.
    if [ -L "$data" ]; then data=$(readlink "$data"); fi
    postgres_data=$data

    if as_postgres test -f "$data/postmaster.pid"; then postgres_stop; fi
    if ! as_postgres test -f "$data/PG_VERSION"; then
        postgres_password=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
        # The password travels through a pipe and a private file: arguments are for all to see.
        # shellcheck disable=SC2016
        printf '%s\n' "$postgres_password" | as_postgres sh -c '
            umask 077
            password=$(mktemp) || exit 1
            cat >"$password"
            "$1/initdb" -D "$2" -U postgres --auth=scram-sha-256 --pwfile="$password" -E UTF8 --locale=C.UTF-8
            status=$?
            rm -f "$password"
            exit $status' sh "$postgres_programs" "$data" >"$folder/initdb.log" 2>&1 ||
            fail "initdb failed: $(tail -n 3 "$folder/initdb.log")"
        (umask 077 && printf '*:*:*:postgres:%s\n' "$postgres_password" >"$folder/pgpass")
    fi
    postgres_password=$(cut -d : -f 5 "$folder/pgpass")
    export PGPASSFILE=$folder/pgpass

    choose_port
    postgres_port=$chosen_port
    printf '%s\n' "listen_addresses = '127.0.0.1'" "port = $postgres_port" "unix_socket_directories = ''" \
        'wal_level = logical' "timezone = 'UTC'" "$@" |
        as_postgres tee "$data/postgresql.auto.conf" >/dev/null
    as_postgres "$postgres_programs/pg_ctl" -D "$data" -l "$data/server.log" -w start >/dev/null ||
        fail "PostgreSQL did not start: $(as_postgres tail -n 3 "$data/server.log")"
}

# Stops the cluster that postgres_start made; harmless when it does not run.
postgres_stop() {
    [ -n "${postgres_data:-}" ] || return 0
    as_postgres "$postgres_programs/pg_ctl" -D "$postgres_data" -m fast -w stop >/dev/null 2>&1 || true
}

# Removes the cluster, wherever it lives.
postgres_remove() {
    [ -n "${postgres_data:-}" ] || return 0
    as_postgres "$postgres_programs/pg_ctl" -D "$postgres_data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$postgres_data"
}

# psql as the superuser; stops at the first error.
postgres_psql() {
    "$postgres_programs/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$postgres_port" -U postgres "$@"
}
