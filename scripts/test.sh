#!/usr/bin/env bash
# Runs every test in the release configuration and judges the run: a failed test, a skipped test that is not listed in
# Tests/allowed-skips.txt (or, where there are no real pictures, in Tests/allowed-skips-without-data.txt), or a run
# without tests is a failure. Arguments go to `swift test`.
set -euo pipefail
cd "$(dirname "$0")/.."

FOVEA_TEST_PYTHON=${FOVEA_TEST_PYTHON:-$(scripts/python-environment.sh .venv-test Tests/requirements.txt)}
export FOVEA_TEST_PYTHON
# Real pictures beside the checkout, where there are any; tests that need them say so and are skipped without.
if [ -z "${FOVEA_TEST_DATA:-}" ] && [ -d ../shared/data ]; then
    FOVEA_TEST_DATA=$(cd ../shared/data && pwd)
fi
[ -n "${FOVEA_TEST_DATA:-}" ] && export FOVEA_TEST_DATA
printf 'test: python %s, data %s\n' "$FOVEA_TEST_PYTHON" "${FOVEA_TEST_DATA:-none}"

results=.build/tests
mkdir -p "$results"
output=$results/output.txt
status=0
# Without @testable imports tests and program are compiled alike, and share what `make build` has built.
${SWIFT:-swift} test -c release --disable-testable-imports "$@" 2>&1 | tee "$output" || status=$?
allowed=("Tests/allowed-skips.txt")
[ -n "${FOVEA_TEST_DATA:-}" ] || allowed+=("Tests/allowed-skips-without-data.txt")
cat "${allowed[@]}" >"$results/allowed-skips.txt"
scripts/judge-tests.sh "$output" "$results/allowed-skips.txt" "$status" | tee "$results/verdict.txt"
