#!/usr/bin/env bash
# Measures Fovea and its peers in the same sitting. The peers' environment is .venv-peers, made here.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(scripts/peers-python.sh)
printf 'bench: PyTorch, f32, training of small networks\n'
"$python" Benchmarks/peers/train_small.py "$@"

# smallcnn and plaincnn are the networks that the peers call smallcnn and conv3; the last line of a plan has its time.
${SWIFT:-swift} build -c release
program=$(${SWIFT:-swift} build -c release --show-bin-path)/fovea
printf 'bench: Fovea, f32, one training step of 128 pictures\n'
for network in smallcnn plaincnn; do
    printf '%s: ' "$network"
    "$program" plan "$network" --training --batch 128 --channels 1 --time | tail -n 1
done
