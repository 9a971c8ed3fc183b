#pragma once
#include <dnnl.h>
#include <stdbool.h>
#include <string.h>

// oneDNN 2 keeps memory descriptors by value and describes an operation before it makes a primitive descriptor;
// oneDNN 3 keeps them by handle and makes the primitive descriptor at once.

/// The name of the implementation behind a primitive descriptor, "" if it has none.
static inline const char *implementation_name(const_dnnl_primitive_desc_t descriptor) {
  const char *name = NULL;
  bool known = !dnnl_primitive_desc_query(descriptor, dnnl_query_impl_info_str, 0, &name) && name;
  return known ? name : "";
}

// Not every implementation gives the same bytes on any number of threads: "gemm…" divides long sums among threads, and
// "brgconv…" orders them by their number (it is no faster than "jit…"; "gemm…" also misreads a full-size addend).

static inline bool is_steady_convolution(const_dnnl_primitive_desc_t descriptor) {
  return strncmp(implementation_name(descriptor), "jit", 3) == 0;
}

static inline bool is_steady_product(const_dnnl_primitive_desc_t descriptor) {
  return strncmp(implementation_name(descriptor), "brg", 3) == 0;
}

#if DNNL_VERSION_MAJOR >= 3

typedef const_dnnl_memory_desc_t descriptor_ref;
#define REF(descriptor) (descriptor)

static inline dnnl_status_t descriptor_strided(dnnl_memory_desc_t *out, dnnl_data_type_t type, int rank,
                                               const dnnl_dims_t dims, const dnnl_dims_t strides) {
  return dnnl_memory_desc_create_with_strides(out, rank, dims, type, strides);
}

static inline dnnl_status_t descriptor_any(dnnl_memory_desc_t *out, dnnl_data_type_t type, int rank,
                                           const dnnl_dims_t dims) {
  return dnnl_memory_desc_create_with_tag(out, rank, dims, type, dnnl_format_tag_any);
}

/// A part of `whole`, and in `offset` how many numbers before it come first.
static inline dnnl_status_t descriptor_part(dnnl_memory_desc_t *out, descriptor_ref whole, const dnnl_dims_t dims,
                                            const dnnl_dims_t offsets, dnnl_dim_t *offset) {
  dnnl_status_t status = dnnl_memory_desc_create_submemory(out, whole, dims, offsets);
  return status ? status : dnnl_memory_desc_query(*out, dnnl_query_submemory_offset_s64, offset);
}

static inline dnnl_status_t descriptor_copy(dnnl_memory_desc_t *out, descriptor_ref from) {
  return dnnl_memory_desc_clone(out, from);
}

static inline void descriptor_free(dnnl_memory_desc_t descriptor) {
  if (descriptor) dnnl_memory_desc_destroy(descriptor);
}

static inline dnnl_status_t append_activation(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha) {
  return dnnl_post_ops_append_eltwise(ops, kind, alpha, 0);
}

static inline dnnl_status_t matmul_descriptor(dnnl_primitive_desc_t *out, dnnl_engine_t engine, descriptor_ref a,
                                              descriptor_ref b, descriptor_ref bias, descriptor_ref result,
                                              dnnl_primitive_attr_t attributes) {
  return dnnl_matmul_primitive_desc_create(out, engine, a, b, bias, result, attributes);
}

static inline dnnl_status_t convolution_descriptor(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                                   descriptor_ref a, descriptor_ref b, descriptor_ref bias,
                                                   descriptor_ref result, const dnnl_dims_t strides,
                                                   const dnnl_dims_t dilations, const dnnl_dims_t before,
                                                   const dnnl_dims_t after, dnnl_primitive_attr_t attributes) {
  dnnl_status_t status = dnnl_convolution_forward_primitive_desc_create(
      out, engine, dnnl_forward_inference, dnnl_convolution_direct, a, b, bias, result, strides, dilations, before,
      after, attributes);
  while (!status && !is_steady_convolution(*out)) status = dnnl_primitive_desc_next_impl(*out);
  return status == dnnl_last_impl_reached ? dnnl_unimplemented : status;
}

/// `a` is the input's gradient, `result` the result's. oneDNN wants to know the forward convolution, whose weights may
/// have any order.
static inline dnnl_status_t convolution_gradient_descriptor(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                                            descriptor_ref a, descriptor_ref b, descriptor_ref result,
                                                            const dnnl_dims_t strides, const dnnl_dims_t dilations,
                                                            const dnnl_dims_t before, const dnnl_dims_t after,
                                                            dnnl_primitive_attr_t attributes) {
  dnnl_primitive_desc_t forward = NULL;
  dnnl_status_t status = dnnl_convolution_forward_primitive_desc_create(
      &forward, engine, dnnl_forward_training, dnnl_convolution_direct, a, b, NULL, result, strides, dilations, before,
      after, NULL);
  if (status) return status;
  status = dnnl_convolution_backward_data_primitive_desc_create(out, engine, dnnl_convolution_direct, a, b, result,
                                                                strides, dilations, before, after, forward, attributes);
  while (!status && !is_steady_convolution(*out)) status = dnnl_primitive_desc_next_impl(*out);
  dnnl_primitive_desc_destroy(forward);
  return status == dnnl_last_impl_reached ? dnnl_unimplemented : status;
}

#else

typedef const dnnl_memory_desc_t *descriptor_ref;
#define REF(descriptor) (&(descriptor))

static inline dnnl_status_t descriptor_strided(dnnl_memory_desc_t *out, dnnl_data_type_t type, int rank,
                                               const dnnl_dims_t dims, const dnnl_dims_t strides) {
  return dnnl_memory_desc_init_by_strides(out, rank, dims, type, strides);
}

static inline dnnl_status_t descriptor_any(dnnl_memory_desc_t *out, dnnl_data_type_t type, int rank,
                                           const dnnl_dims_t dims) {
  return dnnl_memory_desc_init_by_tag(out, rank, dims, type, dnnl_format_tag_any);
}

/// A part of `whole`, and in `offset` how many numbers before it come first.
static inline dnnl_status_t descriptor_part(dnnl_memory_desc_t *out, descriptor_ref whole, const dnnl_dims_t dims,
                                            const dnnl_dims_t offsets, dnnl_dim_t *offset) {
  dnnl_status_t status = dnnl_memory_desc_init_submemory(out, whole, dims, offsets);
  *offset = status ? 0 : out->offset0;
  return status;
}

static inline dnnl_status_t descriptor_copy(dnnl_memory_desc_t *out, descriptor_ref from) {
  *out = *from;
  return dnnl_success;
}

static inline void descriptor_free(dnnl_memory_desc_t descriptor) { (void)descriptor; }

static inline dnnl_status_t append_activation(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha) {
  return dnnl_post_ops_append_eltwise(ops, 1, kind, alpha, 0);
}

static inline dnnl_status_t matmul_descriptor(dnnl_primitive_desc_t *out, dnnl_engine_t engine, descriptor_ref a,
                                              descriptor_ref b, descriptor_ref bias, descriptor_ref result,
                                              dnnl_primitive_attr_t attributes) {
  dnnl_matmul_desc_t operation;
  dnnl_status_t status = dnnl_matmul_desc_init(&operation, a, b, bias, result);
  return status ? status : dnnl_primitive_desc_create(out, &operation, attributes, engine, NULL);
}

static inline dnnl_status_t first_steady_convolution(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                                     const dnnl_convolution_desc_t *operation,
                                                     dnnl_primitive_attr_t attributes,
                                                     const_dnnl_primitive_desc_t forward) {
  dnnl_primitive_desc_iterator_t all = NULL;
  dnnl_status_t status = dnnl_primitive_desc_iterator_create(&all, operation, attributes, engine, forward);
  if (status) return status;
  do {
    *out = dnnl_primitive_desc_iterator_fetch(all);
    if (*out && is_steady_convolution(*out)) break;
    if (*out) dnnl_primitive_desc_destroy(*out);
    *out = NULL;
  } while (!dnnl_primitive_desc_iterator_next(all));
  dnnl_primitive_desc_iterator_destroy(all);
  return *out ? dnnl_success : dnnl_unimplemented;
}

static inline dnnl_status_t convolution_descriptor(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                                   descriptor_ref a, descriptor_ref b, descriptor_ref bias,
                                                   descriptor_ref result, const dnnl_dims_t strides,
                                                   const dnnl_dims_t dilations, const dnnl_dims_t before,
                                                   const dnnl_dims_t after, dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &operation, dnnl_forward_inference, dnnl_convolution_direct, a, b, bias, result, strides, dilations, before,
      after);
  return status ? status : first_steady_convolution(out, engine, &operation, attributes, NULL);
}

/// `a` is the input's gradient, `result` the result's. oneDNN wants to know the forward convolution, whose weights may
/// have any order.
static inline dnnl_status_t convolution_gradient_descriptor(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                                            descriptor_ref a, descriptor_ref b, descriptor_ref result,
                                                            const dnnl_dims_t strides, const dnnl_dims_t dilations,
                                                            const dnnl_dims_t before, const dnnl_dims_t after,
                                                            dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t operation;
  dnnl_primitive_desc_t forward = NULL;
  dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &operation, dnnl_forward_training, dnnl_convolution_direct, a, b, NULL, result, strides, dilations, before,
      after);
  if (!status) status = dnnl_primitive_desc_create(&forward, &operation, NULL, engine, NULL);
  if (!status) {
    status = dnnl_dilated_convolution_backward_data_desc_init(&operation, dnnl_convolution_direct, a, b, result,
                                                              strides, dilations, before, after);
  }
  if (!status) status = first_steady_convolution(out, engine, &operation, attributes, forward);
  if (forward) dnnl_primitive_desc_destroy(forward);
  return status;
}

#endif
