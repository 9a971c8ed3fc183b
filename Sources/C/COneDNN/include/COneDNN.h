#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The part of oneDNN that Lunette uses, the same over oneDNN 2 and 3: products and convolutions in float32, those with
// weights also in bfloat16.
// A plan is one compiled operation for one shape; any number of threads may run it at the same time.

/// result = activation(a·b + bias) + residual, in this order.
typedef struct {
  int32_t activation;  // onednn_activation
  bool has_bias;
  bool has_residual;
} onednn_epilogue;

enum onednn_activation {
  onednn_identity, onednn_relu, onednn_silu, onednn_gelu, onednn_gelu_tanh, onednn_quick_gelu
};

/// `batch` products of [m, k]·[k, n] -> [m, n]; strides in elements, result contiguous. A batch stride of 0 repeats
/// the operand. Of the row and the column stride of each operand one must be 1.
typedef struct {
  int64_t batch, m, n, k;
  int64_t a_batch, a_row, a_column;
  int64_t b_batch, b_row, b_column;
} onednn_product;

/// [rows, inputs] times weights [outputs, inputs] transposed. In bfloat16 the input is of that type and the weights are
/// kept in it; sums, bias, residual and result are float32.
typedef struct {
  int64_t rows, inputs, outputs;
  bool is_bfloat16;
  onednn_epilogue epilogue;
} onednn_linear;

/// Channels-last images [n, h, w, inputs] with weights [outputs, inputs / groups, kernel_h, kernel_w].
typedef struct {
  int64_t n, h, w, inputs, outputs, groups, kernel_h, kernel_w, stride;
  int64_t top, left, bottom, right;
  bool is_bfloat16;
  onednn_epilogue epilogue;
} onednn_convolution;

enum { onednn_unsuitable = 3 };  // dnnl_unimplemented

typedef struct onednn_plan onednn_plan;
typedef struct onednn_packed onednn_packed;
typedef struct onednn_packer onednn_packer;

/// "2.6.3"
const char *onednn_version_text(void);

/// A compiled operation, or NULL with the status in `status`: `onednn_unsuitable` where oneDNN has none whose bytes do
/// not depend on the number of threads (products on processors without AVX-512, unusual padding). It divides the work
/// among as many threads as libgomp would use now.
onednn_plan *onednn_plan_product(const onednn_product *shape, int *status);
onednn_plan *onednn_plan_linear(const onednn_linear *shape, int *status);
onednn_plan *onednn_plan_convolution(const onednn_convolution *shape, int *status);
/// From the gradient of the convolution's result [n, h', w', outputs] to that of its input; the epilogue must be empty.
onednn_plan *onednn_plan_convolution_gradient(const onednn_convolution *shape, int *status);
void onednn_plan_free(onednn_plan *plan);
/// The name of the implementation that oneDNN chose.
const char *onednn_plan_implementation(const onednn_plan *plan);
/// Bytes of scratch memory, aligned to 64, that running the plan takes.
size_t onednn_plan_scratch(const onednn_plan *plan);

/// Bytes that the plan's weights take in the order it wants them, 0 if that is the order of the checkpoint.
size_t onednn_packed_bytes(const onednn_plan *plan);
/// Wraps `buffer` (of `onednn_packed_bytes`; it must outlive the result), filling it with `weights` reordered, or leaving it
/// to an `onednn_packer` if they are NULL. If the plan wants the checkpoint's order, `buffer` is `weights` itself.
onednn_packed *onednn_pack(const onednn_plan *plan, const float *weights, void *buffer, int *status);
/// Fills `buffer` a few outputs at a time. NULL, with `onednn_unsuitable` in `status`, where the plan's order mixes more
/// than `outputs` of them.
onednn_packer *onednn_packer_make(const onednn_plan *plan, int64_t outputs, void *buffer, int *status);
/// Packs the outputs from piece·outputs (all that are left in the last piece), given in the checkpoint's order. On any
/// thread, for several pieces at the same time.
int onednn_packer_run(const onednn_packer *packer, int64_t piece, const float *weights);
void onednn_packer_free(onednn_packer *packer);
/// Whether `packed` has the order that `plan` wants.
bool onednn_packed_fits(const onednn_packed *packed, const onednn_plan *plan);
/// The weights in the checkpoint's order again.
int onednn_unpack(const onednn_packed *packed, float *weights);
void onednn_packed_free(onednn_packed *packed);

/// Runs a product (`b` given) or an operation with weights (`packed` given). Returns a oneDNN status, 0 for success.
/// Parameters that the plan does not use may be NULL.
int onednn_run(onednn_plan *plan, const void *a, const float *b, const onednn_packed *packed, const float *bias,
               const float *residual, float *result, void *scratch);
