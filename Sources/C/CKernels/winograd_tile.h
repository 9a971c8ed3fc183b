// Winograd's transforms along the channels, included once for each kind of processor with
//   TILE(name)   the name with a suffix of its own
//   LANES        floats in a vector, a divisor of 16

#include "lanes.h"

/// Six numbers in a row of the image become the six that are multiplied.
CK_INLINE void TILE(spread)(TILE(vector) * out, long stride, const TILE(vector) d[6]) {
  TILE(vector) near = d[4] - 2.0f * d[2], near_odd = half_root * (d[3] - 2.0f * d[1]);
  TILE(vector) far = d[4] - 0.5f * d[2], far_odd = root * (d[3] - 0.5f * d[1]);
  out[0] = d[0] - 2.5f * d[2] + d[4];
  out[stride] = near + near_odd;
  out[2 * stride] = near - near_odd;
  out[3 * stride] = far + far_odd;
  out[4 * stride] = far - far_odd;
  out[5 * stride] = d[1] - 2.5f * d[3] + d[5];
}

/// Six products become four numbers in a row of the result.
CK_INLINE void TILE(gather)(TILE(vector) * out, long stride, const TILE(vector) m[6]) {
  TILE(vector) near = m[1] + m[2], near_odd = half_root * (m[1] - m[2]);
  TILE(vector) far = m[3] + m[4], far_odd = root * (m[3] - m[4]);
  out[0] = m[0] + near + far;
  out[stride] = near_odd + far_odd;
  out[2 * stride] = 0.5f * near + 2.0f * far;
  out[3 * stride] = 0.5f * near_odd + 2.0f * far_odd + m[5];
}

static void TILE(tile)(float *v, long product, const float *x, const winograd_place *at) {
  for (long c = 0; c < at->channels; c += LANES) {
    TILE(vector) half[6][6], d[6];
    for (long j = 0; j < 6; j++) {
      long column = at->column + j - 1;
      bool inside = column >= 0 && column < at->width;
      for (long i = 0; i < 6; i++) {
        long row = at->row + i - 1;
        bool seen = inside && row >= 0 && row < at->height;
        d[i] = seen ? LOAD(x + (row * at->width + column) * at->channels + c) : SPLAT(0.0f);
      }
      TILE(spread)(&half[0][j], 6, d);
    }
    for (long i = 0; i < 6; i++) {
      TILE(vector) out[6];
      TILE(spread)(out, 1, half[i]);
      for (long j = 0; j < 6; j++) STORE(v + (6 * i + j) * product + c, out[j]);
    }
  }
}

static void TILE(pixels)(float *y, const float *m, long product, const winograd_place *at, const float *bias,
                         const float *residual) {
  long rows = at->height - at->row < 4 ? at->height - at->row : 4;
  long columns = at->width - at->column < 4 ? at->width - at->column : 4;
  for (long c = 0; c < at->channels; c += LANES) {
    TILE(vector) half[4][6], in[6], out[4];
    for (long j = 0; j < 6; j++) {
      for (long i = 0; i < 6; i++) in[i] = LOAD(m + (6 * i + j) * product + c);
      TILE(gather)(&half[0][j], 6, in);
    }
    TILE(vector) base = bias ? LOAD(bias + c) : SPLAT(0.0f);
    for (long i = 0; i < rows; i++) {
      TILE(gather)(out, 1, half[i]);
      for (long j = 0; j < columns; j++) {
        long place = ((at->row + i) * at->width + at->column + j) * at->channels + c;
        TILE(vector) value = out[j] + base;
        STORE(y + place, residual ? value + LOAD(residual + place) : value);
      }
    }
  }
}

#undef TILE
#undef LANES
