#pragma once
// The walk that all strided kernels share: dimensions of one element dropped, neighbours that every operand
// steps through evenly merged, and a row function called once per innermost run.
#include "CKernels.h"

#define CK_MAX_OPERANDS 4

typedef struct {
  int rank, operands;
  ptrdiff_t shape[CK_MAX_RANK];
  ptrdiff_t strides[CK_MAX_OPERANDS][CK_MAX_RANK];
} ck_walk;

/// False where there is nothing to walk over. The walk has at least one dimension otherwise.
static inline int ck_walk_make(ck_walk *walk, int operands, int rank, const ptrdiff_t *shape,
                               const ptrdiff_t *const strides[]) {
  walk->operands = operands;
  walk->rank = 0;
  for (int d = 0; d < rank; d++) {
    if (shape[d] == 0) return 0;
    if (shape[d] == 1) continue;
    int last = walk->rank - 1, mergeable = last >= 0;
    for (int k = 0; mergeable && k < operands; k++)
      mergeable = walk->strides[k][last] == strides[k][d] * shape[d];
    int to = mergeable ? last : walk->rank++;
    walk->shape[to] = mergeable ? walk->shape[to] * shape[d] : shape[d];
    for (int k = 0; k < operands; k++) walk->strides[k][to] = strides[k][d];
  }
  if (walk->rank == 0) {
    walk->rank = 1;
    walk->shape[0] = 1;
    for (int k = 0; k < operands; k++) walk->strides[k][0] = 1;
  }
  return 1;
}

/// Moves `offsets` to the next run over the dimensions before `inner`; false after the last.
static inline int ck_walk_next(const ck_walk *walk, int inner, ptrdiff_t *index, ptrdiff_t *offsets) {
  for (int d = inner - 1; d >= 0; d--) {
    for (int k = 0; k < walk->operands; k++) offsets[k] += walk->strides[k][d];
    if (++index[d] < walk->shape[d]) return 1;
    for (int k = 0; k < walk->operands; k++) offsets[k] -= walk->strides[k][d] * walk->shape[d];
    index[d] = 0;
  }
  return 0;
}

/// Every clone is chosen at load time by the processor's features.
#define CK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

/// Elements do not depend on each other: an operand is the output itself or lies apart from it.
#define CK_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

/// Elements per piece of work given to a thread.
#define CK_GRAIN 32768
