# What the scripts need from Debian and from PyPI.
# shellcheck shell=bash disable=SC2034,SC2154

# The libraries that the program links against, and what finds them.
build_packages=(
    libpq-dev libcurl4-openssl-dev libssl-dev libsnappy-dev libzstd-dev zlib1g-dev liblz4-dev pkg-config
)
# PostgreSQL's server package carries hstore and citext as well.
server_packages=(postgresql-15 postgresql-client-15)

# need_packages PACKAGE...: installs the Debian packages that are missing, after saying which.
need_packages() {
    local package missing=() become_root=()
    command -v dpkg-query >/dev/null || fail "this needs Debian 12, or the equivalents of: $*"
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = 'ii ' ] || missing+=("$package")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "not root and no sudo; as root: apt-get install ${missing[*]}"
        become_root=(sudo)
    fi
    say "installing Debian packages: ${missing[*]}"
    ${become_root[@]+"${become_root[@]}"} apt-get update -qq
    ${become_root[@]+"${become_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

need_swift() {
    local wanted
    wanted=$(cat .swift-version)
    command -v swift >/dev/null || fail "no swift in PATH; Swift $wanted is needed (swift.org/install)"
    swift --version 2>&1 | grep -q "Swift version ${wanted%%-*}" ||
        fail "Swift $wanted is needed, this is: $(swift --version 2>&1 | grep -m 1 'Swift version')"
}

# need_python FOLDER REQUIREMENTS: a virtual environment with exactly what the requirements file pins.
need_python() {
    local folder=$1 requirements=$2 python=python3
    if cmp -s "$requirements" "$folder/installed.txt" && "$folder/bin/python" -c '' 2>/dev/null; then return 0; fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        need_packages python3 python3-venv
        python=/usr/bin/python3
    fi
    say "installing Python packages into $folder: $(grep -v '^#' "$requirements" | tr '\n' ' ')"
    rm -rf "$folder"
    "$python" -m venv "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$folder/installed.txt"
}
