#pragma once
// One header per family; the kernels take element counts and strides, never bytes.
#include "elementwise.h"
#include "memory.h"
#include "parallel.h"
#include "reduce.h"
