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
# harness for Swift is a line and a function in Fuzz/Parsers.swift, its files in `own` below, a dictionary and seeds in Fuzz.
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
decoders=(jpeg png webp gif bmp tiff heif)
parsers=(exif safetensors idx cifar tar zip csv jsonl coco labelstudio corrections
    pickle checkpoint onnx)
[ ${#chosen[@]} -gt 0 ] || chosen=("${decoders[@]}" "${parsers[@]}")

# The compiler that comes with Swift has libFuzzer; another may be named.
CLANG=${CLANG:-$(dirname "$(readlink -f "$(command -v "${SWIFT:-swift}")")")/clang}
PATH=$PATH:$(dirname "$CLANG")  # for llvm-symbolizer
build=.build-fuzz
mkdir -p "$build/found"
# Where harnesses put the files that they read; another run has another.
TMPDIR=$(mktemp -d "$PWD/$build/scratch.XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
data=${FOVEA_TEST_DATA:-../shared/data}

# Limits for a single file: seconds, and megabytes of memory in all and in one piece.
limits=(-timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024)
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1

# The Swift files that a parser's coverage is counted in.
own() {
    case "$1" in
        exif) echo Orientation PictureFormat ;;
        safetensors) echo SafeTensorsHeader StrictJSON JSONValue ;;
        idx) echo IDXFile IDXSource GzipReader ;;
        cifar) echo CIFARSource ;;
        tar) echo TarWalk TarFile TarShards ShardIndex ArchiveTree ;;
        zip) echo ZipArchive ZipDirectory ZipEnd ArchiveTree ;;
        csv) echo CSVReader Manifest ManifestColumns NamedPictures ;;
        jsonl) echo Manifest ManifestColumns NamedPictures JSONScalar ;;
        coco) echo COCO JSONScalar NamedPictures ;;
        labelstudio) echo LabelStudio JSONScalar NamedPictures ;;
        corrections) echo Corrections CSVReader ;;
        pickle) echo Unpickler PickleCall PickleGlobal PickleValue TorchFile StateDictionary ;;
        checkpoint) echo TorchFile Unpickler PickleCall ZipDirectory ZipEnd StateDictionary ;;
        onnx) echo ONNXFile WeightBytes ;;
    esac
}

# The Swift files of all parsers and what they need: those of Collecting without the web, writing and known data sets.
parser_sources() {
    local collecting=Sources/Pipeline/1-Collecting file
    ls Sources/Engine/TensorCore/*.swift Sources/Pipeline/Pictures/{Orientation,Picture,PictureFormat,PixelView}.swift \
        Sources/Pipeline/3-ModelFiles/{FileReplacement,FloatConversion,JSONValue,SafeTensors,SafeTensorsHeader}.swift \
        Sources/Pipeline/3-ModelFiles/{StoredTensor,StrictJSON}.swift \
        Sources/Pipeline/3-ModelFiles/Import/{NamedWeights,ONNXFile,Pickle*,StateDictionary,TorchFile}.swift \
        Sources/Pipeline/3-ModelFiles/Import/{Unpickler,WeightBytes,WrappedNames}.swift \
        $collecting/Inspection/Correct*.swift
    for file in "$collecting"/*.swift; do
        case "$(basename "$file")" in
            CacheFolder* | Collection.* | Collection+* | CollectionNames* | CollectionWriter* | Download* | IDXFolder*) ;;
            ImageFolder* | KnownDataSets* | OpenDataSet* | PictureFetching* | PictureListing* | ShardPattern*) ;;
            Staging* | TarHeader* | Transfer* | WebRequest*) ;;
            *) printf '%s\n' "$file" ;;
        esac
    done
}

compile_decoder() {
    local harness=$1 flags
    read -ra flags <<<"$(pkg-config --cflags libjpeg libpng libwebpdemux libtiff-4 lcms2)"
    "$CLANG" -g -O1 -std=gnu11 -fsanitize=address,undefined,fuzzer -fno-sanitize-recover=undefined -DFORMAT="$harness" \
        "${flags[@]}" Fuzz/decoders.c Sources/Shims/CImageCodecs/*.c -o "$build/$harness" \
        -ljpeg -lpng -lwebpdemux -lwebp -lgif -ltiff -llcms2 -ldl -lpthread
}

# The house's modules become one, without their imports; what they need of CKernels is linked. One binary serves all.
compile_parsers() {
    local folder=$build/swift file kernel
    rm -rf "$folder"
    mkdir -p "$folder"
    while read -r file; do
        sed -E -e '/^import (Fovea[A-Za-z]*|CKernels|Crypto)$/d' -e 's/FoveaCollecting[.]/Fuzzed./' "$file" \
            >"$folder/$(basename "$file")"
    done < <(printf 'Fuzz/Parsers.swift\n'; parser_sources)
    for kernel in instructions normalise resize; do
        "$CLANG" -g -O1 -c "Sources/Shims/CKernels/$kernel.c" -o "$folder/$kernel.o"
    done
    "$(dirname "$CLANG")/swiftc" -g -O -parse-as-library -package-name fuzzed -module-name Fuzzed -swift-version 6 \
        -sanitize=address,fuzzer -import-objc-header Sources/Shims/CKernels/include/CKernels.h -I Sources/Shims/CZlib \
        "$folder"/*.swift "$folder"/*.o -o "$build/parsers"
}

is_parser() { [ -n "$(own "$1")" ]; }

# A decoder, or all parsers.
compile() {
    local kind=compile_decoder
    if [ "$1" = parsers ]; then kind=compile_parsers; fi
    if ! "$kind" "$1" >"$build/$1.compile.txt" 2>&1; then
        grep -v "Cannot export local symbol" "$build/$1.compile.txt" >&2 || true
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
        tar | zip | csv | onnx) echo "$1" ;;
        pickle) echo th bin ;;
        checkpoint) echo pth pt ;;
        *) if ! is_parser "$1"; then echo "$1"; fi ;;
    esac
}

# The goldens' files, the odd pictures, and what was found before.
seed() {
    local harness=$1 target=$2 ending file
    mkdir -p "$target"
    for ending in $(endings "$harness"); do
        for file in Tests/Golden/{formats,pictures,archives,checkpoints}/*."$ending" "$data"/nasty-images/*."$ending"; do
            # The goldens themselves are many and alike.
            case "$file" in Tests/Golden/*-*-*.png | Tests/Golden/pictures/resize-*) continue ;; esac
            if [ -f "$file" ]; then cp "$file" "$target/$(basename "$file")"; fi
        done
    done
    for file in "Fuzz/seeds/$harness"/* "Fuzz/regressions/$harness"/*; do
        if [ -f "$file" ]; then cp "$file" "$target/"; fi
    done
}

# How many edges of its own files a parser's run has met.
covered_edges() {
    awk -v own="$(own "$1" | sed 's/ /|/g')" '
        /COVERED_FUNC:/ && match($0, "/(" own ")[.]swift:") {
            for (i = 1; i < NF; i++) if ($i == "edges:") { split($(i + 1), n, "/"); met += n[1]; all += n[2] }
        }
        END { if (all) printf "%d of %d edges of its files", met, all }' "$2"
}

status=0
is_compiled=false
for harness in "${chosen[@]}"; do
    more=()
    if is_parser "$harness"; then
        $is_compiled || compile parsers
        is_compiled=true
        ln -f "$build/parsers" "$build/$harness"
        more=(-print_coverage=1)
    else
        compile "$harness"
    fi
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
        -artifact_prefix="$build/found/$harness-" -print_final_stats=1 "${more[@]}" "$build/corpus/$harness" "$seeds" \
        >"$log" 2>&1 || result=$?
    # Of the edges in what is instrumented: all of CImageCodecs for a decoder, the files of `own` for a parser; no library.
    if is_parser "$harness"; then
        covered=$(covered_edges "$harness" "$log")
    else
        covered=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | grep -oE '[0-9]+' || true)
        covered="${covered:-?} of $(sed -n 's/.*Loaded 1 modules *(\([0-9]*\) inline.*/\1/p' "$log" | head -n 1) edges of its sources"
    fi
    runs=$(sed -n 's/.*number_of_executed_units: *//p' "$log" | tail -n 1)
    printf 'fuzz: %-11s %s runs, coverage %s\n' "$harness" "${runs:-?}" "${covered:-?}"
    if [ "$result" -ne 0 ]; then
        printf 'fuzz: %-11s FOUND something, see %s and %s\n' "$harness" "$log" "$build/found"
        grep -E "ERROR|SUMMARY|runtime error|Test unit written" "$log" | tail -n 4
        status=1
    fi
done
exit $status
