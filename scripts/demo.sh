#!/usr/bin/env bash
# From nothing to two measured classifiers: Fashion-MNIST with every default, then photographs of clothing where there
# are any. Prints the seconds of each stage. What it makes lies in .build/demo.
#
#   FOVEA_TEST_DATA     folder that holds clothing/{train,validation,test}; ../shared/data where it is not set
#   FOVEA_DEMO_FLAGS    further flags for both trainings, such as "--epochs 1"
set -euo pipefail
cd "$(dirname "$0")/.."

swift=${SWIFT:-swift}
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

# bytes HEX: writes the bytes that HEX spells.
bytes() {
    # shellcheck disable=SC2059
    printf "$(printf '%s' "$1" | sed 's/../\\x&/g')"
}

# chunk TYPE DATA, both in HEX: writes a chunk of a PNG file. gzip knows the checksum that PNG wants, lowest byte first.
chunk() {
    local crc
    crc=$(bytes "$1$2" | gzip -c | tail -c 8 | od -An -tx1 -N4 | awk '{ print $4 $3 $2 $1 }')
    bytes "$(printf '%08x' $((${#2} / 2)))$1$2$crc"
}

# picture INDEX IMAGES FILE: writes one picture of an unpacked IDX file of 28 x 28 grey pixels as a PNG file.
picture() {
    local pixels
    # Each row behind a 0 (no filter), in one block that is not compressed, and zlib's checksum behind all.
    pixels=$(od -An -v -tu1 -j $((16 + 784 * $1)) -N 784 "$2" | awk '
        function put(v) { hex = hex sprintf("%02x", v); a = (a + v) % 65521; b = (b + a) % 65521 }
        BEGIN { a = 1; b = 0 }
        { for (i = 1; i <= NF; i++) { if (n % 28 == 0) put(0); n += 1; put($i) } }
        END { printf "%s%04x%04x", hex, b, a }')
    {
        bytes 89504e470d0a1a0a
        chunk 49484452 0000001c0000001c0800000000
        chunk 49444154 "7801012c03d3fc$pixels"
        chunk 49454e44 ""
    } >"$3"
}

stage "system packages" scripts/setup.sh --demo
stage "build" $swift build -c release
fovea=$($swift build -c release --show-bin-path)/fovea
if [ ! -x "$fovea" ]; then
    printf 'demo: the build made no program %s\n' "$fovea" >&2
    exit 1
fi
mkdir -p "$made"
read -r -a flags <<<"${FOVEA_DEMO_FLAGS:-}"

# 1. Fashion-MNIST: 60,000 grey pictures of 28 x 28 pixels, ten classes.
packaged=/usr/share/datasets/fashion-mnist
fashion=fashion-mnist
[ -f "$packaged/train-images-idx3-ubyte.gz" ] && fashion=$packaged
stage "Fashion-MNIST: train" "$fovea" train "$fashion" -o "$made/fashion.fovea" ${flags[@]+"${flags[@]}"}
stage "Fashion-MNIST: evaluate" "$fovea" evaluate "$made/fashion.fovea" "$fashion"
if [ "$fashion" = "$packaged" ]; then
    gzip -dc "$packaged/t10k-images-idx3-ubyte.gz" >"$made/test-images"
    # The first pictures of the test split, and what they show.
    names=(ankle-boot pullover trouser trouser shirt)
    pictures=()
    for index in 0 1 2 3 4; do
        pictures+=("$made/$index-${names[$index]}.png")
        picture "$index" "$made/test-images" "$made/$index-${names[$index]}.png"
    done
    stage "Fashion-MNIST: predict" "$fovea" predict "$made/fashion.fovea" "${pictures[@]}"
else
    printf '\n== Fashion-MNIST: predict\nskipped: the pictures are not in %s\n' "$packaged"
fi

# 2. Photographs.
clothing=
for folder in ${FOVEA_TEST_DATA:+"$FOVEA_TEST_DATA/clothing"} ../shared/data/clothing; do
    if [ -z "$clothing" ] && [ -d "$folder/train" ]; then clothing=$folder; fi
done
if [ -n "$clothing" ]; then
    stage "photographs: train" "$fovea" train "$clothing" -o "$made/clothing.fovea" ${flags[@]+"${flags[@]}"}
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
    printf '\n== photographs\nskipped: neither $FOVEA_TEST_DATA/clothing nor ../shared/data/clothing is there\n'
fi

printf '\n== seconds\n'
printf '%s\n' "${stages[@]}"
