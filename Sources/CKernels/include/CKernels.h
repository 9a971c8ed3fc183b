#pragma once
// One header per family; the kernels take element counts and strides, never bytes.
#include "attention.h"
#include "convert.h"
#include "elementwise.h"
#include "matrix.h"
#include "memory.h"
#include "normalization.h"
#include "parallel.h"
#include "random.h"
#include "reduce.h"
#include "resample.h"
#include "softmax.h"
#include "spatial.h"
