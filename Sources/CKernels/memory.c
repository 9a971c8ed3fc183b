#define _GNU_SOURCE
#include "CKernels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static _Atomic size_t live_bytes;

size_t ck_live_bytes(void) { return atomic_load_explicit(&live_bytes, memory_order_relaxed); }

size_t ck_physical_memory(void) {
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? (size_t)pages * (size_t)page : (size_t)1 << 40;
}

void *ck_allocate(size_t bytes) {
  void *block = NULL;
  if (posix_memalign(&block, 64, bytes ? bytes : 64) != 0) return NULL;
  atomic_fetch_add_explicit(&live_bytes, bytes, memory_order_relaxed);
  return block;
}

void ck_release(void *block, size_t bytes) {
  free(block);
  atomic_fetch_sub_explicit(&live_bytes, bytes, memory_order_relaxed);
}
