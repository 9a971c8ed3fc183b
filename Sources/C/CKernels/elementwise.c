#include <math.h>

#include "unary.h"

// What libm does one number at a time.
#define LIBM_UNARY(name, function)                                                                                \
  static void name(float *out, ptrdiff_t out_stride, const float *in, ptrdiff_t in_stride, ptrdiff_t n) {         \
    for (ptrdiff_t i = 0; i < n; i++) out[i * out_stride] = function(in[i * in_stride]);                          \
  }

CK_UNARY(exp_row, ck_exp(x))
LIBM_UNARY(log_row, logf)
CK_UNARY(sqrt_row, __builtin_elementwise_sqrt(x))
CK_UNARY(abs_row, __builtin_fabsf(x))
CK_UNARY(negate_row, -x)
LIBM_UNARY(sin_row, sinf)
LIBM_UNARY(cos_row, cosf)
CK_UNARY(erf_row, ck_erf(x))
CK_UNARY(floor_row, floorf(x))
CK_UNARY(ceil_row, ceilf(x))
CK_UNARY(round_row, rintf(x))
CK_UNARY(sign_row, x > 0 ? 1.0f : x < 0 ? -1.0f : x)
CK_UNARY(reciprocal_row, 1.0f / x)
CK_UNARY(square_row, x *x)

static ck_unary_row unary_row(ck_unary_op op) {
  switch (op) {
    case CK_EXP: return exp_row;
    case CK_LOG: return log_row;
    case CK_SQRT: return sqrt_row;
    case CK_ABS: return abs_row;
    case CK_NEGATE: return negate_row;
    case CK_SIN: return sin_row;
    case CK_COS: return cos_row;
    case CK_ERF: return erf_row;
    case CK_FLOOR: return floor_row;
    case CK_CEIL: return ceil_row;
    case CK_ROUND: return round_row;
    case CK_SIGN: return sign_row;
    case CK_RECIPROCAL: return reciprocal_row;
    case CK_SQUARE: return square_row;
    default: return ck_activation_row(op);
  }
}

typedef struct {
  ck_unary_row row;
  float *out;
  const float *in;
  ptrdiff_t out_stride, in_stride;
} unary_work;

static void unary_piece(void *context, long begin, long end) {
  const unary_work *w = context;
  w->row(w->out + begin * w->out_stride, w->out_stride, w->in + begin * w->in_stride, w->in_stride, end - begin);
}

void ck_unary(ck_unary_op op, int rank, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides,
              const float *in, const ptrdiff_t *in_strides) {
  ck_walk walk;
  const ptrdiff_t *const strides[] = {out_strides, in_strides};
  ck_unary_row row = unary_row(op);
  if (!row || !ck_walk_make(&walk, 2, rank, shape, strides)) return;
  ptrdiff_t index[CK_MAX_RANK] = {0}, offsets[2] = {0};
  int last = walk.rank - 1;
  do {
    unary_work work = {row, out + offsets[0], in + offsets[1], walk.strides[0][last], walk.strides[1][last]};
    ck_parallel_for(walk.shape[last], CK_GRAIN, unary_piece, &work);
  } while (ck_walk_next(&walk, last, index, offsets));
}

typedef void (*binary_row)(float *out, ptrdiff_t so, const float *a, ptrdiff_t sa, const float *b, ptrdiff_t sb,
                           ptrdiff_t n);

#define BINARY(name, expression)                                                                                   \
  CK_CLONES static void name(float *out, ptrdiff_t so, const float *a, ptrdiff_t sa, const float *b, ptrdiff_t sb, \
                             ptrdiff_t n) {                                                                        \
    if (so == 1 && sa == 1 && sb == 1) {                                                                           \
      CK_INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                           \
        float x = a[i], y = b[i];                                                                                  \
        out[i] = (expression);                                                                                     \
      }                                                                                                            \
    } else if (so == 1 && sa == 1 && sb == 0) {                                                                    \
      float y = *b;                                                                                                \
      CK_INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                           \
        float x = a[i];                                                                                            \
        out[i] = (expression);                                                                                     \
      }                                                                                                            \
    } else if (so == 1 && sa == 0 && sb == 1) {                                                                    \
      float x = *a;                                                                                                \
      CK_INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                           \
        float y = b[i];                                                                                            \
        out[i] = (expression);                                                                                     \
      }                                                                                                            \
    } else {                                                                                                       \
      for (ptrdiff_t i = 0; i < n; i++) {                                                                          \
        float x = a[i * sa], y = b[i * sb];                                                                        \
        out[i * so] = (expression);                                                                                \
      }                                                                                                            \
    }                                                                                                              \
  }

BINARY(add_row, x + y)
BINARY(subtract_row, x - y)
BINARY(multiply_row, x *y)
BINARY(divide_row, x / y)
BINARY(maximum_row, x > y || x != x ? x : y)
BINARY(minimum_row, x < y || x != x ? x : y)
BINARY(less_row, x < y ? 1.0f : 0.0f)
BINARY(less_equal_row, x <= y ? 1.0f : 0.0f)
BINARY(equal_row, x == y ? 1.0f : 0.0f)
BINARY(not_equal_row, x != y ? 1.0f : 0.0f)

static void power_row(float *out, ptrdiff_t so, const float *a, ptrdiff_t sa, const float *b, ptrdiff_t sb,
                      ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i++) out[i * so] = powf(a[i * sa], b[i * sb]);
}

static binary_row row_of(ck_binary_op op) {
  switch (op) {
    case CK_ADD: return add_row;
    case CK_SUBTRACT: return subtract_row;
    case CK_MULTIPLY: return multiply_row;
    case CK_DIVIDE: return divide_row;
    case CK_POWER: return power_row;
    case CK_MAXIMUM: return maximum_row;
    case CK_MINIMUM: return minimum_row;
    case CK_LESS: return less_row;
    case CK_LESS_EQUAL: return less_equal_row;
    case CK_EQUAL: return equal_row;
    case CK_NOT_EQUAL: return not_equal_row;
  }
  return NULL;
}

typedef struct {
  binary_row row;
  float *out;
  const float *a, *b;
  ptrdiff_t so, sa, sb;
} binary_work;

static void binary_piece(void *context, long begin, long end) {
  const binary_work *w = context;
  w->row(w->out + begin * w->so, w->so, w->a + begin * w->sa, w->sa, w->b + begin * w->sb, w->sb, end - begin);
}

void ck_binary(ck_binary_op op, int rank, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides,
               const float *a, const ptrdiff_t *a_strides, const float *b, const ptrdiff_t *b_strides) {
  ck_walk walk;
  const ptrdiff_t *const strides[] = {out_strides, a_strides, b_strides};
  binary_row row = row_of(op);
  if (!row || !ck_walk_make(&walk, 3, rank, shape, strides)) return;
  ptrdiff_t index[CK_MAX_RANK] = {0}, offsets[3] = {0};
  int last = walk.rank - 1;
  do {
    binary_work work = {row,
                        out + offsets[0],
                        a + offsets[1],
                        b + offsets[2],
                        walk.strides[0][last],
                        walk.strides[1][last],
                        walk.strides[2][last]};
    ck_parallel_for(walk.shape[last], CK_GRAIN, binary_piece, &work);
  } while (ck_walk_next(&walk, last, index, offsets));
}

void ck_select(int rank, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides, const float *condition,
               const ptrdiff_t *condition_strides, const float *a, const ptrdiff_t *a_strides, const float *b,
               const ptrdiff_t *b_strides) {
  ck_walk walk;
  const ptrdiff_t *const strides[] = {out_strides, condition_strides, a_strides, b_strides};
  if (!ck_walk_make(&walk, 4, rank, shape, strides)) return;
  ptrdiff_t index[CK_MAX_RANK] = {0}, offsets[4] = {0};
  int last = walk.rank - 1;
  ptrdiff_t so = walk.strides[0][last], sc = walk.strides[1][last];
  ptrdiff_t sa = walk.strides[2][last], sb = walk.strides[3][last];
  do {
    for (ptrdiff_t i = 0; i < walk.shape[last]; i++)
      out[offsets[0] + i * so] =
          condition[offsets[1] + i * sc] != 0 ? a[offsets[2] + i * sa] : b[offsets[3] + i * sb];
  } while (ck_walk_next(&walk, last, index, offsets));
}
