#include "strided.h"

#include <string.h>

CK_CLONES void ck_fill(float *out, ptrdiff_t count, float value) {
  for (ptrdiff_t i = 0; i < count; i++) out[i] = value;
}

CK_CLONES void ck_arange(float *out, ptrdiff_t count, double start, double step) {
  for (ptrdiff_t i = 0; i < count; i++) out[i] = (float)(start + (double)i * step);
}

static inline void copy_row(float *out, ptrdiff_t out_stride, const float *in, ptrdiff_t in_stride, ptrdiff_t n) {
  if (out_stride == 1 && in_stride == 1) {
    memcpy(out, in, (size_t)n * sizeof(float));
  } else if (out_stride == 1 && in_stride == 0) {
    ck_fill(out, n, *in);
  } else {
    for (ptrdiff_t i = 0; i < n; i++) out[i * out_stride] = in[i * in_stride];
  }
}

enum { tile = 16 };

/// A transposition in tiles, so that both sides stay within a few cache lines at a time.
static void copy_tiled(float *out, ptrdiff_t out_row, ptrdiff_t out_column, const float *in, ptrdiff_t in_row,
                       ptrdiff_t in_column, ptrdiff_t rows, ptrdiff_t columns) {
  for (ptrdiff_t r = 0; r < rows; r += tile)
    for (ptrdiff_t c = 0; c < columns; c += tile) {
      ptrdiff_t r_end = r + tile < rows ? r + tile : rows, c_end = c + tile < columns ? c + tile : columns;
      for (ptrdiff_t i = r; i < r_end; i++)
        for (ptrdiff_t j = c; j < c_end; j++)
          out[i * out_row + j * out_column] = in[i * in_row + j * in_column];
    }
}

void ck_copy(int rank, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides, const float *in,
             const ptrdiff_t *in_strides) {
  ck_walk walk;
  const ptrdiff_t *const strides[] = {out_strides, in_strides};
  if (!ck_walk_make(&walk, 2, rank, shape, strides)) return;
  ptrdiff_t index[CK_MAX_RANK] = {0}, offsets[2] = {0};
  int last = walk.rank - 1;
  const ptrdiff_t *to = walk.strides[0], *from = walk.strides[1];

  // Where the source runs along another dimension than the last, that one joins the inner loops.
  int along = -1;
  if (from[last] != 1 && from[last] != 0)
    for (int d = 0; d < last; d++)
      if (from[d] == 1) along = d;
  if (along >= 0 && walk.shape[along] >= 4 && walk.shape[last] >= 4) {
    ptrdiff_t rows = walk.shape[along], columns = walk.shape[last];
    ptrdiff_t out_row = to[along], in_row = from[along];
    walk.shape[along] = 1;
    do {
      copy_tiled(out + offsets[0], out_row, to[last], in + offsets[1], in_row, from[last], rows, columns);
    } while (ck_walk_next(&walk, last, index, offsets));
    return;
  }
  do {
    copy_row(out + offsets[0], to[last], in + offsets[1], from[last], walk.shape[last]);
  } while (ck_walk_next(&walk, last, index, offsets));
}

void ck_gather(int rank, int dim, const ptrdiff_t *shape, float *out, const ptrdiff_t *out_strides, const float *in,
               const ptrdiff_t *in_strides, const ptrdiff_t *indices) {
  ptrdiff_t slice[CK_MAX_RANK];
  for (int d = 0; d < rank; d++) slice[d] = d == dim ? 1 : shape[d];
  for (ptrdiff_t i = 0; i < shape[dim]; i++)
    ck_copy(rank, slice, out + i * out_strides[dim], out_strides, in + indices[i] * in_strides[dim], in_strides);
}

ptrdiff_t ck_take_rows(ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k, const float *in, const float *places, float *out) {
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t i = r * k; i < (r + 1) * k; i++) {
      if (!(places[i] >= 0 && places[i] < (float)n) || places[i] != (float)(ptrdiff_t)places[i]) return i;
      out[i] = in[r * n + (ptrdiff_t)places[i]];
    }
  return -1;
}
