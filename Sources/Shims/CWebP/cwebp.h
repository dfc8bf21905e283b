// libwebp's headers under one name, so that SwiftPM takes the flags from pkg-config. No code of ours.
#include <webp/decode.h>
#include <webp/demux.h>
