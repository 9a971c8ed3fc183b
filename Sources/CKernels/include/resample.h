#pragma once
#include <stddef.h>

/// Weighted sums along one axis of {outer, n, inner} → {outer, m, inner}, both row-major: output i is the sum over
/// `k < taps` of `weights[i·taps + k]` times input `places[i·taps + k]`. Added up in float, in the order of the taps.
void ck_resample_axis(ptrdiff_t outer, ptrdiff_t n, ptrdiff_t m, ptrdiff_t inner, ptrdiff_t taps,
                      const ptrdiff_t *places, const float *weights, const float *in, float *out);

/// {batch, height, width, channels} → {batch, 2·height, 2·width, channels}, every pixel four times.
void ck_upsample_nearest_2x(ptrdiff_t batch, ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels, const float *in,
                            float *out);
