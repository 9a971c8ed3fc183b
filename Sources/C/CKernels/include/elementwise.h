#pragma once
#include <stddef.h>

// Elementwise kernels over operands of one `shape`, each with its own strides in elements: 0 repeats an element.
// An operand may be the output itself (in place), but must not overlap it in any other way.

/// The largest number of dimensions that the strided kernels walk over.
#define CK_MAX_RANK 8

/// out[i] = value for `count` elements in a row.
void ck_fill(float *out, ptrdiff_t count, float value);

/// out[i] = start + i·step, each rounded once from double.
void ck_arange(float *out, ptrdiff_t count, double start, double step);

void ck_copy(int rank, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides, const float *in,
             const ptrdiff_t *in_strides);

/// As `ck_copy`, but position i of dimension `dim` is read from `indices[i]`.
void ck_gather(int rank, int dim, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides, const float *in,
               const ptrdiff_t *in_strides, const ptrdiff_t *indices);

/// Rows of `n` numbers, and as many rows of `k` places in them: out[r][i] = in[r][places[r][i]]. Returns the position
/// of the first place that is not a whole number of [0, n), or -1.
ptrdiff_t ck_take_rows(ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k, const float *in, const float *places, float *out);

typedef enum {
  CK_EXP,
  CK_LOG,
  CK_SQRT,
  CK_ABS,
  CK_NEGATE,
  CK_SIN,
  CK_COS,
  CK_ERF,
  CK_FLOOR,
  CK_CEIL,
  CK_ROUND,  // halves go to the even neighbour
  CK_SIGN,
  CK_RECIPROCAL,
  CK_SQUARE,
  CK_TANH,
  CK_SIGMOID,
  CK_RELU,
  CK_SILU,
  CK_GELU,
  CK_GELU_TANH,
  CK_QUICK_GELU,
} ck_unary_op;

void ck_unary(ck_unary_op op, int rank, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides,
              const float *in, const ptrdiff_t *in_strides);

typedef enum {
  CK_ADD,
  CK_SUBTRACT,
  CK_MULTIPLY,
  CK_DIVIDE,
  CK_POWER,
  CK_MAXIMUM,  // NaN wins
  CK_MINIMUM,
  CK_LESS,  // comparisons give 0 or 1
  CK_LESS_EQUAL,
  CK_EQUAL,
  CK_NOT_EQUAL,
} ck_binary_op;

void ck_binary(ck_binary_op op, int rank, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides,
               const float *a, const ptrdiff_t *a_strides, const float *b, const ptrdiff_t *b_strides);

/// out = a where condition ≠ 0, else b.
void ck_select(int rank, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides, const float *condition,
               const ptrdiff_t *condition_strides, const float *a, const ptrdiff_t *a_strides, const float *b,
               const ptrdiff_t *b_strides);
