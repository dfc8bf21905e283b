#!/usr/bin/env bash
# Judges the output of `swift test`: prints every skipped test and a closing line "N passed, N failed, N skipped".
#
#   scripts/judge-tests.sh OUTPUT ALLOWED-SKIPS STATUS
#
# OUTPUT is what Swift Testing printed, ALLOWED-SKIPS the list of tests that may be skipped, STATUS the exit status of
# the run. Fails when the run failed, when no test ran, or when a test was skipped that the list does not name.
set -euo pipefail

[ $# -eq 3 ] || { printf 'usage: judge-tests.sh OUTPUT ALLOWED-SKIPS STATUS\n' >&2; exit 2; }

# Swift Testing's lines, behind a symbol that differs between systems:
#   ➜ Test "a sentence" skipped: "why"      ➜ Test name() skipped.      ➜ Test name() was cancelled after 1 seconds: "why"
#   ✘ Test name() failed after 0.1 seconds with 1 issue.                ✘ Test case passing ... failed after ...
#   ✔ Test run with 9 tests in 3 suites passed after 0.1 seconds.       (skipped tests are among the 9)
awk -v allowed_file="$2" -v status="$3" '
    BEGIN {
        while ((getline line < allowed_file) > 0)
            if (line !~ /^[[:space:]]*(#|$)/) allowed[line] = 1
    }
    { gsub(/\033\[[0-9;]*m/, "") }                      # colours
    { $0 = substr($0, index($0, " ") + 1) }             # the symbol
    /^Test run with [0-9]+ tests? / && / (passed|failed) after / { total += $4; runs += 1; next }
    /^Test case / { next }
    /^Test .* failed after [0-9.]+ seconds/ { failed += 1; next }
    /^Test .* skipped(\.|: ".*)$/ {
        name = $0; sub(/^Test /, "", name); sub(/ skipped(\.|: ".*)$/, "", name)
        reason = $0; if (!sub(/^.* skipped: /, "", reason)) reason = "no reason given"
        skip(name, reason)
    }
    /^Test .* was cancelled after [0-9.]+ seconds/ {
        name = $0; sub(/^Test /, "", name); sub(/ was cancelled after .*$/, "", name)
        reason = $0; if (!sub(/^.* seconds: /, "", reason)) reason = "cancelled"
        skip(name, reason)
    }
    function skip(name, reason) {
        skipped += 1
        names[skipped] = name; reasons[skipped] = reason
        if (!(name in allowed)) unlisted += 1
    }
    END {
        for (i = 1; i <= skipped; i++)
            printf "skipped%s: %s: %s\n", (names[i] in allowed) ? "" : ", NOT ALLOWED", names[i], reasons[i]
        if (unlisted) printf "%d skipped and not listed in %s: give the test what it needs.\n", unlisted, allowed_file
        ran = total - skipped
        if (!runs) print "The run printed no summary: it did not build, or it crashed."
        else if (ran <= 0) print "No test ran."
        if (status != 0 && !failed) printf "The run ended with status %d.\n", status
        if (status != 0 && !failed) failed = 1
        bad = failed || unlisted || !runs || ran <= 0
        passed = ran - failed; if (passed < 0) passed = 0
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit bad ? 1 : 0
    }
' "$1"
