#!/usr/bin/env bash
# From nothing to two measured classifiers: Fashion-MNIST with every default, then photographs of clothing, which are
# fetched where there are none, from scratch: a demo fetches no weights. Prints the seconds of each stage. What it makes lies in .build/demo.
#
#   FOVEA_TEST_DATA     folder that holds clothing/{train,validation,test}; ../shared/data where it is not set
#   FOVEA_DEMO_FLAGS    further flags for both trainings, such as "--epochs 1"
set -euo pipefail
cd "$(dirname "$0")/.."

made=.build/demo
stages=()

# Seconds since some moment, with a fraction where bash can tell one.
now() { printf '%s' "${EPOCHREALTIME:-$SECONDS}" | tr ',' '.'; }

# stage NAME COMMAND...: shows the command, runs it, and notes how long it took.
stage() {
    local name=$1 start seconds
    shift
    printf '\n== %s\n$ %s\n' "$name" "$*"
    start=$(now)
    "$@"
    seconds=$(awk -v from="$start" -v to="$(now)" 'BEGIN { printf "%.1f", to - from }')
    stages+=("$(printf '%8s s  %s' "$seconds" "$name")")
}

stage "system packages" scripts/setup.sh --demo
stage "build" scripts/build.sh
fovea=$(scripts/build.sh --path)/fovea
if [ ! -x "$fovea" ]; then
    printf 'demo: the build made no program %s\n' "$fovea" >&2
    exit 1
fi
mkdir -p "$made"
read -r -a flags <<<"${FOVEA_DEMO_FLAGS:-}"

# 1. Fashion-MNIST: 60,000 grey pictures of 28 x 28 pixels, ten classes.
packaged=/usr/share/datasets/fashion-mnist
fashion='fashion-mnist'
[ -f "$packaged/train-images-idx3-ubyte.gz" ] && fashion=$packaged
stage "Fashion-MNIST: train" "$fovea" train "$fashion" -o "$made/fashion.fovea" ${flags[@]+"${flags[@]}"}
stage "Fashion-MNIST: evaluate" "$fovea" evaluate "$made/fashion.fovea" "$fashion"
# Where they are now: in the system's package or, fetched by the training, in the cache.
images=t10k-images-idx3-ubyte.gz
for folder in "$packaged" "$(scripts/datasets-folder.sh)/fashion-mnist"; do
    if [ -f "$folder/$images" ]; then images=$folder/$images; fi
done
# The first pictures of the test split, named by what they show.
python3 scripts/make_pictures.py idx "$images" 5 "$made"
pictures=()
for named in 0000-ankle-boot 0001-pullover 0002-trouser 0003-trouser 0004-shirt; do
    mv "$made/${named%%-*}.png" "$made/$named.png"
    pictures+=("$made/$named.png")
done
stage "Fashion-MNIST: predict" "$fovea" predict "$made/fashion.fovea" "${pictures[@]}"

# 2. Photographs: 3,781 of clothing, ten classes.
clothing=
for folder in ${FOVEA_TEST_DATA:+"$FOVEA_TEST_DATA/clothing"} ../shared/data/clothing; do
    if [ -z "$clothing" ] && [ -d "$folder/train" ]; then clothing=$folder; fi
done
if [ -z "$clothing" ]; then
    printf '\n== photographs: fetch\n$ scripts/get_photographs.sh\n'
    clothing=$(scripts/get_photographs.sh) || clothing=
fi
if [ -n "$clothing" ]; then
    stage "photographs: inspect" "$fovea" inspect "$clothing" --html "$made/clothing.html" --csv "$made/clothing.csv"
    stage "photographs: preview" "$fovea" preview "$clothing" -o "$made/clothing.png" --from-scratch
    stage "photographs: train" "$fovea" train "$clothing" -o "$made/clothing.fovea" --from-scratch ${flags[@]+"${flags[@]}"}
    stage "photographs: evaluate" "$fovea" evaluate "$made/clothing.fovea" "$clothing"
    # One photograph of each of the first classes.
    pictures=()
    for folder in "$clothing"/test/*/; do
        [ ${#pictures[@]} -lt 4 ] || break
        for photograph in "$folder"*; do
            pictures+=("$photograph")
            break
        done
    done
    stage "photographs: predict" "$fovea" predict "$made/clothing.fovea" "${pictures[@]}"
else
    printf '\n== photographs\n%s\n' "skipped: none could be fetched, as said above, and FOVEA_TEST_DATA names no folder of them"
fi

printf '\n== seconds\n'
printf '%s\n' "${stages[@]}"
