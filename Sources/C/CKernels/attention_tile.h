// Attention for one head and a few hundred queries, included once for each kind of processor with
//   TILE(name)   the name with a suffix of its own
//   LANES        floats in a vector
//   KEYS         keys taken together, so that 2·KEYS sums, and what they are made from, fit the registers
//
// Queries lie side by side in the lanes of one or two vectors (a strip). Maxima and sums of their rows then need no step
// across lanes, and a number of a key or a value goes to all of them at once, whatever the width of a head.

#include "lanes.h"

/// One row of a head.
CK_INLINE void TILE(copy)(float *out, const float *x, long width) {
  long d = 0;
  for (; d + 4 <= width; d += 4) *(ck_four *)(out + d) = *(const ck_four *)(x + d);
  for (; d < width; d++) out[d] = x[d];
}

/// Keys and values one after the other. Behind the last come copies of the last key and values of 0.
static void TILE(pack)(float *keys, float *values, const ck_attention_call *c, const float *k, const float *v,
                       long count, long rows) {
  for (long j = 0; j < rows; j++) TILE(copy)(keys + j * c->width, k + (j < count ? j : count - 1) * c->k_row, c->width);
  if (!c->out) return;
  for (long j = 0; j < count; j++) TILE(copy)(values + j * c->width, v + j * c->v_row, c->width);
  for (long d = count * c->width; d < rows * c->width; d++) values[d] = 0;
}

/// score[j][…] = q·k[j] for `KEYS` keys.
CK_INLINE void TILE(score_keys)(float *score, const float *q, const float *k, long width, int vectors) {
  TILE(vector) sum[KEYS][2];
#pragma clang loop unroll(full)
  for (int j = 0; j < KEYS; j++) sum[j][0] = sum[j][1] = SPLAT(0.0f);
  for (long d = 0; d < width; d++) {
    TILE(vector) x[2];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) x[v] = LOAD(q + (d * vectors + v) * LANES);
#pragma clang loop unroll(full)
    for (int j = 0; j < KEYS; j++) {
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sum[j][v] += k[j * width + d] * x[v];
    }
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < KEYS; j++) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) STORE(score + (j * vectors + v) * LANES, sum[j][v]);
  }
}

/// Scores to powers of two below each query's highest so far, whose sums go to `sum`; `keep` is what those of earlier
/// blocks shrink by.
CK_INLINE void TILE(soften)(float *score, long keys, float *top, float *sum, float *keep, int vectors) {
  TILE(vector) highest[4][2];
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    highest[0][v] = highest[1][v] = highest[2][v] = highest[3][v] = LOAD(top + v * LANES);
  }
  for (long j = 0; j < keys; j += 4) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) {
        highest[i][v] = TILE(larger)(LOAD(score + ((j + i) * vectors + v) * LANES), highest[i][v]);
      }
    }
  }
  TILE(vector) total[2], now[2];
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    now[v] = TILE(larger)(TILE(larger)(highest[0][v], highest[1][v]), TILE(larger)(highest[2][v], highest[3][v]));
    total[v] = SPLAT(0.0f);
  }
  for (long j = 0; j < keys; j++) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      float *place = score + (j * vectors + v) * LANES;
      TILE(vector) p = TILE(exp2)(LOAD(place) - now[v]);
      STORE(place, p);
      total[v] += p;
    }
  }
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    TILE(vector) shrink = TILE(exp2)(LOAD(top + v * LANES) - now[v]);
    STORE(keep + v * LANES, shrink);
    STORE(sum + v * LANES, LOAD(sum + v * LANES) * shrink + total[v]);
    STORE(top + v * LANES, now[v]);
  }
}

/// out[d][…] += Σ p[j]·v[j][d] over `KEYS` keys.
CK_INLINE void TILE(weigh_keys)(float *out, const float *p, const float *v, long width, int vectors) {
  TILE(vector) x[KEYS][2];
#pragma clang loop unroll(full)
  for (int j = 0; j < KEYS; j++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < vectors; i++) x[j][i] = LOAD(p + (j * vectors + i) * LANES);
  }
  for (long d = 0; d < width; d++) {
    TILE(vector) sum[2];
#pragma clang loop unroll(full)
    for (int i = 0; i < vectors; i++) sum[i] = LOAD(out + (d * vectors + i) * LANES);
#pragma clang loop unroll(full)
    for (int j = 0; j < KEYS; j++) {
#pragma clang loop unroll(full)
      for (int i = 0; i < vectors; i++) sum[i] += v[j * width + d] * x[j][i];
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < vectors; i++) STORE(out + (d * vectors + i) * LANES, sum[i]);
  }
}

CK_INLINE void TILE(shrink)(float *out, const float *keep, long width, int vectors) {
  for (long d = 0; d < width; d++) {
    for (int v = 0; v < vectors; v++) {
      float *place = out + (d * vectors + v) * LANES;
      STORE(place, LOAD(place) * LOAD(keep + v * LANES));
    }
  }
}

enum { TILE(widest) = 2 * LANES };

/// Up to 2·LANES queries, the next of a piece of work, and what they have gathered so far.
typedef struct {
  long first, queries;         // none behind the piece's last
  long last, width;            // of the piece, of a head
  int vectors;                 // 1 where they all fit into one
  float *q, *out, *top, *sum;  // [width][vectors·LANES] and [vectors·LANES]
} TILE(strip);

/// The queries from `first` on; `memory` has room for all up to `last`.
static TILE(strip) TILE(strip_at)(float *memory, long first, long last, long width) {
  TILE(strip) s = {first, last - first < TILE(widest) ? last - first : TILE(widest), last, width, .q = memory};
  s.vectors = s.queries > LANES ? 2 : 1;
  s.out = s.q + width * s.vectors * LANES;
  s.top = s.out + width * s.vectors * LANES;
  s.sum = s.top + s.vectors * LANES;
  return s;
}

static TILE(strip) TILE(next)(TILE(strip) s) {
  return TILE(strip_at)(s.sum + s.vectors * LANES, s.first + s.queries, s.last, s.width);
}

/// Reads the strip's queries, times `scale`. Lanes without one get a query of 0.
static void TILE(read)(const TILE(strip) *s, const float *q, long row, float scale) {
  long lanes = s->vectors * LANES;
  for (long i = 0; i < 2 * s->width * lanes; i++) s->q[i] = 0;
  for (long i = 0; i < lanes; i++) {
    s->top[i] = -FLT_MAX;
    s->sum[i] = 0;
  }
  ck_transpose(s->q, lanes, q, row, s->queries, s->width, NULL, scale, false);
}

/// One block of keys, `count` from `start` on.
CK_INLINE void TILE(attend_strip)(const ck_attention_call *c, const TILE(strip) *s, const float *keys,
                                  const float *values, float *score, long start, long count, float *sums, int vectors) {
  long lanes = vectors * LANES, seen = c->causal ? s->first + c->keys - c->queries + 1 - start : count;
  long within = seen + s->queries - 1 < count ? seen + s->queries - 1 : count;  // seen by the strip's last query
  if (within <= 0) return;
  long filled = (within + KEYS - 1) / KEYS * KEYS;
  for (long j = 0; j < filled; j += KEYS) {
    TILE(score_keys)(score + j * lanes, s->q, keys + j * c->width, c->width, vectors);
  }
  for (long j = seen < 0 ? 0 : seen; j < filled; j++) {
    long blind = j < within ? j - seen + 1 : lanes;  // the queries before see less
    for (long i = 0; i < blind && i < lanes; i++) score[j * lanes + i] = -INFINITY;
  }
  float keep[TILE(widest)], factor[TILE(widest)];
  TILE(soften)(score, filled, s->top, s->sum, keep, vectors);
  if (sums) {
    for (long i = 0; i < s->queries; i++) factor[i] = s->sum[i] == 0 ? 0 : 1 / s->sum[i];
    ck_transpose(sums, c->keys, score, lanes, within, s->queries, factor, 1, true);
  }
  if (!c->out) return;
  if (start > 0) TILE(shrink)(s->out, keep, c->width, vectors);
  for (long j = 0; j < filled; j += KEYS) {
    TILE(weigh_keys)(s->out, score + j * lanes, values + j * c->width, c->width, vectors);
  }
}

static void TILE(attend_wide)(const ck_attention_call *c, const TILE(strip) *s, const float *keys, const float *values,
                              float *score, long start, long count, float *sums) {
  TILE(attend_strip)(c, s, keys, values, score, start, count, sums, 2);
}

static void TILE(attend_narrow)(const ck_attention_call *c, const TILE(strip) *s, const float *keys,
                                const float *values, float *score, long start, long count, float *sums) {
  TILE(attend_strip)(c, s, keys, values, score, start, count, sums, 1);
}

/// Rows of the result.
static void TILE(finish)(const TILE(strip) *s, float *out, long row) {
  float factor[TILE(widest)];
  for (long i = 0; i < s->queries; i++) factor[i] = s->sum[i] == 0 ? 0 : 1 / s->sum[i];
  ck_transpose(out, row, s->out, s->vectors * LANES, s->width, s->queries, factor, 1, false);
}

static long TILE(padded)(long count, long to) { return (count + to - 1) / to * to; }

/// Floats of scratch that `attend` needs.
static long TILE(scratch_floats)(const attention_plan *plan) {
  long width = plan->call->width, block = TILE(padded)(plan->block, KEYS);
  return block * (2 * width + TILE(widest)) + TILE(padded)(plan->piece, LANES) * (2 * width + 2);
}

/// The queries [first, last) of one head.
static void TILE(attend)(const attention_plan *plan, long image, long head, long first, long last, float *scratch) {
  const ck_attention_call *c = plan->call;
  long width = c->width, all = c->heads * width, block = TILE(padded)(plan->block, KEYS);
  float *keys = scratch, *values = keys + block * width, *score = values + block * width;
  TILE(strip) s, begin = TILE(strip_at)(score + block * TILE(widest), first, last, width);

  float scale = c->scale * 1.44269504f;  // scores in powers of two
  for (s = begin; s.queries > 0; s = TILE(next)(s)) {
    TILE(read)(&s, c->q + image * c->q_image + s.first * c->q_row + head * width, c->q_row, scale);
  }
  for (long start = 0; start < c->keys; start += block) {
    long count = c->keys - start < block ? c->keys - start : block;
    TILE(pack)(keys, values, c, c->k + image * c->k_image + start * c->k_row + head * width,
               c->v + image * c->v_image + start * c->v_row + head * width, count, TILE(padded)(count, KEYS));
    for (s = begin; s.queries > 0; s = TILE(next)(s)) {
      float *sums = c->sums ? c->sums + image * c->sums_image + (head * c->queries + s.first) * c->keys + start : NULL;
      (s.vectors == 1 ? TILE(attend_narrow) : TILE(attend_wide))(c, &s, keys, values, score, start, count, sums);
    }
  }
  if (!c->out) return;
  for (s = begin; s.queries > 0; s = TILE(next)(s)) {
    TILE(finish)(&s, c->out + (image * c->queries + s.first) * all + head * width, all);
  }
}

#undef TILE
#undef LANES
#undef KEYS
