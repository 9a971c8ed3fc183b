#include "COneDNN.h"

#if __has_include(<dnnl.h>)

#include "compatibility.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum place { place_a, place_b, place_bias, place_residual, place_result, place_scratch, places };

/// What one call may not share with another at the same time: a stream, and oneDNN's objects for the operands, which are
/// pointed at its buffers (NULL where the plan takes none).
typedef struct arguments {
  struct arguments *next;
  dnnl_stream_t stream;
  dnnl_memory_t memory[places];
} arguments;

/// Weights in the checkpoint's order, as oneDNN counts their dimensions.
typedef struct {
  int rank, outputs;  // which of the dimensions counts the outputs; -1: none, as they come in groups
  dnnl_dims_t dims, strides;
  dnnl_data_type_t type;  // that the plan wants
} weights_shape;

struct onednn_plan {
  dnnl_primitive_t primitive;
  pthread_mutex_t lock;  // of the list
  arguments *idle;       // the first is only copied; calls on several threads take and give back the others
  size_t scratch_bytes;
  dnnl_memory_desc_t plain, wanted;  // of the weights: the checkpoint's order and the plan's
  weights_shape weights;
  bool has_weights, wants_plain;
  int source_argument, residual_argument, result_argument;
  const char *implementation;
};

struct onednn_packed {
  dnnl_memory_t memory;
  dnnl_memory_desc_t plain, order;
};

// One engine for the process: it is stateless on a CPU.

static dnnl_engine_t engine;
static dnnl_status_t engine_status;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;

static void make_engine(void) {
  // Plans are cached by our own keys; a second cache inside would only hold memory.
  dnnl_set_primitive_cache_capacity(0);
  engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
}

static int ready(void) {
  pthread_once(&engine_once, make_engine);
  return engine_status;
}

const char *onednn_version_text(void) {
  static char text[32];
  const dnnl_version_t *version = dnnl_version();
  if (!text[0]) snprintf(text, sizeof text, "%d.%d.%d", version->major, version->minor, version->patch);
  return text;
}

// Making plans

static dnnl_status_t make_attributes(dnnl_primitive_attr_t *out, const onednn_epilogue *epilogue,
                                     descriptor_ref result, int *residual_argument) {
  dnnl_status_t status = dnnl_primitive_attr_create(out);
  if (!status) status = dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
  if (status || !epilogue) return status;
  dnnl_post_ops_t ops;
  if ((status = dnnl_post_ops_create(&ops))) return status;
  switch (epilogue->activation) {
    case onednn_relu: status = append_activation(ops, dnnl_eltwise_relu, 0); break;
    case onednn_silu: status = append_activation(ops, dnnl_eltwise_swish, 1); break;
    case onednn_gelu: status = append_activation(ops, dnnl_eltwise_gelu_erf, 0); break;
    case onednn_gelu_tanh: status = append_activation(ops, dnnl_eltwise_gelu_tanh, 0); break;
    case onednn_quick_gelu: status = append_activation(ops, dnnl_eltwise_swish, 1.702f); break;
    default: break;
  }
  if (!status && epilogue->has_residual) {
    status = dnnl_post_ops_append_binary(ops, dnnl_binary_add, result);
    *residual_argument = DNNL_ARG_ATTR_MULTIPLE_POST_OP(dnnl_post_ops_len(ops) - 1) | DNNL_ARG_SRC_1;
  }
  if (!status) status = dnnl_primitive_attr_set_post_ops(*out, ops);
  dnnl_post_ops_destroy(ops);
  return status;
}

static dnnl_status_t memory_of(dnnl_memory_t *out, descriptor_ref descriptor) {
  return dnnl_memory_create(out, descriptor, engine, DNNL_MEMORY_NONE);
}

static void arguments_free(arguments *own) {
  if (!own) return;
  for (int i = 0; i < places; i++) {
    if (own->memory[i]) dnnl_memory_destroy(own->memory[i]);
  }
  if (own->stream) dnnl_stream_destroy(own->stream);
  free(own);
}

typedef struct {
  dnnl_memory_desc_t a, b, bias, result;
  bool has_weights;  // b is `any`, the checkpoint's order in plain
  dnnl_memory_desc_t plain;
  weights_shape weights;
  const onednn_epilogue *epilogue;
  bool is_convolution, is_gradient;
  dnnl_dims_t strides, dilations, before, after;
} recipe;

static dnnl_status_t fill_plan(onednn_plan *plan, const recipe *recipe) {
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_primitive_desc_t found = NULL;
  const onednn_epilogue *epilogue = recipe->epilogue;
  bool has_bias = epilogue && epilogue->has_bias, has_residual = epilogue && epilogue->has_residual;
  descriptor_ref bias = has_bias ? REF(recipe->bias) : NULL;
  dnnl_status_t status = make_attributes(&attributes, epilogue, REF(recipe->result), &plan->residual_argument);
  plan->source_argument = recipe->is_gradient ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC;
  plan->result_argument = recipe->is_gradient ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST;
  if (!status && recipe->is_gradient) {
    status = convolution_gradient_descriptor(&found, engine, REF(recipe->result), REF(recipe->b), REF(recipe->a),
                                             recipe->strides, recipe->dilations, recipe->before, recipe->after,
                                             attributes);
  } else if (!status && recipe->is_convolution) {
    status = convolution_descriptor(&found, engine, REF(recipe->a), REF(recipe->b), bias, REF(recipe->result),
                                    recipe->strides, recipe->dilations, recipe->before, recipe->after, attributes);
  } else if (!status) {
    status = matmul_descriptor(&found, engine, REF(recipe->a), REF(recipe->b), bias, REF(recipe->result), attributes);
    if (!status && !is_steady_product(found)) status = dnnl_unimplemented;
  }
  if (!status) status = dnnl_primitive_create(&plan->primitive, found);
  plan->idle = calloc(1, sizeof *plan->idle);
  if (!status && !plan->idle) status = dnnl_out_of_memory;
  dnnl_memory_t *memory = plan->idle ? plan->idle->memory : NULL;
  if (!status) status = memory_of(&memory[place_a], REF(recipe->a));
  if (!status) status = memory_of(&memory[place_result], REF(recipe->result));
  if (!status && has_bias) status = memory_of(&memory[place_bias], bias);
  if (!status && has_residual) status = memory_of(&memory[place_residual], REF(recipe->result));
  if (!status) {
    descriptor_ref pad = dnnl_primitive_desc_query_md(found, dnnl_query_scratchpad_md, 0);
    plan->scratch_bytes = pad ? dnnl_memory_desc_get_size(pad) : 0;
    if (plan->scratch_bytes) status = memory_of(&memory[place_scratch], pad);
  }
  if (!status && recipe->has_weights) {
    descriptor_ref wanted = dnnl_primitive_desc_query_md(found, dnnl_query_weights_md, 0);
    plan->has_weights = true;
    plan->weights = recipe->weights;
    plan->wants_plain = dnnl_memory_desc_equal(wanted, REF(recipe->plain));
    status = descriptor_copy(&plan->wanted, wanted);
    if (!status) status = descriptor_copy(&plan->plain, REF(recipe->plain));
  } else if (!status) {
    status = memory_of(&memory[place_b], REF(recipe->b));
  }
  if (!status) {
    plan->implementation = strdup(implementation_name(found));
    if (!plan->implementation) status = dnnl_out_of_memory;
  }
  if (found) dnnl_primitive_desc_destroy(found);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  return status;
}

static onednn_plan *make_plan(recipe *recipe, dnnl_status_t described, int *status) {
  onednn_plan *plan = described ? NULL : calloc(1, sizeof *plan);
  *status = described ? described : plan ? dnnl_success : dnnl_out_of_memory;
  if (plan) {
    pthread_mutex_init(&plan->lock, NULL);
    *status = fill_plan(plan, recipe);
    if (*status) {
      onednn_plan_free(plan);
      plan = NULL;
    }
  }
  descriptor_free(recipe->a);
  descriptor_free(recipe->b);
  descriptor_free(recipe->bias);
  descriptor_free(recipe->result);
  descriptor_free(recipe->plain);
  return plan;
}

onednn_plan *onednn_plan_product(const onednn_product *s, int *status) {
  if ((*status = ready())) return NULL;
  recipe recipe = {0};
  dnnl_dims_t a = {s->a_batch ? s->batch : 1, s->m, s->k}, a_strides = {s->a_batch, s->a_row, s->a_column};
  dnnl_dims_t b = {s->b_batch ? s->batch : 1, s->k, s->n}, b_strides = {s->b_batch, s->b_row, s->b_column};
  dnnl_dims_t result = {s->batch, s->m, s->n}, strides = {s->m * s->n, s->n, 1};
  if (!s->a_batch) a_strides[0] = s->m * s->k;
  if (!s->b_batch) b_strides[0] = s->k * s->n;
  int skip = s->batch == 1;  // one product is better off as a plain matrix
  dnnl_status_t described = descriptor_strided(&recipe.a, dnnl_f32, 3 - skip, a + skip, a_strides + skip);
  if (!described) described = descriptor_strided(&recipe.b, dnnl_f32, 3 - skip, b + skip, b_strides + skip);
  if (!described) {
    described = descriptor_strided(&recipe.result, dnnl_f32, 3 - skip, result + skip, strides + skip);
  }
  return make_plan(&recipe, described, status);
}

/// Describes the weights, in the checkpoint's order and in whatever the plan will want.
static dnnl_status_t describe_weights(recipe *recipe, dnnl_data_type_t type, int rank, int outputs,
                                      const dnnl_dims_t dims, const dnnl_dims_t strides) {
  recipe->has_weights = true;
  recipe->weights = (weights_shape){.rank = rank, .outputs = outputs, .type = type};
  memcpy(recipe->weights.dims, dims, rank * sizeof *dims);
  memcpy(recipe->weights.strides, strides, rank * sizeof *strides);
  dnnl_status_t status = descriptor_any(&recipe->b, type, rank, dims);
  return status ? status : descriptor_strided(&recipe->plain, dnnl_f32, rank, dims, strides);
}

onednn_plan *onednn_plan_linear(const onednn_linear *s, int *status) {
  if ((*status = ready())) return NULL;
  recipe recipe = {.epilogue = &s->epilogue};
  dnnl_data_type_t type = s->is_bfloat16 ? dnnl_bf16 : dnnl_f32;
  dnnl_dims_t a = {s->rows, s->inputs}, a_strides = {s->inputs, 1};
  dnnl_dims_t b = {s->inputs, s->outputs}, b_strides = {1, s->inputs};
  dnnl_dims_t bias = {1, s->outputs}, result = {s->rows, s->outputs}, strides = {s->outputs, 1};
  dnnl_status_t described = descriptor_strided(&recipe.a, type, 2, a, a_strides);
  if (!described) described = describe_weights(&recipe, type, 2, 1, b, b_strides);
  if (!described) described = descriptor_strided(&recipe.bias, dnnl_f32, 2, bias, strides);
  if (!described) described = descriptor_strided(&recipe.result, dnnl_f32, 2, result, strides);
  return make_plan(&recipe, described, status);
}

static onednn_plan *plan_convolution(const onednn_convolution *s, bool is_gradient, int *status) {
  if ((*status = ready())) return NULL;
  dnnl_data_type_t type = s->is_bfloat16 ? dnnl_bf16 : dnnl_f32;
  recipe recipe = {.is_gradient = is_gradient,
                   .epilogue = &s->epilogue,
                   .is_convolution = true,
                   .strides = {s->stride, s->stride},
                   .before = {s->top, s->left},
                   .after = {s->bottom, s->right}};
  int64_t h = (s->h + s->top + s->bottom - s->kernel_h) / s->stride + 1;
  int64_t w = (s->w + s->left + s->right - s->kernel_w) / s->stride + 1;
  int64_t area = s->kernel_h * s->kernel_w, into = s->inputs / s->groups, outof = s->outputs / s->groups;
  dnnl_dims_t a = {s->n, s->inputs, s->h, s->w}, result = {s->n, s->outputs, h, w};
  dnnl_dims_t a_strides = {s->h * s->w * s->inputs, 1, s->w * s->inputs, s->inputs};
  dnnl_dims_t strides = {h * w * s->outputs, 1, w * s->outputs, s->outputs};
  dnnl_dims_t b = {s->groups, outof, into, s->kernel_h, s->kernel_w};
  dnnl_dims_t b_strides = {outof * into * area, into * area, area, s->kernel_w, 1};
  dnnl_dims_t bias = {s->outputs}, bias_strides = {1};
  int skip = s->groups == 1;
  dnnl_status_t described = descriptor_strided(&recipe.a, type, 4, a, a_strides);
  if (!described) described = describe_weights(&recipe, type, 5 - skip, skip ? 0 : -1, b + skip, b_strides + skip);
  if (!described) described = descriptor_strided(&recipe.bias, dnnl_f32, 1, bias, bias_strides);
  if (!described) described = descriptor_strided(&recipe.result, dnnl_f32, 4, result, strides);
  if (is_gradient) {  // it goes from the result to the input
    dnnl_memory_desc_t input = recipe.a;
    recipe.a = recipe.result;
    recipe.result = input;
  }
  return make_plan(&recipe, described, status);
}

onednn_plan *onednn_plan_convolution(const onednn_convolution *s, int *status) {
  return plan_convolution(s, false, status);
}

onednn_plan *onednn_plan_convolution_gradient(const onednn_convolution *s, int *status) {
  return plan_convolution(s, true, status);
}

void onednn_plan_free(onednn_plan *plan) {
  if (!plan) return;
  while (plan->idle) {
    arguments *next = plan->idle->next;
    arguments_free(plan->idle);
    plan->idle = next;
  }
  if (plan->primitive) dnnl_primitive_destroy(plan->primitive);
  descriptor_free(plan->plain);
  descriptor_free(plan->wanted);
  pthread_mutex_destroy(&plan->lock);
  free((void *)plan->implementation);
  free(plan);
}

const char *onednn_plan_implementation(const onednn_plan *plan) {
  return plan->implementation;
}

size_t onednn_plan_scratch(const onednn_plan *plan) { return plan->scratch_bytes; }

// Weights

size_t onednn_packed_bytes(const onednn_plan *plan) {
  return plan->wants_plain ? 0 : dnnl_memory_desc_get_size(REF(plan->wanted));
}

static dnnl_status_t make_reorder(dnnl_primitive_t *out, descriptor_ref from, descriptor_ref to) {
  dnnl_primitive_desc_t found = NULL;
  dnnl_status_t status = dnnl_reorder_primitive_desc_create(&found, from, engine, to, engine, NULL);
  if (!status) status = dnnl_primitive_create(out, found);
  if (found) dnnl_primitive_desc_destroy(found);
  return status;
}

static dnnl_status_t run_reorder(dnnl_primitive_t primitive, dnnl_memory_t from, dnnl_memory_t to) {
  dnnl_stream_t stream = NULL;
  dnnl_exec_arg_t list[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  dnnl_status_t status = dnnl_stream_create(&stream, engine, dnnl_stream_in_order);
  if (!status) status = dnnl_primitive_execute(primitive, stream, 2, list);
  if (!status) status = dnnl_stream_wait(stream);
  if (stream) dnnl_stream_destroy(stream);
  return status;
}

static dnnl_status_t reorder(dnnl_memory_t from, descriptor_ref from_order, dnnl_memory_t to, descriptor_ref to_order) {
  dnnl_primitive_t primitive = NULL;
  dnnl_status_t status = make_reorder(&primitive, from_order, to_order);
  if (!status) status = run_reorder(primitive, from, to);
  if (primitive) dnnl_primitive_destroy(primitive);
  return status;
}

onednn_packed *onednn_pack(const onednn_plan *plan, const float *weights, void *buffer, int *status) {
  onednn_packed *packed = calloc(1, sizeof *packed);
  *status = packed ? dnnl_success : dnnl_out_of_memory;
  if (!packed) return NULL;
  *status = descriptor_copy(&packed->order, REF(plan->wanted));
  if (!*status) *status = descriptor_copy(&packed->plain, REF(plan->plain));
  if (!*status) *status = dnnl_memory_create(&packed->memory, REF(packed->order), engine, buffer);
  if (!*status && weights && !plan->wants_plain) {
    dnnl_memory_t plain = NULL;
    *status = dnnl_memory_create(&plain, REF(plan->plain), engine, (void *)weights);
    if (!*status) *status = reorder(plain, REF(plan->plain), packed->memory, REF(plan->wanted));
    if (plain) dnnl_memory_destroy(plain);
  }
  if (*status) {
    onednn_packed_free(packed);
    return NULL;
  }
  return packed;
}

// Weights a few outputs at a time: what is read from a file goes to its place while it is in the cache.

struct onednn_packer {
  char *buffer;
  size_t piece_bytes;  // of the packed order
  int64_t pieces;      // full ones
  dnnl_memory_desc_t from, to, last_from, last_to;
  dnnl_primitive_t piece, last;  // NULL where there are no such pieces
};

/// The reordering of `count` outputs from `first`; `offset`, in numbers, is where they go.
static dnnl_status_t make_piece(dnnl_primitive_t *out, dnnl_memory_desc_t *from, dnnl_memory_desc_t *to,
                                const onednn_plan *plan, int64_t first, int64_t count, dnnl_dim_t *offset) {
  weights_shape piece = plan->weights;
  dnnl_dims_t offsets = {0};
  piece.dims[piece.outputs] = count;
  offsets[piece.outputs] = first;
  dnnl_status_t status = descriptor_strided(from, dnnl_f32, piece.rank, piece.dims, piece.strides);
  if (!status) status = descriptor_part(to, REF(plan->wanted), piece.dims, offsets, offset);
  return status ? status : make_reorder(out, REF(*from), REF(*to));
}

onednn_packer *onednn_packer_make(const onednn_plan *plan, int64_t outputs, void *buffer, int *status) {
  *status = onednn_unsuitable;
  if (plan->wants_plain || plan->weights.outputs < 0) return NULL;
  onednn_packer *packer = calloc(1, sizeof *packer);
  *status = packer ? dnnl_success : dnnl_out_of_memory;
  if (!packer) return NULL;
  int64_t all = plan->weights.dims[plan->weights.outputs], rest = all % outputs;
  packer->buffer = buffer;
  packer->pieces = all / outputs;
  dnnl_dim_t offset = 0;
  if (packer->pieces > 0) {
    *status = make_piece(&packer->piece, &packer->from, &packer->to, plan, 0, outputs, &offset);
  }
  if (!*status && packer->pieces > 1) {  // where the second piece goes tells how large the first is
    weights_shape second = plan->weights;
    dnnl_dims_t offsets = {0};
    dnnl_memory_desc_t part = {0};
    second.dims[second.outputs] = offsets[second.outputs] = outputs;
    *status = descriptor_part(&part, REF(plan->wanted), second.dims, offsets, &offset);
    packer->piece_bytes = (size_t)offset * (plan->weights.type == dnnl_f32 ? 4 : 2);
    descriptor_free(part);
  }
  if (!*status && rest > 0) {
    *status = make_piece(&packer->last, &packer->last_from, &packer->last_to, plan, all - rest, rest, &offset);
  }
  if (*status) {
    onednn_packer_free(packer);
    return NULL;
  }
  return packer;
}

int onednn_packer_run(const onednn_packer *packer, int64_t piece, const float *weights) {
  bool is_full = piece < packer->pieces;
  // The last piece's descriptor says itself where in the buffer it lies.
  char *place = packer->buffer + (is_full ? (size_t)piece * packer->piece_bytes : 0);
  dnnl_memory_t from = NULL, to = NULL;
  dnnl_status_t status =
      dnnl_memory_create(&from, is_full ? REF(packer->from) : REF(packer->last_from), engine, (void *)weights);
  if (!status) status = dnnl_memory_create(&to, is_full ? REF(packer->to) : REF(packer->last_to), engine, place);
  if (!status) status = run_reorder(is_full ? packer->piece : packer->last, from, to);
  if (from) dnnl_memory_destroy(from);
  if (to) dnnl_memory_destroy(to);
  return status;
}

void onednn_packer_free(onednn_packer *packer) {
  if (!packer) return;
  if (packer->piece) dnnl_primitive_destroy(packer->piece);
  if (packer->last) dnnl_primitive_destroy(packer->last);
  descriptor_free(packer->from);
  descriptor_free(packer->to);
  descriptor_free(packer->last_from);
  descriptor_free(packer->last_to);
  free(packer);
}

bool onednn_packed_fits(const onednn_packed *packed, const onednn_plan *plan) {
  return dnnl_memory_desc_equal(REF(packed->order), REF(plan->wanted));
}

int onednn_unpack(const onednn_packed *packed, float *weights) {
  dnnl_memory_t plain = NULL;
  dnnl_status_t status = dnnl_memory_create(&plain, REF(packed->plain), engine, weights);
  if (!status) status = reorder(packed->memory, REF(packed->order), plain, REF(packed->plain));
  if (plain) dnnl_memory_destroy(plain);
  return status;
}

void onednn_packed_free(onednn_packed *packed) {
  if (!packed) return;
  if (packed->memory) dnnl_memory_destroy(packed->memory);
  descriptor_free(packed->order);
  descriptor_free(packed->plain);
  free(packed);
}

// Running

static arguments *arguments_like(const arguments *model) {
  arguments *own = calloc(1, sizeof *own);
  if (!own) return NULL;
  dnnl_status_t status = dnnl_stream_create(&own->stream, engine, dnnl_stream_in_order);
  for (int i = 0; i < places && !status; i++) {
    descriptor_ref order;
    if (!model->memory[i]) continue;
    status = dnnl_memory_get_memory_desc(model->memory[i], &order);
    if (!status) status = memory_of(&own->memory[i], order);
  }
  if (!status) return own;
  arguments_free(own);
  return NULL;
}

static arguments *take_arguments(onednn_plan *plan) {
  pthread_mutex_lock(&plan->lock);
  arguments *own = plan->idle->next;
  if (own) plan->idle->next = own->next;
  pthread_mutex_unlock(&plan->lock);
  return own ? own : arguments_like(plan->idle);
}

static void give_back_arguments(onednn_plan *plan, arguments *own) {
  pthread_mutex_lock(&plan->lock);
  own->next = plan->idle->next;
  plan->idle->next = own;
  pthread_mutex_unlock(&plan->lock);
}

int onednn_run(onednn_plan *plan, const void *a, const float *b, const onednn_packed *packed, const float *bias,
               const float *residual, float *result, void *scratch) {
  const void *data[places] = {a, b, bias, residual, result, scratch};
  const int names[places] = {plan->source_argument,   DNNL_ARG_WEIGHTS,      DNNL_ARG_BIAS,
                             plan->residual_argument, plan->result_argument, DNNL_ARG_SCRATCHPAD};
  arguments *own = take_arguments(plan);
  if (!own) return dnnl_out_of_memory;
  dnnl_exec_arg_t list[places + 1];
  dnnl_status_t status = plan->scratch_bytes && !scratch ? dnnl_out_of_memory : dnnl_success;
  int count = 0;
  for (int i = 0; i < places && !status; i++) {
    if (!own->memory[i]) continue;
    status = dnnl_memory_set_data_handle(own->memory[i], (void *)data[i]);
    list[count++] = (dnnl_exec_arg_t){names[i], own->memory[i]};
  }
  if (plan->has_weights) list[count++] = (dnnl_exec_arg_t){DNNL_ARG_WEIGHTS, packed->memory};
  if (!status) status = dnnl_primitive_execute(plan->primitive, own->stream, count, list);
  if (!status) status = dnnl_stream_wait(own->stream);
  give_back_arguments(plan, own);
  return status;
}

#endif
