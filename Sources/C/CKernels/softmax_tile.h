// Softmax of rows, included once for each kind of processor with TILE(name) and LANES.

#include "lanes.h"

static void TILE(softmax)(float *out, const float *x, long rows, long width) {
  const float log2e = 1.44269504f;
  long whole = width / LANES * LANES, rest = width - whole;
  for (long r = 0; r < rows; r++, x += width, out += width) {
    float tail[LANES];
    for (long l = 0; l < LANES; l++) tail[l] = l < rest ? x[whole + l] : -INFINITY;
    TILE(vector) last = LOAD(tail), highest = last, total = SPLAT(0.0f);
    for (long j = 0; j < whole; j += LANES) highest = TILE(larger)(LOAD(x + j), highest);
    float top = TILE(largest_of)(highest);
    for (long j = 0; j < whole; j += LANES) {
      TILE(vector) p = TILE(exp2)((LOAD(x + j) - top) * log2e);
      STORE(out + j, p);
      total += p;
    }
    last = TILE(exp2)((last - top) * log2e);
    if (rest > 0) total += last;
    float factor = 1.0f / TILE(sum_of)(total);
    for (long j = 0; j < whole; j += LANES) STORE(out + j, LOAD(out + j) * factor);
    STORE(tail, last * factor);
    for (long l = 0; l < rest; l++) out[whole + l] = tail[l];
  }
}

#undef TILE
#undef LANES
