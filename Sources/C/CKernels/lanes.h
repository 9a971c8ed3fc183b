// Vectors of LANES floats for the kernels that are written once and compiled for each kind of processor. TILE(name) gives
// a name the suffix of its kind.

typedef float TILE(vector) __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int32_t TILE(integers) __attribute__((vector_size(LANES * 4), aligned(4)));

#ifndef LOAD
#define LOAD(p) (*(const TILE(vector) *)(p))
#define STORE(p, x) (*(TILE(vector) *)(p) = (x))
#define SPLAT(x) ((TILE(vector)){0} + (x))  // of constants: the sum is an instruction for anything else
#endif

/// The larger of each pair; b where a is NaN, NaN where b is.
CK_INLINE TILE(vector) TILE(larger)(TILE(vector) a, TILE(vector) b) {
  TILE(integers) takes = a > b;
  return (TILE(vector))(((TILE(integers))a & takes) | ((TILE(integers))b & ~takes));
}

/// 2^x for x ≤ 0; exactly 1 for 0 and exactly 0 from -127 down. NaN stays NaN.
CK_INLINE TILE(vector) TILE(exp2)(TILE(vector) x) {
  TILE(vector) lowest = SPLAT(-127.0f), magic = SPLAT(12582912.0f);
  x = TILE(larger)(lowest, x);
  TILE(vector) rounded = x + magic, r = x - (rounded - magic);
  TILE(vector) p = SPLAT(0.0013269406f);  // from Scripts/dev/fit-polynomials.py
  p = p * r + 0.00967129413f;
  p = p * r + 0.0555071123f;
  p = p * r + 0.240222469f;
  p = p * r + 0.693147004f;
  p = p * r + 1.0f;
  return (TILE(vector))((TILE(integers))p + ((TILE(integers))rounded << 23));
}

/// Sum and maximum of the lanes, halves folded together.
CK_INLINE float TILE(sum_of)(TILE(vector) x) {
  float lane[LANES];
  STORE(lane, x);
#pragma clang loop unroll(full)
  for (int rest = LANES / 2; rest > 0; rest /= 2) {
#pragma clang loop unroll(full)
    for (int l = 0; l < rest; l++) lane[l] += lane[l + rest];
  }
  return lane[0];
}

CK_INLINE float TILE(largest_of)(TILE(vector) x) {
  float lane[LANES];
  STORE(lane, x);
#pragma clang loop unroll(full)
  for (int rest = LANES / 2; rest > 0; rest /= 2) {
#pragma clang loop unroll(full)
    for (int l = 0; l < rest; l++) lane[l] = lane[l] < lane[l + rest] ? lane[l + rest] : lane[l];
  }
  return lane[0];
}
