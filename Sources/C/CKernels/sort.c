#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reduce.h"
#include "vector_math.h"

typedef struct {
  uint32_t key, index;
} item;

/// An unsigned number that orders as the float does; all NaN alike at the end, both zeros alike.
static uint32_t sort_key(float value) {
  if (value != value) return UINT32_MAX;
  uint32_t bits = ck_to_bits(value == 0 ? 0.0f : value);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/// Radix sort, one byte per pass from the lowest; four passes end where they began.
static void sort_items(item *items, item *spare, ptrdiff_t n) {
  for (int shift = 0; shift < 32; shift += 8) {
    ptrdiff_t place[257] = {0};
    for (ptrdiff_t i = 0; i < n; i++) place[(items[i].key >> shift & 255) + 1]++;
    for (int b = 0; b < 256; b++) place[b + 1] += place[b];
    for (ptrdiff_t i = 0; i < n; i++) spare[place[items[i].key >> shift & 255]++] = items[i];
    item *other = items;
    items = spare;
    spare = other;
  }
}

int ck_sort(int descending, ptrdiff_t rows, ptrdiff_t n, const float *in, float *values, float *indices) {
  if (n == 0) return 1;
  item *items = malloc(2 * (size_t)n * sizeof(item));
  if (!items) return 0;
  for (ptrdiff_t r = 0; r < rows; r++, in += n, values += n, indices += n) {
    for (ptrdiff_t i = 0; i < n; i++) {
      uint32_t key = sort_key(in[i]);
      items[i] = (item){descending ? ~key : key, (uint32_t)i};
    }
    sort_items(items, items + n, n);
    for (ptrdiff_t i = 0; i < n; i++) {
      values[i] = in[items[i].index];
      indices[i] = (float)items[i].index;
    }
  }
  free(items);
  return 1;
}
