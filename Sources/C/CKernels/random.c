#include "random.h"

#include <math.h>

enum { words = 624, middle = 397 };

void ck_torch_seed(ck_torch_generator *g, uint64_t seed) {
  g->state[0] = (uint32_t)seed;
  for (uint32_t i = 1; i < words; i++)
    g->state[i] = 1812433253u * (g->state[i - 1] ^ g->state[i - 1] >> 30) + i;
  g->next = words;
  g->has_spare = 0;
  g->spare = 0;
}

static void refill(ck_torch_generator *g) {
  uint32_t *s = g->state;
  for (int i = 0; i < words; i++) {
    uint32_t joined = (s[i] & 0x80000000u) | (s[(i + 1) % words] & 0x7fffffffu);
    s[i] = s[(i + middle) % words] ^ joined >> 1 ^ (joined & 1 ? 0x9908b0dfu : 0);
  }
  g->next = 0;
}

uint32_t ck_torch_random(ck_torch_generator *g) {
  if (g->next >= words) refill(g);
  uint32_t y = g->state[g->next++];
  y ^= y >> 11;
  y ^= y << 7 & 0x9d2c5680u;
  y ^= y << 15 & 0xefc60000u;
  return y ^ y >> 18;
}

static float uniform_float(ck_torch_generator *g) { return (float)(ck_torch_random(g) & 0xffffffu) * 0x1p-24f; }

static double uniform_double(ck_torch_generator *g) {
  uint64_t high = ck_torch_random(g);
  uint64_t both = high << 32 | ck_torch_random(g);
  return (double)(both & ((1ull << 53) - 1)) * 0x1p-53;
}

void ck_torch_uniform(ck_torch_generator *g, float *out, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) out[i] = uniform_float(g);
}

/// Box and Muller's transform of eight radii and eight angles, in float.
static void transform_sixteen(float *values) {
  for (int i = 0; i < 8; i++) {
    float radius = sqrtf(-2.0f * logf(1.0f - values[i])), angle = 6.28318530717958647692f * values[i + 8];
    values[i] = radius * cosf(angle);
    values[i + 8] = radius * sinf(angle);
  }
}

void ck_torch_normal(ck_torch_generator *g, float *out, ptrdiff_t count) {
  if (count < 16) {
    // Few numbers are drawn one by one in double; the transform's second result waits for the next call.
    for (ptrdiff_t i = 0; i < count; i++) {
      if (g->has_spare) {
        g->has_spare = 0;
        out[i] = (float)g->spare;
        continue;
      }
      double angle = 6.28318530717958647692 * uniform_double(g);
      double radius = sqrt(-2.0 * log1p(-uniform_double(g)));
      g->spare = radius * sin(angle);
      g->has_spare = 1;
      out[i] = (float)(radius * cos(angle));
    }
    return;
  }
  ck_torch_uniform(g, out, count);
  for (ptrdiff_t i = 0; i + 16 <= count; i += 16) transform_sixteen(out + i);
  if (count % 16 != 0) {
    // What is left over takes in some numbers that were done already: the last sixteen are drawn anew.
    ck_torch_uniform(g, out + count - 16, 16);
    transform_sixteen(out + count - 16);
  }
}
