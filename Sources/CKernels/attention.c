#include "CKernels.h"
#include "vector_math.h"
#include "strided.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { rows_per_piece = 64 };

typedef struct {
  const ck_attention_call *call;
  long pieces;  // of one head
  _Atomic int failed;
} attention_work;

CK_CLONES static void attend_rows(const ck_attention_call *c, long image, long head, long first, long last,
                                  float *scratch) {
  long width = c->width, keys = c->keys;
  const float *k = c->k + image * c->k_image + head * width, *v = c->v + image * c->v_image + head * width;
  float *turned = scratch, *score = scratch + width * keys;
  for (long j = 0; j < keys; j++) {
    for (long d = 0; d < width; d++) turned[d * keys + j] = k[j * c->k_row + d];
  }
  for (long i = first; i < last; i++) {
    const float *q = c->q + image * c->q_image + i * c->q_row + head * width;
    float *out = c->out ? c->out + (image * c->queries + i) * c->heads * width + head * width : NULL;
    long seen = c->causal ? i + keys - c->queries + 1 : keys;
    if (seen > keys) seen = keys;
    for (long j = 0; j < seen; j++) score[j] = 0;
    for (long d = 0; d < width; d++) {
      float a = q[d] * c->scale;
      for (long j = 0; j < seen; j++) score[j] += a * turned[d * keys + j];
    }
    float top = -INFINITY, sum = 0;
    for (long j = 0; j < seen; j++) top = score[j] > top ? score[j] : top;
    for (long j = 0; j < seen; j++) score[j] = ck_exp(score[j] - top);
    for (long j = 0; j < seen; j++) sum += score[j];
    float inverse = seen > 0 ? 1 / sum : 0;
    for (long j = 0; j < seen; j++) score[j] *= inverse;
    if (out) {
      for (long d = 0; d < width; d++) out[d] = 0;
      for (long j = 0; j < seen; j++) {
        for (long d = 0; d < width; d++) out[d] += score[j] * v[j * c->v_row + d];
      }
    }
    if (c->sums) {
      float *sums = c->sums + image * c->sums_image + (head * c->queries + i) * keys;
      for (long j = 0; j < seen; j++) sums[j] += score[j];
    }
  }
}

static void attention_body(void *context, long begin, long end) {
  attention_work *work = context;
  const ck_attention_call *c = work->call;
  float *scratch = malloc((size_t)((c->width + 1) * c->keys + 1) * sizeof(float));
  if (!scratch) {
    atomic_store(&work->failed, 1);
    return;
  }
  for (long item = begin; item < end; item++) {
    long piece = item % work->pieces, head = item / work->pieces % c->heads, image = item / work->pieces / c->heads;
    long first = piece * rows_per_piece, last = first + rows_per_piece;
    attend_rows(c, image, head, first, last < c->queries ? last : c->queries, scratch);
  }
  free(scratch);
}

int ck_attention(const ck_attention_call *call) {
  attention_work work = {.call = call, .pieces = (call->queries + rows_per_piece - 1) / rows_per_piece};
  ck_parallel_for(call->images * call->heads * work.pieces, 1, attention_body, &work);
  return work.failed ? -1 : 0;
}
