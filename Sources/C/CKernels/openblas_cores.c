// Debian's OpenBLAS 0.3.21 does not know recent processors and runs its oldest kernels ("Prescott") on them, five
// times slower. Before main, after OpenBLAS has chosen, this makes it choose again as if the user had named the right
// kernels. The two functions that do so are exported but undocumented: without them everything stays as it is.
// OpenBLAS also gets one thread: products run on oneDNN's pool, and a second pool would fight with it for the cores.
#define _GNU_SOURCE
#include "include/memory.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *found(const char *name) { return dlsym(RTLD_DEFAULT, name); }

__attribute__((constructor)) static void choose_openblas_kernels(void) {
  void (*set_threads)(int) = found("openblas_set_num_threads");
  if (set_threads) set_threads(1);

  char *(*core_name)(void) = found("openblas_get_corename");
  void (*quit)(void) = found("gotoblas_dynamic_quit");
  void (*init)(void) = found("gotoblas_dynamic_init");
  if (!core_name || !quit || !init || getenv("OPENBLAS_CORETYPE")) return;
  if (strcasecmp(core_name(), "Prescott") != 0) return;

  // These ask CPUID and the operating system (XGETBV) alike.
  __builtin_cpu_init();
  const char *better = NULL;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
    better = "SkylakeX";
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    better = "Haswell";
  if (!better) return;

  setenv("OPENBLAS_CORETYPE", better, 1);
  quit();
  init();
  unsetenv("OPENBLAS_CORETYPE");
}

// OpenBLAS asks the system again and again for the buffer that a call works in until it gets it: where there is no room, a call
// would never end. It keeps its buffers, one for each thread that was in a call.
bool ck_has_openblas_room(size_t threads) {
  static const size_t buffer = (size_t)129 << 20;  // 128 MiB on x86-64, less elsewhere, and what the system adds
  static atomic_size_t kept = 0;
  size_t have = atomic_load(&kept);
  if (threads <= have) return true;
  if (threads > SIZE_MAX / buffer || !ck_has_room((threads - have) * buffer)) return false;
  while (have < threads && !atomic_compare_exchange_weak(&kept, &have, threads)) {
  }
  return true;
}
