#!/usr/bin/env bash
# Measures Fovea and its peers in the same sitting. The peers' environment is .venv-peers, made here.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(scripts/peers-python.sh)
printf 'bench: PyTorch, f32, training of small networks\n'
"$python" Benchmarks/peers/train_small.py "$@"

program=$(${SWIFT:-swift} build -c release --show-bin-path)/fovea
if [ -x "$program" ]; then
    printf 'bench: Fovea\n'
    "$program" bench
else
    printf 'bench: Fovea itself was skipped: there is no program %s yet\n' "$program"
fi
