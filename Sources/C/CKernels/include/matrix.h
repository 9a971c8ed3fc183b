#pragma once
#include <stdbool.h>
#include <stddef.h>

// Between float tensors and the double, column-major matrices that LAPACK works on.

/// Copies a strided {rows, columns} matrix. False if it holds an infinity or a NaN.
bool ck_widen(ptrdiff_t rows, ptrdiff_t columns, const float *in, ptrdiff_t row_stride, ptrdiff_t column_stride,
              double *out);

/// Copies the first {rows, columns} of a matrix of `leading` rows into row-major order.
void ck_narrow(ptrdiff_t rows, ptrdiff_t columns, const double *in, ptrdiff_t leading, float *out);

/// The upper triangular square root of an upper triangular complex matrix {n, n}, column-major, real and imaginary
/// parts in turn (Björck and Hammarling 1983). `root` must hold zeros. False if the matrix has none.
bool ck_triangular_root(ptrdiff_t n, const double *triangle, double *root);
