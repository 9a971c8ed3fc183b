#include "resample.h"

#include <string.h>

#include "strided.h"

CK_CLONES static void add_weighted(float *out, const float *in, float weight, ptrdiff_t n) {
  CK_INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] += weight * in[i];
}

void ck_resample_axis(ptrdiff_t outer, ptrdiff_t n, ptrdiff_t m, ptrdiff_t inner, ptrdiff_t taps,
                      const ptrdiff_t *places, const float *weights, const float *in, float *out) {
  for (ptrdiff_t o = 0; o < outer; o++, in += n * inner)
    for (ptrdiff_t i = 0; i < m; i++, out += inner) {
      const ptrdiff_t *place = places + i * taps;
      const float *weight = weights + i * taps;
      if (inner == 1) {
        float sum = 0;
        for (ptrdiff_t k = 0; k < taps; k++) sum += weight[k] * in[place[k]];
        *out = sum;
      } else {
        memset(out, 0, (size_t)inner * sizeof(float));
        for (ptrdiff_t k = 0; k < taps; k++)
          if (weight[k] != 0) add_weighted(out, in + place[k] * inner, weight[k], inner);
      }
    }
}
