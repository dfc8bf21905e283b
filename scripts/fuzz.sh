#!/usr/bin/env bash
# Fuzzes decoders and parsers under the address sanitizer, and first holds them to every file that is known.
#
#   scripts/fuzz.sh                 every harness for a minute each
#   scripts/fuzz.sh --seconds 10    for another time
#   scripts/fuzz.sh --known         only the known files: seeds, what was found before, and the odd pictures of
#                                   FOVEA_TEST_DATA/nasty-images, in bounded time and memory
#   scripts/fuzz.sh jpeg gif        these harnesses
#
# What a run finds is left in .build-fuzz/found; a file that was mended belongs into Fuzz/regressions/HARNESS. A new
# harness for Swift is a branch in Fuzz/Parsers.swift, its sources in `sources` below, a dictionary and seeds in Fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
chosen=()
while [ $# -gt 0 ]; do
    case "$1" in
        --seconds) seconds=$2; shift ;;
        --known) seconds=0 ;;
        -*) printf 'fuzz: unknown option %s\n' "$1" >&2; exit 2 ;;
        *) chosen+=("$1") ;;
    esac
    shift
done
[ ${#chosen[@]} -gt 0 ] || chosen=(jpeg png webp gif bmp tiff heif exif safetensors)

# The compiler that comes with Swift has libFuzzer; another may be named.
CLANG=${CLANG:-$(dirname "$(readlink -f "$(command -v "${SWIFT:-swift}")")")/clang}
build=.build-fuzz
mkdir -p "$build/found"
data=${FOVEA_TEST_DATA:-../shared/data}

# Limits for a single file: seconds, and megabytes of memory in all and in one piece.
limits=(-timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024)
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1

# The Swift files of a parser, which are compiled as one module; nothing for a decoder in C.
sources() {
    case "$1" in
        exif) ls Sources/Engine/TensorCore/*.swift Sources/Pipeline/Pictures/{Orientation,Picture,PictureFormat,PixelView}.swift ;;
        safetensors)
            ls Sources/Engine/TensorCore/*.swift \
                Sources/Pipeline/3-ModelFiles/{FloatConversion,JSONValue,SafeTensorsHeader,StoredTensor,StrictJSON}.swift
            ;;
    esac
}

compile_decoder() {
    local harness=$1 flags
    read -ra flags <<<"$(pkg-config --cflags libjpeg libpng libwebpdemux libtiff-4 lcms2)"
    "$CLANG" -g -O1 -std=gnu11 -fsanitize=address,undefined,fuzzer -fno-sanitize-recover=undefined -DFORMAT="$harness" \
        "${flags[@]}" Fuzz/decoders.c Sources/Shims/CImageCodecs/*.c -o "$build/$harness" \
        -ljpeg -lpng -lwebpdemux -lwebp -lgif -ltiff -llcms2 -ldl -lpthread
}

# The house's modules become one, without their imports; what they need of CKernels is linked.
compile_parser() {
    local harness=$1 folder=$build/swift/$1 file kernel
    rm -rf "$folder"
    mkdir -p "$folder"
    for file in Fuzz/Parsers.swift $(sources "$harness"); do
        sed -E '/^import (Fovea[A-Za-z]*|CKernels)$/d' "$file" >"$folder/$(basename "$file")"
    done
    for kernel in normalise resize; do
        "$CLANG" -g -O1 -c "Sources/Shims/CKernels/$kernel.c" -o "$folder/$kernel.o"
    done
    "$(dirname "$CLANG")/swiftc" -g -O -parse-as-library -package-name fuzzed -module-name Fuzzed -D "FUZZ_$harness" \
        -sanitize=address,fuzzer -import-objc-header Sources/Shims/CKernels/include/CKernels.h "$folder"/*.swift \
        "$folder"/*.o -o "$build/$harness"
}

compile() {
    local kind=decoder
    if [ -n "$(sources "$1")" ]; then kind=parser; fi
    if ! "compile_$kind" "$1" >"$build/$1.compile.txt" 2>&1; then
        cat "$build/$1.compile.txt" >&2
        return 1
    fi
}

# The names of its files' endings.
endings() {
    case "$1" in
        jpeg) echo jpg jpeg ;;
        tiff) echo tif tiff ;;
        heif) echo heic avif ;;
        exif) echo jpg png webp tif ;;
        safetensors) ;;
        *) echo "$1" ;;
    esac
}

# The goldens' files, the odd pictures, and what was found before.
seed() {
    local harness=$1 target=$2 ending file
    mkdir -p "$target"
    for ending in $(endings "$harness"); do
        for file in Tests/Golden/formats/*."$ending" Tests/Golden/pictures/*."$ending" "$data"/nasty-images/*."$ending"; do
            # The goldens themselves are many and alike.
            case "$file" in Tests/Golden/*-*-*.png | Tests/Golden/pictures/resize-*) continue ;; esac
            if [ -f "$file" ]; then cp "$file" "$target/$(basename "$file")"; fi
        done
    done
    for file in "Fuzz/seeds/$harness"/* "Fuzz/regressions/$harness"/*; do
        if [ -f "$file" ]; then cp "$file" "$target/"; fi
    done
}

status=0
for harness in "${chosen[@]}"; do
    compile "$harness"
    seeds=$build/seeds/$harness
    rm -rf "$seeds"
    seed "$harness" "$seeds"
    log=$build/$harness.txt
    # Every odd picture goes to every decoder, whatever its name says.
    known=("$seeds"/*)
    if [ -d "$data/nasty-images" ]; then known+=("$data"/nasty-images/*); fi
    if ! "$build/$harness" "${limits[@]}" -artifact_prefix="$build/found/$harness-" "${known[@]}" >"$log" 2>&1; then
        printf 'fuzz: %-11s FAILED on a known file\n' "$harness"
        grep -E "ERROR|SUMMARY|Running" "$log" | tail -n 3
        status=1
        continue
    fi
    printf 'fuzz: %-11s %d known files\n' "$harness" "${#known[@]}"
    [ "$seconds" -gt 0 ] || continue
    mkdir -p "$build/corpus/$harness"
    result=0
    "$build/$harness" "${limits[@]}" -max_total_time="$seconds" -dict="Fuzz/dictionaries/$harness.dict" -max_len=65536 \
        -artifact_prefix="$build/found/$harness-" -print_final_stats=1 "$build/corpus/$harness" "$seeds" \
        >"$log" 2>&1 || result=$?
    # Of the edges in what is instrumented: all of CImageCodecs for a decoder, all its sources for a parser; no library.
    edges=$(sed -n 's/.*Loaded 1 modules *(\([0-9]*\) inline.*/\1/p' "$log" | head -n 1)
    covered=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | grep -oE '[0-9]+' || true)
    runs=$(sed -n 's/.*number_of_executed_units: *//p' "$log" | tail -n 1)
    printf 'fuzz: %-11s %s runs, coverage %s of %s edges of its sources\n' "$harness" "${runs:-?}" "${covered:-?}" "${edges:-?}"
    if [ "$result" -ne 0 ]; then
        printf 'fuzz: %-11s FOUND something, see %s and %s\n' "$harness" "$log" "$build/found"
        grep -E "ERROR|SUMMARY|runtime error|Test unit written" "$log" | tail -n 4
        status=1
    fi
done
exit $status
