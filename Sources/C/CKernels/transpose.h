#pragma once
#include "vector_math.h"

#include <stdbool.h>

typedef float ck_four __attribute__((vector_size(16), aligned(4)));

/// Four rows of four numbers become columns.
CK_INLINE void ck_turn(ck_four x[4]) {
  ck_four a = __builtin_shufflevector(x[0], x[1], 0, 4, 1, 5), b = __builtin_shufflevector(x[2], x[3], 0, 4, 1, 5);
  ck_four c = __builtin_shufflevector(x[0], x[1], 2, 6, 3, 7), d = __builtin_shufflevector(x[2], x[3], 2, 6, 3, 7);
  x[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
  x[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
  x[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
  x[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}

/// out[j][i] = x[i][j]·factor[j]·scale, or that added to it, for `rows` rows of `columns`; without `factor`, by 1.
CK_INLINE void ck_transpose(float *out, long out_row, const float *x, long row, long rows, long columns,
                            const float *factor, float scale, bool adds) {
  long whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;
  for (long j = 0; j < whole_columns; j += 4) {
    ck_four by = (factor ? *(const ck_four *)(factor + j) : (ck_four){1, 1, 1, 1}) * scale;
    for (long i = 0; i < whole_rows; i += 4) {
      ck_four block[4];
      for (int r = 0; r < 4; r++) block[r] = *(const ck_four *)(x + (i + r) * row + j) * by;
      ck_turn(block);
      for (int r = 0; r < 4; r++) {
        ck_four *to = (ck_four *)(out + (j + r) * out_row + i);
        *to = adds ? *to + block[r] : block[r];
      }
    }
  }
  for (long j = 0; j < columns; j++) {
    for (long i = j < whole_columns ? whole_rows : 0; i < rows; i++) {
      float *to = out + j * out_row + i, y = x[i * row + j] * ((factor ? factor[j] : 1) * scale);
      *to = adds ? *to + y : y;
    }
  }
}
