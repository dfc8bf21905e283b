#!/usr/bin/env bash
# Builds the program: release, and on Linux with Swift's own libraries inside. It then starts in two thirds of the time, and
# runs where no Swift is installed. Prints where it lies with --path, and builds nothing then.
set -euo pipefail
cd "$(dirname "$0")/.."

options=(-c release)
# Apple's systems bring Swift's libraries along.
[ "$(uname -s)" = Linux ] && options+=(--static-swift-stdlib)
[ "${1:-}" = --path ] && options+=(--show-bin-path)
# shellcheck disable=SC2086  # SWIFT may be a command with arguments.
exec ${SWIFT:-swift} build "${options[@]}"
