// Every kernel's header; the module is made of this file. A new header needs a line here: without it, a build folder that
// is used again does not see the header.

#include "adaptive_pooling.h"
#include "augment.h"
#include "channel_factors.h"
#include "channel_moves.h"
#include "depthwise.h"
#include "instructions.h"
#include "layer_norm.h"
#include "norm.h"
#include "normalise.h"
#include "parallel.h"
#include "pointwise.h"
#include "resize.h"
#include "training.h"
#include "winograd.h"
