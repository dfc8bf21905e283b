#!/usr/bin/env bash
# Makes a Python environment with the packages that a file of requirements pins, and prints the path of its interpreter
# on standard output. Does nothing when the environment is up to date.
#
#   scripts/python-environment.sh .venv-test Tests/requirements.txt
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$PWD/$1
requirements=$2
stamp=$folder/requirements.txt

if [ -x "$folder/bin/python" ] && cmp -s "$requirements" "$stamp"; then
    printf '%s\n' "$folder/bin/python"
    exit 0
fi

printf 'python-environment: installing %s into %s\n' "$requirements" "$1" >&2
python3 -m venv --clear "$folder" >&2
install() { "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2; }
# The CPU build of PyTorch is not on the public index; where the configured one has it not either, ask PyTorch's own.
if ! install -r "$requirements"; then
    printf 'python-environment: once more, with PyTorch'\''s own index of CPU builds\n' >&2
    install --extra-index-url https://download.pytorch.org/whl/cpu -r "$requirements"
fi
install --no-deps "$(sed -n 's/^# without dependencies: //p' "$requirements")"
cp "$requirements" "$stamp"
printf '%s\n' "$folder/bin/python"
