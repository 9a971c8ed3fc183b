#pragma once
#include <stddef.h>

/// The largest number of dimensions that the strided kernels walk over.
#define CK_MAX_RANK 8

/// out[i] = value for `count` elements in a row.
void ck_fill(float *out, ptrdiff_t count, float value);

/// out[i] = start + i·step, each rounded once from double.
void ck_arange(float *out, ptrdiff_t count, double start, double step);

/// out[index] = in[index] for every index of `shape`; strides in elements, 0 repeats.
void ck_copy(int rank, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides, const float *in,
             const ptrdiff_t *in_strides);
