#!/usr/bin/env bash
# Measures Fovea and its peers in the same sitting: builds Fovea, makes the peers' environment, hands over to
# Benchmarks/sitting.py, whose flags may follow. `make bench ROWS="train-* predict-*"` measures those rows.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --bench
python=$(scripts/python-environment.sh .venv-peers Benchmarks/peers/requirements.txt)
scripts/build.sh
program=$(scripts/build.sh --path)/fovea
commit=$(git describe --always --dirty 2>/dev/null || printf unknown)

# Patterns of rows are the driver's to expand.
set -f
# shellcheck disable=SC2086
exec "$python" Benchmarks/sitting.py --program "$program" --python "$python" --commit "$commit" "$@" -- ${ROWS:-}
