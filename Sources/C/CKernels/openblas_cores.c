// Debian's OpenBLAS 0.3.21 does not know recent processors and runs its oldest kernels ("Prescott") on them, five
// times slower. Before main, after OpenBLAS has chosen, this makes it choose again as if the user had named the right
// kernels. The two functions that do so are exported but undocumented: without them everything stays as it is.
// OpenBLAS also gets one thread: products run on oneDNN's pool, and a second pool would fight with it for the cores.
#define _GNU_SOURCE
#include <dlfcn.h>
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
