#include "reduce.h"

#include <math.h>

#include "strided.h"

enum { lanes = 16, block = 64 };

// An accumulator is a double; `c` is a centre that is taken off first (the mean, for the variance).
#define STEP_SUM(acc, x, c) ((acc) + (x))
#define STEP_PRODUCT(acc, x, c) ((acc) * (x))
#define STEP_LARGEST(acc, x, c) ((acc) > (x) || (acc) != (acc) ? (acc) : (x))
#define STEP_SMALLEST(acc, x, c) ((acc) < (x) || (acc) != (acc) ? (acc) : (x))
#define STEP_SQUARE(acc, x, c) ((acc) + ((x) - (c)) * ((x) - (c)))
#define JOIN_SUM(a, b) ((a) + (b))
#define JOIN_PRODUCT(a, b) ((a) * (b))
#define JOIN_LARGEST(a, b) STEP_LARGEST(a, b, 0)
#define JOIN_SMALLEST(a, b) STEP_SMALLEST(a, b, 0)

/// Two shapes of work. A row: one accumulator per lane over numbers that follow each other. Columns: one accumulator
/// per output, for outputs that lie side by side.
#define REDUCTION(name, start, STEP, JOIN)                                                                        \
  CK_CLONES static double name##_row(const float *in, ptrdiff_t stride, ptrdiff_t n, double centre) {             \
    double acc[lanes];                                                                                            \
    for (int l = 0; l < lanes; l++) acc[l] = start;                                                               \
    ptrdiff_t i = 0;                                                                                              \
    if (stride == 1)                                                                                              \
      for (; i + lanes <= n; i += lanes)                                                                          \
        for (int l = 0; l < lanes; l++) acc[l] = STEP(acc[l], (double)in[i + l], centre);                         \
    for (int l = 0; i < n; i++, l = (l + 1) % lanes) acc[l] = STEP(acc[l], (double)in[i * stride], centre);       \
    for (int l = 1; l < lanes; l++) acc[0] = JOIN(acc[0], acc[l]);                                                \
    return acc[0];                                                                                                \
  }                                                                                                               \
  CK_CLONES static void name##_columns(const float *in, ptrdiff_t stride, ptrdiff_t n, const double *centre,      \
                                       double *acc) {                                                             \
    if (stride == 1)                                                                                              \
      for (ptrdiff_t j = 0; j < n; j++) acc[j] = STEP(acc[j], (double)in[j], centre[j]);                          \
    else                                                                                                          \
      for (ptrdiff_t j = 0; j < n; j++) acc[j] = STEP(acc[j], (double)in[j * stride], centre[j]);                 \
  }                                                                                                               \
  static void name(const ck_walk *inner, const float *in, ptrdiff_t stride, ptrdiff_t n, const double *centre,    \
                   double *acc) {                                                                                 \
    int last = inner->rank - 1;                                                                                   \
    ptrdiff_t run = inner->shape[last], step = inner->strides[0][last];                                           \
    for (ptrdiff_t j = 0; j < n; j++) acc[j] = start;                                                             \
    ptrdiff_t index[CK_MAX_RANK] = {0}, offset = 0;                                                               \
    do {                                                                                                          \
      if (step == 1 || n == 1)                                                                                    \
        for (ptrdiff_t j = 0; j < n; j++)                                                                         \
          acc[j] = JOIN(acc[j], name##_row(in + offset + j * stride, step, run, centre[j]));                      \
      else                                                                                                        \
        for (ptrdiff_t i = 0; i < run; i++) name##_columns(in + offset + i * step, stride, n, centre, acc);       \
    } while (ck_walk_next(inner, last, index, &offset));                                                          \
  }

REDUCTION(sum, 0.0, STEP_SUM, JOIN_SUM)
REDUCTION(product, 1.0, STEP_PRODUCT, JOIN_PRODUCT)
REDUCTION(largest, -INFINITY, STEP_LARGEST, JOIN_LARGEST)
REDUCTION(smallest, INFINITY, STEP_SMALLEST, JOIN_SMALLEST)
REDUCTION(squares, 0.0, STEP_SQUARE, JOIN_SUM)

typedef struct {
  ck_reduction op;
  double scale;
  ck_walk outer, inner;
  ptrdiff_t inner_count;
  const float *in;
  float *out;
} reduce_work;

/// One piece is one block of neighbouring outputs of one run of the outer walk.
static void reduce_pieces(void *context, long begin, long end) {
  const reduce_work *w = context;
  int last = w->outer.rank - 1;
  ptrdiff_t run = w->outer.shape[last], stride = w->outer.strides[0][last], blocks = (run + block - 1) / block;
  for (long piece = begin; piece < end; piece++) {
    ptrdiff_t first = piece % blocks * block, n = run - first < block ? run - first : block;
    ptrdiff_t offset = first * stride, rest = piece / blocks;
    float *out = w->out + rest * run + first;
    for (int d = last - 1; d >= 0; d--) {
      offset += rest % w->outer.shape[d] * w->outer.strides[0][d];
      rest /= w->outer.shape[d];
    }
    const float *in = w->in + offset;
    double centre[block] = {0}, acc[block];
    double count = (double)w->inner_count;
    switch (w->op) {
      case CK_SUM: sum(&w->inner, in, stride, n, centre, acc); break;
      case CK_PRODUCT: product(&w->inner, in, stride, n, centre, acc); break;
      case CK_LARGEST: largest(&w->inner, in, stride, n, centre, acc); break;
      case CK_SMALLEST: smallest(&w->inner, in, stride, n, centre, acc); break;
      case CK_MEAN:
        sum(&w->inner, in, stride, n, centre, acc);
        for (ptrdiff_t j = 0; j < n; j++) acc[j] /= count;
        break;
      case CK_NORM:
        squares(&w->inner, in, stride, n, centre, acc);
        for (ptrdiff_t j = 0; j < n; j++) acc[j] = sqrt(acc[j]);
        break;
      case CK_VARIANCE:
        sum(&w->inner, in, stride, n, centre, acc);
        for (ptrdiff_t j = 0; j < n; j++) centre[j] = acc[j] / count;
        squares(&w->inner, in, stride, n, centre, acc);
        for (ptrdiff_t j = 0; j < n; j++) acc[j] = acc[j] / count * w->scale;
        break;
    }
    for (ptrdiff_t j = 0; j < n; j++) out[j] = (float)acc[j];
  }
}

static float of_nothing(ck_reduction op) {
  switch (op) {
    case CK_SUM:
    case CK_NORM: return 0;
    case CK_PRODUCT: return 1;
    case CK_LARGEST: return -INFINITY;
    case CK_SMALLEST: return INFINITY;
    default: return NAN;
  }
}

void ck_reduce(ck_reduction op, double scale, int outer_rank, const ptrdiff_t *outer_shape,
               const ptrdiff_t *outer_strides, int inner_rank, const ptrdiff_t *inner_shape,
               const ptrdiff_t *inner_strides, const float *in, float *out) {
  reduce_work work = {.op = op, .scale = scale, .in = in, .out = out, .inner_count = 1};
  const ptrdiff_t *const outer[] = {outer_strides}, *const inner[] = {inner_strides};
  if (!ck_walk_make(&work.outer, 1, outer_rank, outer_shape, outer)) return;
  ptrdiff_t outputs = 1, last = work.outer.rank - 1;
  for (int d = 0; d <= last; d++) outputs *= work.outer.shape[d];
  if (!ck_walk_make(&work.inner, 1, inner_rank, inner_shape, inner)) {
    ck_fill(out, outputs, of_nothing(op));
    return;
  }
  for (int d = 0; d < work.inner.rank; d++) work.inner_count *= work.inner.shape[d];
  ptrdiff_t run = work.outer.shape[last], blocks = (run + block - 1) / block;
  ptrdiff_t per_piece = (run < block ? run : block) * work.inner_count;
  ck_parallel_for(outputs / run * blocks, CK_GRAIN / per_piece + 1, reduce_pieces, &work);
}

void ck_extreme_index(int want_largest, ptrdiff_t rows, ptrdiff_t n, const float *in, float *out) {
  for (ptrdiff_t r = 0; r < rows; r++, in += n) {
    ptrdiff_t best = 0;
    for (ptrdiff_t i = 1; i < n && in[best] == in[best]; i++)
      if (in[i] != in[i] || (want_largest ? in[i] > in[best] : in[i] < in[best])) best = i;
    out[r] = (float)best;
  }
}

void ck_cumulative_sum(ptrdiff_t rows, ptrdiff_t n, const float *in, float *out) {
  for (ptrdiff_t r = 0; r < rows; r++, in += n, out += n) {
    double total = 0;
    for (ptrdiff_t i = 0; i < n; i++) out[i] = (float)(total += in[i]);
  }
}
