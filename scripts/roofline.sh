#!/usr/bin/env bash
# Measures every network's plans and fails on a step beyond five times its roofline that this machine's list in
# Benchmarks/roofline-exceptions does not have: one of each family, or those that flags name. Wants a quiet machine:
# takes some ten minutes.
# `scripts/roofline.sh --network resnet18` is quicker, `--all` holds every registered network.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh
python3 Benchmarks/roofline.py "$(scripts/build.sh --path)/fovea" "$@"
