#pragma once

/// What a fused kernel applies last. The order is that of `Activation` in Swift and of oneDNN's shim.
enum ck_activation {
  ck_activation_identity,
  ck_activation_relu,
  ck_activation_silu,
  ck_activation_gelu,
  ck_activation_gelu_tanh,
  ck_activation_quick_gelu,
};

/// Group normalisation (Wu and He, arXiv:1803.08494) of channels-last x [images, pixels, channels], then activation.
/// Returns 0, or -1 without memory for the statistics.
int ck_group_norm(float *out, const float *x, long images, long pixels, long channels, long groups,
                  const float *weight, const float *bias, float epsilon, int activation);

/// Layer normalisation (arXiv:1607.06450) of each row of x [rows, width].
void ck_layer_norm(float *out, const float *x, long rows, long width, const float *weight, const float *bias,
                   float epsilon);
