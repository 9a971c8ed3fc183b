#pragma once
// exp, tanh and erf without branches, so that loops over them vectorise. Accurate to about 2 ulp over the whole range;
// infinities and NaN come out as in libm. Coefficients from Scripts/dev/fit-polynomials.py.
#include <stdint.h>

/// Inlined into clones for several processors: a separate function would be compiled for the oldest only.
#define CK_INLINE static inline __attribute__((always_inline))

CK_INLINE float ck_from_bits(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

CK_INLINE uint32_t ck_to_bits(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// e^x = 2^n e^r with |r| ≤ ln 2 / 2. The power goes in as two factors, so that results below 2^-126 fade out evenly.
CK_INLINE float ck_exp(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  const float shift = 12582912.0f;  // 1.5·2²³: adding it leaves the nearest integer in the low bits
  float shifted = x * 1.44269504f + shift;
  int32_t n = (int32_t)(ck_to_bits(shifted) - 0x4B400000u);
  float k = shifted - shift;
  float r = x - k * 0.693359375f;  // ln 2 in two parts, the first short enough for an exact product
  r = r + k * 2.12194440e-4f;
  float p = 0.00138198235f;
  p = p * r + 0.00836868677f;
  p = p * r + 0.0416682772f;
  p = p * r + 0.166665211f;
  p = p * r + 0.49999994f;
  p = p * (r * r) + r + 1.0f;
  int32_t half = n >> 1;
  return p * ck_from_bits((uint32_t)(half + 127) << 23) * ck_from_bits((uint32_t)(n - half + 127) << 23);
}

CK_INLINE float ck_tanh(float x) {
  float s = x * x, t = __builtin_fabsf(x);
  float p = -0.00571620278f;
  p = p * s + 0.0206497088f;
  p = p * s - 0.0537431724f;
  p = p * s + 0.133314863f;
  p = p * s - 0.333332837f;
  float small = x + x * (s * p);
  float large = __builtin_copysignf(1.0f - 2.0f / (ck_exp(2.0f * t) + 1.0f), x);
  return t > 0.625f ? large : small;
}

CK_INLINE float ck_erf(float x) {
  float s = x * x, t = __builtin_fabsf(x);
  float p = 7.80690316e-05f;
  p = p * s - 0.00079978531f;
  p = p * s + 0.0051871622f;
  p = p * s - 0.0268533472f;
  p = p * s + 0.112835787f;
  p = p * s - 0.37612626f;
  p = p * s + 0.128379166f;
  float small = x + x * p;
  float u = t > 4.0f ? 4.0f : t;  // erf(4) rounds to 1
  float q = 3.55370889e-06f;
  q = q * u - 2.83983682e-05f;
  q = q * u - 0.000138923788f;
  q = q * u + 0.00318246125f;
  q = q * u - 0.0230923127f;
  q = q * u + 0.105669655f;
  q = q * u + 0.635409832f;
  q = q * u + 1.12859964f;
  float large = __builtin_copysignf(1.0f - ck_exp(-u * q), x);
  return t > 1.0f ? large : small;
}

CK_INLINE float ck_sigmoid(float x) { return 1.0f / (1.0f + ck_exp(-x)); }
CK_INLINE float ck_relu(float x) { return x < 0.0f ? 0.0f : x; }
CK_INLINE float ck_silu(float x) { return x / (1.0f + ck_exp(-x)); }
CK_INLINE float ck_quick_gelu(float x) { return x / (1.0f + ck_exp(-1.702f * x)); }
CK_INLINE float ck_gelu(float x) { return 0.5f * x * (1.0f + ck_erf(x * 0.70710678f)); }
CK_INLINE float ck_gelu_tanh(float x) {
  return 0.5f * x * (1.0f + ck_tanh(0.79788456f * (x + 0.044715f * x * x * x)));
}
