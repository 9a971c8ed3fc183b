#pragma once
#include <stddef.h>

/// Weighted sums along one axis of {outer, n, inner} → {outer, m, inner}, both row-major: output i is the sum over
/// `k < taps` of `weights[i·taps + k]` times input `places[i·taps + k]`. Added up in float, in the order of the taps.
void ck_resample_axis(ptrdiff_t outer, ptrdiff_t n, ptrdiff_t m, ptrdiff_t inner, ptrdiff_t taps,
                      const ptrdiff_t *places, const float *weights, const float *in, float *out);
