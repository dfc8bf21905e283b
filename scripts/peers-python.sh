#!/usr/bin/env bash
# Makes the Python environment of the peers' benchmarks (.venv-peers) with the packages that
# Benchmarks/peers/requirements.txt pins, and prints the path of its interpreter on standard output.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$PWD/.venv-peers
requirements=Benchmarks/peers/requirements.txt
stamp=$folder/requirements.txt

if [ -x "$folder/bin/python" ] && cmp -s "$requirements" "$stamp"; then
    printf '%s\n' "$folder/bin/python"
    exit 0
fi

printf 'peers-python: installing %s into .venv-peers\n' "$requirements" >&2
python3 -m venv --clear "$folder" >&2
install() { "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2; }
# The CPU build of PyTorch is not on the public index; where the configured one has it not either, ask PyTorch's own.
if ! install -r "$requirements"; then
    printf 'peers-python: once more, with PyTorch'\''s own index of CPU builds\n' >&2
    install --extra-index-url https://download.pytorch.org/whl/cpu -r "$requirements"
fi
install --no-deps "$(sed -n 's/^# without dependencies: //p' "$requirements")"
cp "$requirements" "$stamp"
printf '%s\n' "$folder/bin/python"
