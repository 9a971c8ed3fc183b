#include "memory.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/// The number that a file begins with; `otherwise` where there is none ("max").
static size_t number_in(const char *path, size_t otherwise) {
  FILE *file = fopen(path, "re");
  if (!file) return otherwise;
  unsigned long long number;
  if (fscanf(file, "%llu", &number) == 1) otherwise = number;
  fclose(file);
  return otherwise;
}

size_t cp_memory(void) {
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  size_t memory = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : (size_t)1 << 40;
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) memory = smaller(memory, limit.rlim_cur);
  // A container's share.
  return smaller(memory, number_in("/sys/fs/cgroup/memory.max", memory));
}
