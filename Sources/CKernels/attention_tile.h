// Attention for one head and a few hundred queries, included once for each kind of processor with
//   TILE(name)   the name with a suffix of its own
//   LANES        floats in a vector
//   ROWS         queries taken together
//   CHUNK        vectors of a value row taken together
// so that ROWS·max(2, CHUNK) sums, and what they are made from, fit the registers.

#include "lanes.h"

typedef float TILE(half) __attribute__((vector_size(LANES * 2), aligned(4)));

enum { TILE(panel) = 2 * LANES };

/// Keys, times `scale`, as panels [width][panel]; the places behind the last key are 0.
static void TILE(pack_keys)(float *out, const float *k, long row, long keys, long width, float scale) {
  for (long first = 0; first < keys; first += TILE(panel), out += width * TILE(panel)) {
    long count = keys - first < TILE(panel) ? keys - first : TILE(panel);
    for (long j = 0; j < count; j++) {
      const float *from = k + (first + j) * row;
#pragma clang loop vectorize(disable)  // scattered vector stores are slower
      for (long d = 0; d < width; d++) out[d * TILE(panel) + j] = from[d] * scale;
    }
    for (long j = count; j < TILE(panel); j++) {
      for (long d = 0; d < width; d++) out[d * TILE(panel) + j] = 0;
    }
  }
}

/// Values as rows of `padded`, 0 behind `width` and behind the last key.
static void TILE(pack_values)(float *out, const float *v, long row, long keys, long width, long padded, long rows) {
  for (long j = 0; j < rows; j++, out += padded) {
    for (long d = 0; d < width; d++) out[d] = j < keys ? v[j * row + d] : 0;
    for (long d = width; d < padded; d++) out[d] = 0;
  }
}

/// score[r][…] = q[r]·k for one panel of keys.
static void TILE(score_panel)(float *score, long stride, const float *const *q, const float *keys, long width) {
  TILE(vector) sum[ROWS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) sum[r][0] = sum[r][1] = SPLAT(0.0f);
  for (long d = 0; d < width; d++) {
    TILE(vector) a = LOAD(keys + d * TILE(panel)), b = LOAD(keys + d * TILE(panel) + LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
      sum[r][0] += q[r][d] * a;
      sum[r][1] += q[r][d] * b;
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
    STORE(score + r * stride, sum[r][0]);
    STORE(score + r * stride + LANES, sum[r][1]);
  }
}

/// out[r] = out[r]·keep[r] + p[r]·v for `vectors` vectors of the value rows.
CK_INLINE void TILE(weigh)(float *out, const float *p, long stride, const float *v, long padded, long keys,
                           const float *keep, int vectors) {
  TILE(vector) sum[ROWS][CHUNK];
  const float *row[ROWS];
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
    row[r] = p + r * stride;
#pragma clang loop unroll(full)
    for (int c = 0; c < vectors; c++) sum[r][c] = LOAD(out + r * padded + c * LANES) * keep[r];
  }
  for (long j = 0; j < keys; j++) {
    TILE(vector) x[CHUNK];
#pragma clang loop unroll(full)
    for (int c = 0; c < vectors; c++) x[c] = LOAD(v + j * padded + c * LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
#pragma clang loop unroll(full)
      for (int c = 0; c < vectors; c++) sum[r][c] += row[r][j] * x[c];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < vectors; c++) STORE(out + r * padded + c * LANES, sum[r][c]);
  }
}

/// The same for a last half vector, so that heads of 8 and 40 waste nothing.
static void TILE(weigh_half)(float *out, const float *p, long stride, const float *v, long padded, long keys,
                             const float *keep) {
  TILE(half) sum[ROWS];
  const float *row[ROWS];
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
    row[r] = p + r * stride;
    sum[r] = *(const TILE(half) *)(out + r * padded) * keep[r];
  }
  for (long j = 0; j < keys; j++) {
    TILE(half) x = *(const TILE(half) *)(v + j * padded);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) sum[r] += row[r][j] * x;
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) *(TILE(half) *)(out + r * padded) = sum[r];
}

static void TILE(weigh_chunk)(float *out, const float *p, long stride, const float *v, long padded, long keys,
                              const float *keep) {
  TILE(weigh)(out, p, stride, v, padded, keys, keep, CHUNK);
}

static void TILE(weigh_one)(float *out, const float *p, long stride, const float *v, long padded, long keys,
                            const float *keep) {
  TILE(weigh)(out, p, stride, v, padded, keys, keep, 1);
}

static void TILE(weigh_all)(float *out, const float *p, long stride, const float *v, long padded, long keys,
                            const float *keep) {
  long d = 0;
  for (; d + CHUNK * LANES <= padded; d += CHUNK * LANES) {
    TILE(weigh_chunk)(out + d, p, stride, v + d, padded, keys, keep);
  }
  for (; d + LANES <= padded; d += LANES) TILE(weigh_one)(out + d, p, stride, v + d, padded, keys, keep);
  if (d < padded) TILE(weigh_half)(out + d, p, stride, v + d, padded, keys, keep);
}

/// Scores to powers of two below the row's maximum so far; `keep` is what earlier blocks shrink by.
static void TILE(soften)(float *score, long count, float *top, float *sum, float *keep) {
  TILE(vector) highest = LOAD(score);
  for (long j = LANES; j < count; j += LANES) highest = TILE(larger)(LOAD(score + j), highest);
  float now = TILE(largest_of)(highest);
  now = now < *top ? *top : now;
  TILE(vector) total = SPLAT(0.0f);
  for (long j = 0; j < count; j += LANES) {
    TILE(vector) p = TILE(exp2)(LOAD(score + j) - now);
    STORE(score + j, p);
    total += p;
  }
  *keep = *sum > 0 ? TILE(exp2)(SPLAT(0.0f) + (*top - now))[0] : 0;
  *sum = *sum * *keep + TILE(sum_of)(total);
  *top = now;
}

static void TILE(add_probabilities)(float *sums, const float *p, long keys, float factor) {
  for (long j = 0; j < keys; j++) sums[j] += p[j] * factor;
}

/// Floats of scratch that `attend` needs.
static long TILE(scratch_floats)(const attention_plan *plan) {
  long block = (plan->block + TILE(panel) - 1) / TILE(panel) * TILE(panel);
  return block * plan->call->width + block * plan->padded + ROWS * block +
         (plan->piece + ROWS) * (plan->padded + 2);
}

/// The queries [first, last) of one head.
static void TILE(attend)(const attention_plan *plan, long image, long head, long first, long last, float *scratch) {
  const ck_attention_call *c = plan->call;
  long width = c->width, padded = plan->padded, queries = last - first;
  long block = (plan->block + TILE(panel) - 1) / TILE(panel) * TILE(panel);
  float *keys = scratch, *values = keys + block * width, *score = values + block * padded;
  float *out = score + ROWS * block, *top = out + (plan->piece + ROWS) * padded, *sum = top + plan->piece + ROWS;
  for (long i = 0; i < queries; i++) {
    top[i] = -FLT_MAX;
    sum[i] = 0;
  }
  for (long i = 0; i < (queries + ROWS) * padded; i++) out[i] = 0;

  // Scores are taken in powers of two: log2(e) goes into the keys with the scale.
  float scale = c->scale * 1.44269504f;
  for (long start = 0; start < c->keys; start += block) {
    long count = c->keys - start < block ? c->keys - start : block;
    long seen_by_all = c->causal ? first + c->keys - c->queries + 1 : c->keys;
    long seen_by_last = c->causal ? last + c->keys - c->queries : c->keys;
    if (seen_by_last <= start) break;
    TILE(pack_keys)(keys, c->k + image * c->k_image + start * c->k_row + head * width, c->k_row, count, width, scale);
    if (c->out) {
      TILE(pack_values)(values, c->v + image * c->v_image + start * c->v_row + head * width, c->v_row, count, width,
                        padded, (count + TILE(panel) - 1) / TILE(panel) * TILE(panel));
    }
    for (long i = 0; i < queries; i += ROWS) {
      long rows = queries - i < ROWS ? queries - i : ROWS;
      const float *q[ROWS];
      float keep[ROWS];
      for (long r = 0; r < ROWS; r++) {
        long row = first + i + (r < rows ? r : rows - 1);  // a short tile repeats its last query
        q[r] = c->q + image * c->q_image + row * c->q_row + head * width;
        keep[r] = 1;
      }
      long within = count;
      if (c->causal && seen_by_all - first + first + i + rows - 1 - start < count) {
        within = seen_by_all + i + rows - 1 - start;
      }
      if (within <= 0) continue;
      long filled = (within + LANES - 1) / LANES * LANES;
      for (long j = 0; j < filled; j += TILE(panel)) {
        TILE(score_panel)(score + j, block, q, keys + j * width, width);
      }
      for (long r = 0; r < rows; r++) {
        long seen = c->causal ? seen_by_all + i + r - start : count;
        seen = seen < 0 ? 0 : seen < count ? seen : count;
        for (long j = seen; j < filled; j++) score[r * block + j] = -INFINITY;
        TILE(soften)(score + r * block, filled, top + i + r, sum + i + r, keep + r);
        if (c->sums && sum[i + r] > 0) {
          float *sums = c->sums + image * c->sums_image + (head * c->queries + first + i + r) * c->keys;
          TILE(add_probabilities)(sums, score + r * block, seen, 1 / sum[i + r]);
        }
      }
      if (c->out) TILE(weigh_all)(out + i * padded, score, block, values, padded, within, keep);
    }
  }
  if (!c->out) return;
  for (long i = 0; i < queries; i++) {
    float *to = c->out + (image * c->queries + first + i) * c->heads * width + head * width;
    float factor = sum[i] == 0 ? 0 : 1 / sum[i];
    for (long d = 0; d < width; d++) to[d] = out[i * padded + d] * factor;
  }
}

#undef TILE
#undef LANES
#undef ROWS
#undef CHUNK
