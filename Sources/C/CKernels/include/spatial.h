#pragma once

/// Every pixel of x [images, h, w, channels] four times: out [images, 2h, 2w, channels].
void ck_upsample_nearest_2x(float *out, const float *x, long images, long h, long w, long channels);

/// One convolution's geometry, channels-last.
typedef struct {
  long h, w, channels;             // of the input; `channels` counts one group's
  long pixel_stride;               // elements from one pixel to the next
  long kernel_h, kernel_w, stride, top, left;
  long out_h, out_w;
} ck_window;

/// The patches of output pixels [first, first + count) of one image as rows [count, channels·kernel_h·kernel_w] in the
/// order of the checkpoint's weights; zero outside the image.
void ck_patches(float *rows, const float *image, const ck_window *window, long first, long count);

/// out[r, c] = activation(x[r, c] + bias[c]) + residual[r, c]; bias and residual may be NULL, `out` may be `x`.
void ck_epilogue(float *out, const float *x, long rows, long width, const float *bias, const float *residual,
                 int activation);

/// x [rows, 2·width] -> first half times gelu of the second half (Shazeer, arXiv:2002.05202).
void ck_geglu(float *out, const float *x, long rows, long width);
