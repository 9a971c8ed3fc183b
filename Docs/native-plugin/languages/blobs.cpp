// Connected regions of a map, in C++.
#include <lunette_plugin.h>

#include <exception>
#include <vector>

namespace {

struct Map {
  const lunette_tensor &tensor;
  int64_t height() const { return tensor.shape[0]; }
  int64_t width() const { return tensor.shape[1]; }
  float operator()(int64_t row, int64_t column) const {
    return static_cast<const float *>(tensor.data)[row * tensor.strides[0] + column * tensor.strides[1]];
  }
};

void fill(const Map &map, double threshold, int64_t start, float number, float *labels) {
  std::vector<int64_t> waiting{start};
  labels[start] = number;
  while (!waiting.empty()) {
    const int64_t row = waiting.back() / map.width(), column = waiting.back() % map.width();
    waiting.pop_back();
    const int64_t around[4][2] = {{row - 1, column}, {row + 1, column}, {row, column - 1}, {row, column + 1}};
    for (const auto &[y, x] : around) {
      if (y < 0 || y >= map.height() || x < 0 || x >= map.width()) continue;
      float &label = labels[y * map.width() + x];
      if (label != 0 || !(map(y, x) > threshold)) continue;
      label = number;
      waiting.push_back(y * map.width() + x);
    }
  }
}

// label(map {H, W}, threshold) -> labels {H, W}, how many
lunette_status label(const lunette_host *host, lunette_call *call, void *) noexcept try {
  lunette_tensor tensor;
  double threshold;
  if (host->get_tensor(call, 1, &tensor) || host->get_number(call, 2, &threshold)) return LUNETTE_FAILED;
  if (tensor.dtype != LUNETTE_FLOAT32 || tensor.rank != 2) return host->fail(call, "label: a map {H, W} of float32 expected");
  void *data;
  if (host->add_tensor(call, LUNETTE_FLOAT32, 2, tensor.shape, &data)) return LUNETTE_FAILED;
  float *labels = static_cast<float *>(data);
  for (int64_t i = 0; i < tensor.count; i++) labels[i] = 0;
  const Map map{tensor};
  int64_t regions = 0;
  for (int64_t i = 0; i < tensor.count; i++) {
    if (labels[i] != 0 || !(map(i / map.width(), i % map.width()) > threshold)) continue;
    if (host->is_interrupted(call)) return LUNETTE_FAILED;
    fill(map, threshold, i, static_cast<float>(++regions), labels);
  }
  return host->add_integer(call, regions);
} catch (const std::exception &error) {  // out of memory, say
  return host->fail(call, error.what());
}

}  // namespace

uint32_t lunette_plugin_abi(void) { return LUNETTE_PLUGIN_ABI; }

lunette_status lunette_plugin_open(const lunette_host *host, lunette_registry *registry) {
  return host->add_primitive(registry, "label", label, nullptr);
}
