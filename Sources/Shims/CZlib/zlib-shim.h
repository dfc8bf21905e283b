// The system's zlib, for gzipped IDX files. Nothing of ours in here.
#pragma once
#include <zlib.h>
