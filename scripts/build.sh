#!/usr/bin/env bash
# Builds the program: release. Prints where it lies with --path, and builds nothing then.
set -euo pipefail
cd "$(dirname "$0")/.."

options=(-c release)
[ "${1:-}" = --path ] && options+=(--show-bin-path)
# shellcheck disable=SC2086  # SWIFT may be a command with arguments.
exec ${SWIFT:-swift} build "${options[@]}"
