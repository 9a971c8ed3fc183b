// Number formats of checkpoint files. Plain loops that the compiler vectorises, one clone per instruction set,
// chosen at run time: a mapped f16 file converts at memory speed.
#include "strided.h"

#include <string.h>

static inline float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// The exponent is moved by a multiplication, which also turns subnormal halves into normal floats.
static inline float widen_half(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
  float scaled = from_bits(magnitude) * 0x1p112f;
  uint32_t special = (half & 0x7c00) == 0x7c00 ? 0x7f800000u : 0u;
  return from_bits(to_bits(scaled) | special | (uint32_t)(half & 0x8000) << 16);
}

static inline uint16_t narrow_half(float value) {
  uint32_t bits = to_bits(value);
  uint32_t sign = bits >> 16 & 0x8000;
  uint32_t magnitude = bits & 0x7fffffff;
  // Normal halves: rebias, then round by adding half of the last kept place, less one unless that place is odd.
  uint32_t normal = (magnitude - 0x38000000u + 0xfff + (magnitude >> 13 & 1)) >> 13;
  // Subnormal halves: adding 0.5 aligns the bits, and the addition itself rounds to even.
  uint32_t subnormal = to_bits(from_bits(magnitude) + 0.5f) - 0x3f000000u;
  uint32_t result = magnitude < 0x38800000u ? subnormal : normal;
  result = magnitude >= 0x477ff000u ? 0x7c00 : result;
  result = magnitude > 0x7f800000u ? 0x7e00 : result;
  return (uint16_t)(sign | result);
}

static inline uint16_t narrow_bfloat(float value) {
  uint32_t bits = to_bits(value);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return (uint16_t)((bits & 0x7fffffff) > 0x7f800000u ? (bits >> 16 | 0x40) : rounded);
}

CK_CLONES
void ck_f16_to_f32(const void *restrict source, float *restrict destination, size_t count) {
  const char *bytes = source;
  for (size_t i = 0; i < count; i++) {
    uint16_t half;
    memcpy(&half, bytes + 2 * i, sizeof half);
    destination[i] = widen_half(half);
  }
}

CK_CLONES
void ck_bf16_to_f32(const void *restrict source, float *restrict destination, size_t count) {
  const char *bytes = source;
  for (size_t i = 0; i < count; i++) {
    uint16_t brain;
    memcpy(&brain, bytes + 2 * i, sizeof brain);
    destination[i] = from_bits((uint32_t)brain << 16);
  }
}

CK_CLONES
void ck_f64_to_f32(const void *restrict source, float *restrict destination, size_t count) {
  const char *bytes = source;
  for (size_t i = 0; i < count; i++) {
    double wide;
    memcpy(&wide, bytes + 8 * i, sizeof wide);
    destination[i] = (float)wide;
  }
}

CK_CLONES
void ck_f32_to_f16(const float *restrict source, void *restrict destination, size_t count) {
  char *bytes = destination;
  for (size_t i = 0; i < count; i++) {
    uint16_t half = narrow_half(source[i]);
    memcpy(bytes + 2 * i, &half, sizeof half);
  }
}

CK_CLONES
void ck_f32_to_bf16(const float *restrict source, void *restrict destination, size_t count) {
  char *bytes = destination;
  for (size_t i = 0; i < count; i++) {
    uint16_t brain = narrow_bfloat(source[i]);
    memcpy(bytes + 2 * i, &brain, sizeof brain);
  }
}

typedef struct {
  const float *source;
  char *destination;
} narrow_job;

static void narrow_body(void *context, long begin, long end) {
  const narrow_job *job = context;
  ck_f32_to_bf16(job->source + begin, job->destination + 2 * begin, (size_t)(end - begin));
}

void ck_round_to_bf16(void *destination, const float *source, size_t count) {
  narrow_job job = {source, destination};
  ck_parallel_for((long)count, 1 << 16, narrow_body, &job);
}

bool ck_has_bfloat16(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}
