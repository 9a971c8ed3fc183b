#pragma once
#include <stddef.h>

typedef enum { CK_SUM, CK_MEAN, CK_PRODUCT, CK_LARGEST, CK_SMALLEST, CK_NORM, CK_VARIANCE } ck_reduction;

/// Reduces over the `inner` dimensions for every index of the `outer` ones; `out` is row-major over the outer shape.
///
/// Sums run in double and in an order that depends on the shape alone. CK_NORM is the root of the sum of squares,
/// CK_VARIANCE the mean of the squared differences from the mean, multiplied by `scale`. The largest and smallest of
/// nothing are infinite, and NaN wins.
void ck_reduce(ck_reduction op, double scale, int outer_rank, const ptrdiff_t *outer_shape,
               const ptrdiff_t *outer_strides, int inner_rank, const ptrdiff_t *inner_shape,
               const ptrdiff_t *inner_strides, const float *in, float *out);

// Rows of `n` numbers one after another.

/// The place, from 0, of the first largest (or smallest) number of each row; a NaN counts as the most extreme.
void ck_extreme_index(int largest, ptrdiff_t rows, ptrdiff_t n, const float *in, float *out);

/// Running sums along each row, in double.
void ck_cumulative_sum(ptrdiff_t rows, ptrdiff_t n, const float *in, float *out);

/// Sorts each row; equal numbers keep their order, NaN counts as the largest. `indices` gets the places, from 0, that
/// the values came from. Returns 0 if there is no memory for it.
int ck_sort(int descending, ptrdiff_t rows, ptrdiff_t n, const float *in, float *values, float *indices);
