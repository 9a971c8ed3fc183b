#pragma once
#include "spatial.h"

// Gradients of the fused kernels: from g, the gradient of the result, to that of an input.

/// out = g·f'(x) for the activation f, `count` numbers; `out` may be `g`.
void ck_activation_gradient(float *out, const float *g, const float *x, long count, int activation);

/// Of `ck_geglu`: g [rows, width], x and out [rows, 2·width].
void ck_geglu_gradient(float *out, const float *g, const float *x, long rows, long width);

/// Of `ck_softmax`, whose result is p: out = p·(g - Σ g·p) for each row; `out` may be `g`.
void ck_softmax_gradient(float *out, const float *g, const float *p, long rows, long width);

/// Of `ck_layer_norm`, with respect to x.
void ck_layer_norm_gradient(float *out, const float *g, const float *x, long rows, long width, const float *weight,
                            float epsilon);

/// Of `ck_group_norm`, with respect to x. Returns 0, or -1 without memory for the statistics.
int ck_group_norm_gradient(float *out, const float *g, const float *x, long images, long pixels, long channels,
                           long groups, const float *weight, const float *bias, float epsilon, int activation);

/// Of `ck_patches`: adds rows to the pixels of one image that they were taken from.
void ck_add_patches(float *image, const float *rows, const ck_window *window, long first, long count);

/// Rows of k numbers and k places in [0, n): out[r][places[r][i]] += values[r][i]. The places must have been checked.
void ck_add_to_rows(long rows, long n, long k, const float *values, const float *places, float *out);
