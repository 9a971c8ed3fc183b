#pragma once
#include <stdbool.h>

/// Heads side by side in the last dimension; strides in elements, the last dimension contiguous.
typedef struct {
  long images, heads, width;       // width of one head
  long queries, keys;
  const float *q, *k, *v;          // [images, queries, heads·width], [images, keys, heads·width]
  long q_image, q_row, k_image, k_row, v_image, v_row;
  float *out;                      // [images, queries, heads·width], contiguous; NULL if only `sums` is wanted
  float *sums;                     // [images, heads, queries, keys] that the probabilities are added to; or NULL
  long sums_image;                 // stride; the other dimensions are contiguous
  float scale;
  bool causal;                     // query i sees the keys up to i + keys - queries
} ck_attention_call;

/// softmax(scale·q·kᵀ)·v for every head, the probabilities never whole in memory (Dao et al., arXiv:2205.14135).
/// Returns 0, or -1 without memory for scratch.
int ck_attention(const ck_attention_call *call);
