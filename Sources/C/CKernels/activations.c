#include "unary.h"

CK_UNARY(tanh_row, ck_tanh(x))
CK_UNARY(sigmoid_row, ck_sigmoid(x))
CK_UNARY(relu_row, ck_relu(x))
CK_UNARY(silu_row, ck_silu(x))
CK_UNARY(gelu_row, ck_gelu(x))
CK_UNARY(gelu_tanh_row, ck_gelu_tanh(x))
CK_UNARY(quick_gelu_row, ck_quick_gelu(x))

ck_unary_row ck_activation_row(ck_unary_op op) {
  switch (op) {
    case CK_TANH: return tanh_row;
    case CK_SIGMOID: return sigmoid_row;
    case CK_RELU: return relu_row;
    case CK_SILU: return silu_row;
    case CK_GELU: return gelu_row;
    case CK_GELU_TANH: return gelu_tanh_row;
    case CK_QUICK_GELU: return quick_gelu_row;
    default: return NULL;
  }
}
