#!/usr/bin/env bash
# Builds the package of examples, which depends on Fovea as an application would, and runs its programs on small
# pictures made for it. What it makes lies in Examples/.build/trial.
set -euo pipefail
cd "$(dirname "$0")/.."

swift=${SWIFT:-swift}
trial=Examples/.build/trial
$swift build -c release --package-path Examples
programs=$($swift build -c release --package-path Examples --show-bin-path)

rm -rf "$trial"
python3 scripts/make_pictures.py stripes "$trial/stripes"
printf 'examples: train\n'
"$programs/train" "$trial/stripes" "$trial/stripes.fovea" </dev/null
printf 'examples: classify\n'
answers=$("$programs/classify" "$trial/stripes.fovea" "$trial/stripes/across/00.png" "$trial/stripes/along/00.png" \
    </dev/null)
printf '%s\n' "$answers"
# The two classes are easy; a wrong answer means that something is broken.
if ! grep -q 'across/00.png across' <<<"$answers" || ! grep -q 'along/00.png along' <<<"$answers"; then
    printf 'examples: the pictures were not told apart\n' >&2
    exit 1
fi
