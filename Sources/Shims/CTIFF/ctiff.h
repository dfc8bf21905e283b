// libtiff's header under one name, so that SwiftPM takes the flags from pkg-config. No code of ours.
#include <tiffio.h>
