#!/bin/sh
# Are the programs there that a build needs? As root, missing Debian packages are installed; otherwise the one line to
# run is printed. Silent when everything is there; touches no network then. PROGRAM:PACKAGE as an argument is needed besides.
set -u
more="$*"

# What Cargo.toml calls rust-version, and what the models' list needs (tomllib; wheels are asked for by 3.11's tags).
rust=1.95
python="import importlib.util, sys; sys.exit(1 if importlib.util.find_spec('pip') is None else 2 * (sys.version_info < (3, 11)))"

missing() {
    packages=
    command -v cc >/dev/null 2>&1 || packages="$packages build-essential"
    command -v cmake >/dev/null 2>&1 || packages="$packages cmake"
    command -v python3 >/dev/null 2>&1 || packages="$packages python3"
    python3 -c "$python" >/dev/null 2>&1
    case $? in 0 | 2) ;; *) packages="$packages python3-pip" ;; esac
    for one in $more; do
        command -v "${one%:*}" >/dev/null 2>&1 || packages="$packages ${one#*:}"
    done
    echo "${packages# }"
}

stop() {
    for sentence in "$@"; do echo "$sentence" >&2; done
    exit 1
}

packages=$(missing)
if [ -n "$packages" ]; then
    command -v apt-get >/dev/null 2>&1 || stop \
        "Missing, by their Debian names: $packages." \
        "Install them with this system's own package manager, then run make again."
    line="apt-get update && apt-get install -y $packages"
    [ "$(id -u)" = 0 ] || stop "Missing: $packages. Run this, then make again:" "  sudo sh -c '$line'"
    echo "installing what is missing: $packages"
    said=$({ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages; } 2>&1) || stop \
        "apt-get could not install $packages; it said:" "$(echo "$said" | tail -n 5)" \
        "Is there a network? Then run by hand: $line"
    packages=$(missing)
    [ -z "$packages" ] || stop "apt-get installed them, and these are still not found: $packages." \
        "Does another python3 stand first in PATH (here: $(command -v python3 || echo none))?"
fi

python3 -c "$python" || stop \
    "$(python3 --version) is too old: Python 3.11 or newer is needed (Debian 12 has it); put it first in PATH."

command -v cargo >/dev/null 2>&1 && command -v rustc >/dev/null 2>&1 || stop \
    "cargo is missing: install Rust $rust or newer with rustup (rustup.rs, needs no root), then run make again."

# With rustup this is where the toolchain of rust-toolchain.toml is fetched, once.
command -v rustup >/dev/null 2>&1 && channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml) &&
    ! rustup toolchain list 2>/dev/null | grep -q "^$channel" && echo "fetching Rust $channel with rustup (once)"
said=$(rustc --version 2>&1) || stop "rustc does not start; it said:" "$(echo "$said" | tail -n 3)" \
    "Is there a network for rustup? Or install Rust $rust or newer."
has=$(echo "$said" | sed -n 's/^rustc \([0-9]*\.[0-9]*\).*/\1/p')
[ "$(printf '%s\n%s\n' "$rust" "$has" | sort -V | head -n 1)" = "$rust" ] || stop \
    "rustc ${has:-of an unknown version} is too old: Rust $rust or newer is needed, best with rustup (rustup.rs, needs no root)."
exit 0
