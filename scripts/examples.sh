#!/usr/bin/env bash
# Builds the package of examples, which depends on Fovea as an application would, and runs each of its programs.
set -euo pipefail
cd "$(dirname "$0")/../Examples"

swift=${SWIFT:-swift}
$swift build -c release
folder=$($swift build -c release --show-bin-path)
names=$($swift package dump-package | python3 -c '
import json, sys
for target in json.load(sys.stdin)["targets"]:
    if target["type"] == "executable":
        print(target["name"])
')
[ -n "$names" ] || { printf 'examples: the package has no programs\n' >&2; exit 1; }
for name in $names; do
    printf 'examples: %s\n' "$name"
    "$folder/$name" </dev/null
done

# With what `make demo` left behind, for real.
demo=../.build/demo
if [ -f "$demo/fashion.fovea" ] && ls "$demo"/*.png >/dev/null 2>&1; then
    printf 'examples: classify, with the model of the demo\n'
    "$folder/classify" "$demo/fashion.fovea" "$demo"/*.png
fi
