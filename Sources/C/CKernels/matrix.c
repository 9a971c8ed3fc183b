#include "matrix.h"

#include <complex.h>
#include <math.h>

bool ck_widen(ptrdiff_t rows, ptrdiff_t columns, const float *in, ptrdiff_t row_stride, ptrdiff_t column_stride,
              double *out) {
  bool finite = true;
  for (ptrdiff_t j = 0; j < columns; j++)
    for (ptrdiff_t i = 0; i < rows; i++) {
      float value = in[i * row_stride + j * column_stride];
      finite &= isfinite(value) != 0;
      out[j * rows + i] = value;
    }
  return finite;
}

void ck_narrow(ptrdiff_t rows, ptrdiff_t columns, const double *in, ptrdiff_t leading, float *out) {
  for (ptrdiff_t i = 0; i < rows; i++)
    for (ptrdiff_t j = 0; j < columns; j++) out[i * columns + j] = (float)in[j * leading + i];
}

bool ck_triangular_root(ptrdiff_t n, const double *triangle, double *root) {
  const double complex *t = (const double complex *)triangle;
  double complex *r = (double complex *)root;
  for (ptrdiff_t j = 0; j < n; j++) {
    r[j * n + j] = csqrt(t[j * n + j]);
    for (ptrdiff_t i = j - 1; i >= 0; i--) {
      double complex rest = t[j * n + i];
      for (ptrdiff_t k = i + 1; k < j; k++) rest -= r[k * n + i] * r[j * n + k];
      double complex divisor = r[i * n + i] + r[j * n + j];
      if (divisor == 0 && rest != 0) return false;
      r[j * n + i] = divisor == 0 ? 0 : rest / divisor;
    }
  }
  return true;
}
