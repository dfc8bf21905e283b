#!/usr/bin/env bash
# Prints the folder in which the program keeps the data sets that it fetches, and the scripts theirs:
# $FOVEA_HOME/datasets, or fovea/datasets in the XDG cache folder.
set -euo pipefail

# A relative path is to be ignored (XDG Base Directory Specification 0.8).
case "${XDG_CACHE_HOME:-}" in
    /*) cache=$XDG_CACHE_HOME/fovea ;;
    *) cache=$HOME/.cache/fovea ;;
esac
printf '%s\n' "${FOVEA_HOME:-$cache}/datasets"
