# packages.sh: sourced by ./demo and ./check. Installs Debian packages that are missing, and does
# nothing elsewhere or when all are there.

# install_packages LOG PACKAGE...
install_packages() {
    local log=$1 package as_root='' missing=()
    shift
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || return 0
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
        if ! command -v sudo >/dev/null; then
            echo "missing packages: ${missing[*]}" >&2
            echo "run this as root, or install them first" >&2
            return 1
        fi
    fi
    echo "installing: ${missing[*]}"
    {
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
            $as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -q --no-install-recommends "${missing[@]}"
    } >"$log" 2>&1 </dev/null && return 0
    tail -n 20 "$log" >&2
    return 1
}

# build_preset PRESET LOG: configures and builds build/PRESET.
build_preset() {
    { cmake --preset "$1" && cmake --build "build/$1" -j "$(nproc)"; } >"$2" 2>&1 </dev/null ||
        { grep -nE 'error|Error|\*\*\*' "$2" | head -n 20 >&2; tail -n 5 "$2" >&2; return 1; }
}
