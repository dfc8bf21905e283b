// libjpeg-turbo's headers under one name, so that SwiftPM takes the flags from pkg-config. No code of ours.
#include <stddef.h>
#include <stdio.h>
#include <jpeglib.h>
