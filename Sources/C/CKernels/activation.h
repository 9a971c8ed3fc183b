#pragma once
#include "CKernels.h"
#include "vector_math.h"

/// `kind` is a constant at every call, so that one formula remains in the loop.
CK_INLINE float ck_activate(int kind, float x) {
  switch (kind) {
    case ck_activation_relu: return ck_relu(x);
    case ck_activation_silu: return ck_silu(x);
    case ck_activation_gelu: return ck_gelu(x);
    case ck_activation_gelu_tanh: return ck_gelu_tanh(x);
    case ck_activation_quick_gelu: return ck_quick_gelu(x);
    default: return x;
  }
}
