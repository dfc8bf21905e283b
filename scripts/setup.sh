#!/usr/bin/env bash
# Installs the system packages that building Fovea needs, and only those that are missing.
#
#   scripts/setup.sh            what `make build` needs
#   scripts/setup.sh --tests    and what `make test` needs beside it: Python's venv as well
#   scripts/setup.sh --demo     and what `make demo` needs beside it: Python, curl, Fashion-MNIST where it is packaged
#   scripts/setup.sh --bench    and what `make bench` needs beside it: Python's venv, tcmalloc for PyTorch
#
# Swift itself is not installed: see https://www.swift.org/install.
set -euo pipefail

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

for_tests=no
for_demo=no
for_bench=no
for argument in "$@"; do
    case "$argument" in
        --tests) for_tests=yes ;;
        --demo) for_demo=yes ;;
        --bench) for_bench=yes ;;
        *) fail "unknown argument $argument; known are --tests, --demo and --bench" ;;
    esac
done

# Names of the Debian packages that are installed, and of those that an installed one stands in for ("Provides": where
# libcurl4t64 is installed, libcurl4 is).
names_of_installed() {
    # shellcheck disable=SC2016  # dpkg's own variables
    dpkg-query --show --showformat='${db:Status-Status} ${Package}, ${Provides}\n' | sed -n 's/^installed //p' \
        | tr ',' '\n' | sed 's/^ *//; s/ .*//'
}

can_be_root() { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }

# Runs a command as root: directly where we are root, else through sudo.
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# The name of the package has changed with the width of a time.
tcmalloc() {
    if apt-cache show libtcmalloc-minimal4t64 >/dev/null 2>&1; then echo libtcmalloc-minimal4t64
    else echo libtcmalloc-minimal4; fi
}

setup_debian() {
    # What Fovea links or opens: kernels, picture codecs, compression, downloads.
    local packages=(libdnnl-dev libpng-dev libwebp-dev libgif-dev libtiff-dev liblcms2-dev libheif-dev zlib1g-dev)
    packages+=(libcurl4-openssl-dev pkg-config)
    case "$distribution" in
        ubuntu) packages+=(libjpeg-turbo8-dev) ;;
        *) packages+=(libjpeg62-turbo-dev) ;;
    esac
    # What Swift needs to run and to link: a C++ standard library with its headers, a linker, and what its package
    # manager loads itself and fetches with.
    packages+=(binutils ca-certificates g++ git libc6-dev libcurl4 libncurses6 libsqlite3-0 libxml2 tzdata)
    [ "$for_tests$for_demo" != nono ] && packages+=(python3)
    [ "$for_tests" = yes ] && packages+=(python3-venv)
    [ "$for_demo" = yes ] && packages+=(curl)
    [ "$for_bench" = yes ] && packages+=(python3 python3-venv "$(tcmalloc)")

    local installed missing=() package
    installed=$(names_of_installed)
    is_installed() { grep -qxF -- "$1" <<<"$installed"; }
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    # From libheif 1.17 on its decoders are packages of their own, which are only recommended.
    add_decoders() {
        local decoder
        for decoder in libheif-plugin-libde265 libheif-plugin-dav1d; do
            is_installed "$decoder" || [[ " ${missing[*]} " == *" $decoder "* ]] && continue
            if apt-cache show "$decoder" >/dev/null 2>&1; then missing+=("$decoder"); fi
        done
    }
    add_decoders
    # A convenience: without it the program downloads the data set by its known name, and tests that want it skip.
    local data_set='dataset-fashion-mnist'
    if [ "$for_demo$for_tests" = nono ] || is_installed "$data_set" || ! can_be_root; then data_set=; fi

    if [ ${#missing[@]} -eq 0 ] && [ -z "$data_set" ]; then
        say "nothing to install"
        return
    fi
    can_be_root || fail "this needs root and there is no sudo; run as root: apt-get install ${missing[*]}"
    # The lists of packages are fetched for an installation, and where there are none yet to look the data set up in.
    if [ ${#missing[@]} -gt 0 ] || ! compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
        add_decoders
    fi
    if [ -n "$data_set" ] && apt-cache show "$data_set" >/dev/null 2>&1; then missing+=("$data_set"); fi
    if [ ${#missing[@]} -eq 0 ]; then
        say "nothing to install; Fashion-MNIST is not packaged here"
        return
    fi
    say "installing ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

setup_macos() {
    command -v brew >/dev/null || fail "Homebrew is missing; see https://brew.sh"
    local formulas=(onednn jpeg-turbo libpng webp giflib libtiff little-cms2 libheif pkg-config) missing=() formula
    [ "$for_tests$for_bench" != nono ] && formulas+=(python@3.12)
    for formula in "${formulas[@]}"; do
        brew list --versions "$formula" >/dev/null 2>&1 || missing+=("$formula")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        say "nothing to install"
        return
    fi
    say "installing ${missing[*]}"
    brew install "${missing[@]}"
}

case "$(uname -s)" in
    Linux)
        distribution=unknown
        related=
        if [ -r /etc/os-release ]; then
            # shellcheck disable=SC1091
            distribution=$(. /etc/os-release && printf '%s' "${ID:-unknown}")
            # shellcheck disable=SC1091
            related=$(. /etc/os-release && printf '%s' "${ID_LIKE:-}")
        fi
        case " $distribution $related " in
            *" ubuntu "*) distribution=ubuntu setup_debian ;;
            *" debian "*) distribution=debian setup_debian ;;
            *)
                say "I know the package names of Debian, Ubuntu and macOS, not of $distribution. Fovea needs the"
                say "development files of oneDNN, libjpeg-turbo, libpng, libwebp, giflib, libtiff, Little CMS, libheif"
                say "and zlib, and pkg-config."
                ;;
        esac
        ;;
    Darwin) setup_macos ;;
    *) fail "Fovea builds on Linux and macOS, not on $(uname -s)" ;;
esac

# Last, since Swift itself needs some of the above to start.
swift=${SWIFT:-swift}
command -v "${swift%% *}" >/dev/null || fail "Swift is missing (6.3 or later): see https://www.swift.org/install"
described=$($swift --version 2>&1) || fail "Swift does not start: $described"
version=$(sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' <<<"$described" | head -n 1)
read -r major minor <<<"${version:-0 0}"
if [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 3 ]; }; then
    fail "Swift 6.3 or later is wanted (see https://www.swift.org/install), this is: $described"
fi
