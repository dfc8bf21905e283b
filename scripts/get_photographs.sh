#!/usr/bin/env bash
# Fetches photographs of clothing (ten classes, 3,781 JPEG files, 106 MB) into the cache, and prints the folder that
# then holds train, validation and test. Does nothing where they are there already. An interrupted download is taken up
# again, and nothing is put in place before every file of it is what it should be.
#
#   FOVEA_HOME                   they go to its folder datasets/clothing; see scripts/datasets-folder.sh
#   FOVEA_PHOTOGRAPHS_ADDRESS    another address of the same archive, such as a mirror
#
# They are a subset of Alexey Grigorev's clothing dataset, public domain (CC0 1.0).
set -euo pipefail
cd "$(dirname "$0")/.."

commit=11961516512414bf9f6c150a832cfd21b54a6b54
repository=https://github.com/alexeygrigorev/clothing-dataset-small
address=${FOVEA_PHOTOGRAPHS_ADDRESS:-$repository/archive/$commit.tar.gz}
# SHA-256 of the sorted list of "SHA-256  path" of all files: the same however the archive was compressed.
expected=f8667cfe4a397f1be854d7d6c56118e4eaf6e9654ac37940e443dec3b4e55721

say() { printf 'get_photographs: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

datasets=$(scripts/datasets-folder.sh)
folder=$datasets/clothing
archive=$datasets/clothing-$commit.tar.gz.part
unpacked=$datasets/clothing-$commit.unpacked

if [ -d "$folder" ]; then
    printf '%s\n' "$folder"
    exit 0
fi

sha256=(sha256sum)
command -v sha256sum >/dev/null || sha256=(shasum -a 256)

# The checksum of the three splits in the current folder.
checksum() {
    find train validation test -type f | LC_ALL=C sort | tr '\n' '\0' | xargs -0 "${sha256[@]}" | "${sha256[@]}" \
        | cut -d ' ' -f 1
}

# download [FLAG...]: gives up on a server that is silent for a minute.
download() {
    local progress=--silent
    if [ -t 2 ]; then progress=--progress-bar; fi
    curl --fail --location --show-error $progress --connect-timeout 20 --speed-limit 1024 --speed-time 60 --retry 2 \
        --output "$archive" "$@" "$address"
}

for tool in curl tar gzip; do
    command -v $tool >/dev/null || fail "$tool is missing; \`scripts/setup.sh --demo\` installs it"
done
mkdir -p "$datasets"

status=0
if [ -s "$archive" ] && ! gzip -t "$archive" 2>/dev/null; then
    say "continuing the download of $address"
    download --continue-at - || status=$?
    # This server cannot continue (33, 36), or not from there (22): from the beginning, then.
    case $status in 22 | 33 | 36) rm -f "$archive" ;; esac
fi
if [ ! -s "$archive" ]; then
    say "downloading $address (106 MB)"
    status=0
    download || status=$?
fi
[ $status = 0 ] || fail "$address: the download failed, see above; run this again to continue it"

rm -rf "$unpacked"
mkdir -p "$unpacked/archive" "$unpacked/clothing"
if ! tar -xzf "$archive" -C "$unpacked/archive" --strip-components 1; then
    rm -rf "$archive" "$unpacked"
    fail "$address: not a whole archive; run this again to fetch it anew"
fi
# Only the three splits; what else the archive holds is no class of pictures.
for split in train validation test; do
    [ ! -d "$unpacked/archive/$split" ] || mv "$unpacked/archive/$split" "$unpacked/clothing"
done
found=$(cd "$unpacked/clothing" && checksum) || found="not to be had"
if [ "$found" != "$expected" ]; then
    rm -rf "$archive" "$unpacked"
    fail "$address: the photographs are not the expected ones: their checksum is $found, not $expected"
fi
mv "$unpacked/clothing" "$folder"
rm -rf "$archive" "$unpacked"
printf '%s\n' "$folder"
