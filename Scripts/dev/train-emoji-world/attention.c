/* Attention and its gradient over a few channels per head, in bfloat16 outside and float inside, for training on a CPU
   with vectors of sixteen floats.

   Sixteen queries lie in the lanes of a vector, and a key's channels go to all lanes at once: no step reduces across
   lanes, however few the channels are. For the gradient of keys and values, which are sums over queries, the channels lie
   in the lanes. A gradient computes the probabilities again from each query's log-sum-exp (Dao et al. 2022).

   All tensors are {batch, length, heads, channels}, contiguous. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef float vec __attribute__((vector_size(64), may_alias));
typedef int32_t ints __attribute__((vector_size(64)));
typedef uint16_t bf16;
enum { LANES = 16, MOST_CHANNELS = 64 };
#define LOG2E 1.44269504f
#define INLINE static inline __attribute__((always_inline))

INLINE vec all(float x) { return x - (vec){0}; }

/* 2^x for x <= 0, within 2e-7 of its value. */
INLINE vec exp2_negative(vec x) {
  vec low = all(-126);
  ints below = x < low;
  x = (vec)(((ints)low & below) | ((ints)x & ~below));
  ints n = __builtin_convertvector(x - 0.5f, ints);
  vec f = x - __builtin_convertvector(n, vec);
  vec p = all(1.339887440e-3f);
  p = p * f + 9.618437357e-3f;
  p = p * f + 5.550332548e-2f;
  p = p * f + 2.402264791e-1f;
  p = p * f + 6.931472028e-1f;
  p = p * f + 1.0f;
  return p * (vec)((n + 127) << 23);
}

INLINE vec larger(vec a, vec b) {
  ints above = a > b;
  return (vec)(((ints)a & above) | ((ints)b & ~above));
}

INLINE float wide(bf16 x) {
  union { uint32_t bits; float value; } u = {(uint32_t)x << 16};
  return u.value;
}

INLINE bf16 narrow(float x) {
  union { float value; uint32_t bits; } u = {x};
  return (bf16)((u.bits + 0x7fff + ((u.bits >> 16) & 1)) >> 16);
}

static int blocks(int length) { return (length + LANES - 1) / LANES; }

/* Vectors that a row of so many channels takes. */
INLINE int row_vectors(int channels) { return (channels + LANES - 1) / LANES; }

/* One head's rows as floats: row after row, padded to whole vectors, and sixteen rows to a vector for each channel. */
typedef struct {
  vec *rows;  /* [blocks · 16][row_vectors] */
  vec *lanes; /* [blocks][channels] */
} Side;

static int side_vectors(int length, int channels) {
  return blocks(length) * (LANES * row_vectors(channels) + channels);
}

static Side side_at(vec **space, int length, int channels) {
  Side side = {*space, *space + blocks(length) * LANES * row_vectors(channels)};
  *space += side_vectors(length, channels);
  return side;
}

static void widen(Side to, const bf16 *x, int length, int heads, int channels, float scale) {
  int stride = row_vectors(channels) * LANES;
  float *rows = (float *)to.rows, *lanes = (float *)to.lanes;
  memset(rows, 0, sizeof(float) * blocks(length) * LANES * stride);
  for (int i = 0; i < length; i++)
    for (int c = 0; c < channels; c++) rows[i * stride + c] = scale * wide(x[i * heads * channels + c]);
  for (int b = 0; b < blocks(length); b++)
    for (int c = 0; c < channels; c++)
      for (int lane = 0; lane < LANES; lane++)
        lanes[(b * channels + c) * LANES + lane] = rows[(b * LANES + lane) * stride + c];
}

static void store_lanes(bf16 *to, const vec *from, int length, int heads, int channels, float scale) {
  const float *x = (const float *)from;
  for (int i = 0; i < length; i++)
    for (int c = 0; c < channels; c++)
      to[i * heads * channels + c] = narrow(scale * x[(i / LANES * channels + c) * LANES + i % LANES]);
}

static void store_rows(bf16 *to, const vec *from, int length, int heads, int channels, float scale) {
  const float *x = (const float *)from;
  for (int i = 0; i < length; i++)
    for (int c = 0; c < channels; c++)
      to[i * heads * channels + c] = narrow(scale * x[i * row_vectors(channels) * LANES + c]);
}

INLINE const float *row(Side side, int i, int channels) {
  return (const float *)(side.rows + i * row_vectors(channels));
}

INLINE vec dot(int channels, const vec *lanes, const float *row) {
  vec even = lanes[0] * row[0], odd = lanes[1] * row[1];
  for (int c = 2; c < channels; c += 2) {
    even += lanes[c] * row[c];
    odd += lanes[c + 1] * row[c + 1];
  }
  return even + odd;
}

INLINE void add(int channels, vec *sum, vec weight, const float *row) {
  for (int c = 0; c < channels; c++) sum[c] += weight * row[c];
}

/* Sixteen queries: their results, and the logarithm to base 2 of their sums. q holds log2(e)/sqrt(channels) times them. */
INLINE vec forward_block(int d, const vec *q, Side k, Side v, int keys, vec *scores, vec *out) {
  vec queries[MOST_CHANNELS], sum[MOST_CHANNELS];
  for (int c = 0; c < d; c++) queries[c] = q[c], sum[c] = all(0);
  vec top = all(-INFINITY), total = all(0);
  for (int j = 0; j < keys; j++) {
    scores[j] = dot(d, queries, row(k, j, d));
    top = larger(top, scores[j]);
  }
  for (int j = 0; j < keys; j++) {
    vec p = exp2_negative(scores[j] - top);
    total += p;
    add(d, sum, p, row(v, j, d));
  }
  for (int c = 0; c < d; c++) out[c] = sum[c] / total;
  for (int lane = 0; lane < LANES; lane++) top[lane] += log2f(total[lane]);
  return top;
}

/* sums[j] += the rows of sixteen queries, each as often as weights[j] says. */
INLINE void add_rows(int vectors, vec *sums, const vec *weights, const vec *rows, int keys) {
  for (int part = 0; part < vectors; part++) {
    vec x[LANES];
    for (int lane = 0; lane < LANES; lane++) x[lane] = rows[lane * vectors + part];
    for (int j = 0; j < keys; j++) {
      const float *weight = (const float *)(weights + j);
      vec even = sums[j * vectors + part], odd = all(0);
      for (int lane = 0; lane < LANES; lane += 2) {
        even += weight[lane] * x[lane];
        odd += weight[lane + 1] * x[lane + 1];
      }
      sums[j * vectors + part] = even + odd;
    }
  }
}

/* What sixteen queries say of their own gradient and of those of keys and values, all without scale. */
INLINE void backward_block(int d, Side q, Side g, int block, vec lse, vec mean, Side k, Side v, int keys, vec *p, vec *slope,
                           vec *out_q, vec *out_k, vec *out_v) {
  vec queries[MOST_CHANNELS], slopes[MOST_CHANNELS], sum[MOST_CHANNELS];
  for (int c = 0; c < d; c++) queries[c] = q.lanes[block * d + c], slopes[c] = g.lanes[block * d + c], sum[c] = all(0);
  for (int j = 0; j < keys; j++) p[j] = exp2_negative(dot(d, queries, row(k, j, d)) - lse);
  for (int j = 0; j < keys; j++) slope[j] = p[j] * (dot(d, slopes, row(v, j, d)) - mean);
  for (int j = 0; j < keys; j++) add(d, sum, slope[j], row(k, j, d));
  for (int c = 0; c < d; c++) out_q[block * d + c] = sum[c];
  int first = block * LANES * row_vectors(d);
  add_rows(row_vectors(d), out_v, p, g.rows + first, keys);
  add_rows(row_vectors(d), out_k, slope, q.rows + first, keys);
}

/* The same with the numbers of channels that the UNet has known to the compiler. */
#define WITH_CHANNELS(d, CALL) \
  switch (d) { \
    case 12: CALL(12); break; \
    case 24: CALL(24); break; \
    case 32: CALL(32); break; \
    default: CALL(d); \
  }

static int is_possible(int d) { return d >= 2 && d <= MOST_CHANNELS && d % 2 == 0; }

/* lse {batch, heads, queries rounded up to 16}. 0, or -1 where the sizes cannot be or there is no memory. */
int attention_forward(const bf16 *q, const bf16 *k, const bf16 *v, bf16 *out, float *lse, int batch, int heads, int queries,
                      int keys, int d) {
  if (!is_possible(d)) return -1;
  vec *space = aligned_alloc(64, sizeof(vec) * (side_vectors(queries, d) + 2 * side_vectors(keys, d) + blocks(queries) * d + keys));
  if (!space) return -1;
  vec *next = space;
  Side qs = side_at(&next, queries, d), ks = side_at(&next, keys, d), vs = side_at(&next, keys, d);
  vec *result = next, *scores = next + blocks(queries) * d;
  for (int b = 0; b < batch; b++)
    for (int h = 0; h < heads; h++) {
      size_t at_queries = ((size_t)b * queries * heads + h) * d, at_keys = ((size_t)b * keys * heads + h) * d;
      widen(qs, q + at_queries, queries, heads, d, LOG2E / sqrtf(d));
      widen(ks, k + at_keys, keys, heads, d, 1);
      widen(vs, v + at_keys, keys, heads, d, 1);
      for (int i = 0; i < blocks(queries); i++) {
        vec sums;
#define CALL(d) sums = forward_block(d, qs.lanes + i * d, ks, vs, keys, scores, result + i * d)
        WITH_CHANNELS(d, CALL)
#undef CALL
        memcpy(lse + ((size_t)(b * heads + h) * blocks(queries) + i) * LANES, &sums, sizeof sums);
      }
      store_lanes(out + at_queries, result, queries, heads, d, 1);
    }
  free(space);
  return 0;
}

int attention_backward(const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *out, const float *lse, const bf16 *g,
                       bf16 *dq, bf16 *dk, bf16 *dv, int batch, int heads, int queries, int keys, int d) {
  if (!is_possible(d)) return -1;
  int key_vectors = blocks(keys) * LANES * row_vectors(d);
  vec *space = aligned_alloc(
      64, sizeof(vec) * (2 * side_vectors(queries, d) + 2 * side_vectors(keys, d) + blocks(queries) * (d + 1) +
                         2 * keys + 2 * key_vectors));
  if (!space) return -1;
  vec *next = space;
  Side qs = side_at(&next, queries, d), gs = side_at(&next, queries, d);
  Side ks = side_at(&next, keys, d), vs = side_at(&next, keys, d);
  vec *mean = next, *slope_q = mean + blocks(queries), *p = slope_q + blocks(queries) * d, *slope = p + keys;
  vec *slope_k = slope + keys, *slope_v = slope_k + key_vectors;
  for (int b = 0; b < batch; b++)
    for (int h = 0; h < heads; h++) {
      size_t at_queries = ((size_t)b * queries * heads + h) * d, at_keys = ((size_t)b * keys * heads + h) * d;
      const float *sums = lse + (size_t)(b * heads + h) * blocks(queries) * LANES;
      widen(qs, q + at_queries, queries, heads, d, LOG2E / sqrtf(d));
      widen(gs, g + at_queries, queries, heads, d, 1);
      widen(ks, k + at_keys, keys, heads, d, 1);
      widen(vs, v + at_keys, keys, heads, d, 1);
      memset(mean, 0, sizeof(vec) * blocks(queries));
      for (int i = 0; i < queries; i++)
        for (int c = 0; c < d; c++)
          ((float *)mean)[i] += row(gs, i, d)[c] * wide(out[at_queries + (size_t)i * heads * d + c]);
      memset(slope_k, 0, 2 * sizeof(vec) * key_vectors);
      for (int i = 0; i < blocks(queries); i++) {
        vec sum;
        memcpy(&sum, sums + i * LANES, sizeof sum);
#define CALL(d) backward_block(d, qs, gs, i, sum, mean[i], ks, vs, keys, p, slope, slope_q, slope_k, slope_v)
        WITH_CHANNELS(d, CALL)
#undef CALL
      }
      store_lanes(dq + at_queries, slope_q, queries, heads, d, 1 / sqrtf(d));
      store_rows(dk + at_keys, slope_k, keys, heads, d, 1 / LOG2E); /* q holds the scale, and log2(e) too much */
      store_rows(dv + at_keys, slope_v, keys, heads, d, 1);
    }
  free(space);
  return 0;
}
