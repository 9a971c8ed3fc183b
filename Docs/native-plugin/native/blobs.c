/* Connected regions of a map: what lies above a threshold, region by region. In Lua this would look at every pixel several times. */
#include <lunette_plugin.h>

#include <stdlib.h>

/* The place of pixel (row, column): maps may be views with any strides. */
static float at(const lunette_tensor *map, int64_t row, int64_t column) {
  return ((const float *)map->data)[row * map->strides[0] + column * map->strides[1]];
}

/* Gives the region around `start` the number `number`. `stack` has room for every pixel. */
static void fill(const lunette_tensor *map, double threshold, int64_t start, float number, float *labels, int64_t *stack) {
  const int64_t height = map->shape[0], width = map->shape[1];
  int64_t waiting = 0;
  labels[start] = number;
  stack[waiting++] = start;
  while (waiting > 0) {
    const int64_t pixel = stack[--waiting], row = pixel / width, column = pixel % width;
    const int64_t around[4][2] = {{row - 1, column}, {row + 1, column}, {row, column - 1}, {row, column + 1}};
    for (int i = 0; i < 4; i++) {
      const int64_t y = around[i][0], x = around[i][1];
      if (y < 0 || y >= height || x < 0 || x >= width || labels[y * width + x] != 0) continue;
      if (!(at(map, y, x) > threshold)) continue;
      labels[y * width + x] = number;
      stack[waiting++] = y * width + x;
    }
  }
}

/* label(map {H, W}, threshold) -> labels {H, W}: 0 below the threshold, else the number of the region; how many there are.
 * Pixels that touch at a side belong together. */
static lunette_status label(const lunette_host *host, lunette_call *call, void *context) {
  (void)context;
  lunette_tensor map;
  double threshold;
  if (host->get_tensor(call, 1, &map) || host->get_number(call, 2, &threshold)) return LUNETTE_FAILED;
  if (map.dtype != LUNETTE_FLOAT32 || map.rank != 2) return host->fail(call, "label: a map {H, W} of float32 expected");

  void *data;
  if (host->add_tensor(call, LUNETTE_FLOAT32, 2, map.shape, &data)) return LUNETTE_FAILED;
  float *labels = data;
  for (int64_t pixel = 0; pixel < map.count; pixel++) labels[pixel] = 0;

  int64_t *stack = malloc(sizeof *stack * (size_t)(map.count + 1));
  if (!stack) return host->fail(call, "label: out of memory");
  int64_t regions = 0;
  for (int64_t pixel = 0; pixel < map.count; pixel++) {
    if (labels[pixel] != 0 || !(at(&map, pixel / map.shape[1], pixel % map.shape[1]) > threshold)) continue;
    if (host->is_interrupted(call)) break;
    fill(&map, threshold, pixel, (float)++regions, labels, stack);
  }
  free(stack);
  if (host->is_interrupted(call)) return LUNETTE_FAILED;
  return host->add_integer(call, regions);
}

uint32_t lunette_plugin_abi(void) { return LUNETTE_PLUGIN_ABI; }

lunette_status lunette_plugin_open(const lunette_host *host, lunette_registry *registry) {
  return host->add_primitive(registry, "label", label, NULL);
}
