#include "CKernels.h"
#include "transpose.h"
#include "vector_math.h"

#include <float.h>
#include <math.h>
#include <stdatomic.h>

// A piece of work is one head and a few hundred queries: it takes keys and values a block at a time and keeps a running
// maximum and sum for each query (online softmax; Milakov and Gimelshein, arXiv:1805.02867). Pieces and blocks depend on
// the shape alone.

typedef struct {
  const ck_attention_call *call;
  long piece;   // queries of a piece of work
  long block;   // keys packed together: all of them where probabilities are wanted, which need the whole row's sum
  _Atomic int failed;
} attention_plan;

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"), min_vector_width(512))), apply_to = function)
#define TILE(name) name##_v4
#define LANES 16
#define KEYS 8
#include "attention_tile.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define TILE(name) name##_v3
#define LANES 8
#define KEYS 4
#include "attention_tile.h"
#pragma clang attribute pop

#endif

#define TILE(name) name##_base
#define LANES 4
#define KEYS 4
#include "attention_tile.h"

typedef struct {
  long (*scratch_floats)(const attention_plan *plan);
  void (*attend)(const attention_plan *plan, long image, long head, long first, long last, float *scratch);
} attention_tile;

static attention_tile tile_for_this_processor(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return (attention_tile){scratch_floats_v4, attend_v4};
  if (__builtin_cpu_supports("x86-64-v3")) return (attention_tile){scratch_floats_v3, attend_v3};
#endif
  return (attention_tile){scratch_floats_base, attend_base};
}

static void attention_body(void *context, long begin, long end) {
  attention_plan *plan = context;
  const ck_attention_call *c = plan->call;
  attention_tile tile = tile_for_this_processor();
  float *scratch = ck_scratch((size_t)tile.scratch_floats(plan) * sizeof(float));
  if (!scratch) {
    atomic_store(&plan->failed, 1);
    return;
  }
  long pieces = (c->queries + plan->piece - 1) / plan->piece;
  for (long item = begin; item < end; item++) {
    long first = item % pieces * plan->piece, last = first + plan->piece;
    tile.attend(plan, item / pieces / c->heads, item / pieces % c->heads, first,
                last < c->queries ? last : c->queries, scratch);
  }
}

int ck_attention(const ck_attention_call *call) {
  attention_plan plan = {.call = call, .piece = call->queries < 256 ? call->queries : 256};
  // A block and its scores stay in the second cache; blocks of equal size, none a small rest.
  long most = (1 << 16) / call->width;
  most = call->sums ? call->keys : most < 128 ? 128 : most > 512 ? 512 : most;
  long blocks = (call->keys + most - 1) / most;
  plan.block = (call->keys + blocks - 1) / blocks;
  long pieces = (call->queries + plan.piece - 1) / plan.piece;
  ck_parallel_for(call->images * call->heads * pieces, 1, attention_body, &plan);
  return plan.failed ? -1 : 0;
}
