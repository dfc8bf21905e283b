#!/usr/bin/env bash
# Checks without building: the formatter's rules on the Swift files named, and the grammar of the scripts.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -eq 0 ]; then
    printf 'usage: lint.sh FILE-OR-FOLDER...\n' >&2
    exit 2
fi
${SWIFT:-swift} format lint --strict --parallel --recursive "$@"

for script in scripts/*.sh .ci/run; do
    bash -n "$script"
    [ -x "$script" ] || { printf 'lint: %s is not executable\n' "$script" >&2; exit 1; }
done
# Parsed only, so nothing is written beside them.
if command -v python3 >/dev/null; then
    git ls-files -z '*.py' | xargs -0 python3 -c '
import ast, sys
for path in sys.argv[1:]:
    ast.parse(open(path, encoding="utf-8").read(), path)
'
fi
printf 'lint: clean\n'
