#define _GNU_SOURCE
#include "memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// A large block that comes fresh from the system costs more to touch for the first time (a page fault per 4 KB) than
// most operations that fill it. So the last few that were given back are kept for the next of their size: at most half
// of what is in use, and no more than raises the process's peak by `most_above_peak`.

// A tape gives hundreds of blocks back at once, which the next pass wants again: a pass through the built-in model and back
// took 650 page faults while 32 MB were always kept, and takes 170 with 64 MB and some copies less.
enum { kept_blocks = 512 };
static const size_t smallest_kept = 64 << 10, smallest_mapped = 1 << 20, smallest_huge = 8 << 20;
static const size_t always_kept = 64 << 20, most_above_peak = 256 << 20;

typedef struct {
  void *block;
  size_t size;
} kept;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static kept keep[kept_blocks];  // oldest first
static int keep_count;
static size_t keep_bytes;
static _Atomic size_t live_bytes, most_live_bytes;

static _Atomic bool poison;

__attribute__((constructor)) static void read_poison(void) {
  const char *wish = getenv("LUNETTE_POISON");
  poison = wish && strcmp(wish, "1") == 0;
}

void ck_set_poison(bool on) { atomic_store_explicit(&poison, on, memory_order_relaxed); }

bool ck_poison(void) { return atomic_load_explicit(&poison, memory_order_relaxed); }

size_t ck_live_bytes(void) { return atomic_load_explicit(&live_bytes, memory_order_relaxed); }

/// Memory that can be had without taking it from others; `SIZE_MAX` where the system does not say.
static size_t available_memory(void) {
  FILE *file = fopen("/proc/meminfo", "re");
  if (!file) return SIZE_MAX;
  char line[128];
  size_t available = 0, swap = 0, kilobytes;
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "MemAvailable: %zu", &kilobytes) == 1) available = kilobytes << 10;
    if (sscanf(line, "SwapFree: %zu", &kilobytes) == 1) swap = kilobytes << 10;
  }
  fclose(file);
  return available ? available + swap : SIZE_MAX;
}

// The system hands out more than it has, and ends the process that then uses it: large blocks are held against what there is.
static const size_t smallest_doubted = 256 << 20;

static bool is_there(size_t size) { return size < smallest_doubted || size <= available_memory(); }

bool ck_has_room(size_t bytes) {
  if (!is_there(bytes)) return false;
  // Volatile: a compiler may leave out an allocation that only comes to be freed, and take it for found.
  void *volatile block = malloc(bytes);
  bool found = block != NULL;
  free(block);
  return found;
}

/// Rounds up to one of eight sizes per power of two (and to 64), so that blocks of nearly the same size are of use to
/// each other.
static size_t rounded(size_t bytes) {
  if (bytes <= 512) return bytes ? (bytes + 63) / 64 * 64 : 64;
  size_t step = (size_t)1 << (60 - __builtin_clzll(bytes));
  return (bytes + step - 1) / step * step;
}

static void *from_system(size_t size) {
  void *block = NULL;
  if (!is_there(size)) return NULL;
  if (size < smallest_mapped) return posix_memalign(&block, 64, size) == 0 ? block : NULL;
  block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return NULL;
  if (size >= smallest_huge) madvise(block, size, MADV_HUGEPAGE);  // fewer faults and address look-ups
  return block;
}

static void to_system(void *block, size_t size) {
  if (size < smallest_mapped)
    free(block);
  else
    munmap(block, size);
}

// Small blocks: each thread keeps its own, one list for each size, so that they cost neither a lock nor malloc's search.

enum { small_sizes = 64 };
static const size_t most_small_bytes = 16 << 20;

static _Thread_local struct {
  void *first[small_sizes];  // a block's first word points to the next
  size_t bytes;
} small;
static pthread_key_t small_key;
static pthread_once_t small_once = PTHREAD_ONCE_INIT;

/// The number of a rounded size below `smallest_kept`: 64, 128 … 512, 576, 640 … 1024, 1152 …
static size_t small_index(size_t size) {
  if (size <= 512) return size / 64 - 1;
  size_t power = 63 - (size_t)__builtin_clzll(size);
  return (power - 8) * 8 + (size >> (power - 3)) - 9;
}

static void free_small(void *unused) {
  (void)unused;
  for (int i = 0; i < small_sizes; i++) {
    while (small.first[i]) {
      void *block = small.first[i];
      small.first[i] = *(void **)block;
      free(block);
    }
  }
  small.bytes = 0;
}

static void make_small_key(void) { pthread_key_create(&small_key, free_small); }

static void *take_small(size_t size) {
  void **first = &small.first[small_index(size)], *block = *first;
  if (!block) return NULL;
  *first = *(void **)block;
  small.bytes -= size;
  return block;
}

/// False where the thread has enough of them.
static bool keep_small(void *block, size_t size) {
  if (small.bytes + size > most_small_bytes) return false;
  if (!small.bytes) {
    pthread_once(&small_once, make_small_key);
    pthread_setspecific(small_key, &small);  // not NULL: the thread's end frees what it keeps
  }
  void **first = &small.first[small_index(size)];
  *(void **)block = *first;
  *first = block;
  small.bytes += size;
  return true;
}

/// Takes the kept block at `i` out of the list.
static kept take(int i) {
  kept found = keep[i];
  memmove(&keep[i], &keep[i + 1], (size_t)(--keep_count - i) * sizeof(kept));
  keep_bytes -= found.size;
  return found;
}

static void drop_oldest(void) {
  kept oldest = take(0);
  to_system(oldest.block, oldest.size);
}

static void drop_kept_beyond(size_t limit) {
  while (keep_count > 0 && keep_bytes > limit) drop_oldest();
}

/// How many bytes of blocks may be kept beside those in use.
static size_t kept_limit(size_t live) {
  size_t most = atomic_load_explicit(&most_live_bytes, memory_order_relaxed);
  size_t room = (most > live ? most - live : 0) + most_above_peak, half = live / 2;
  size_t limit = half < room ? half : room;
  return limit > always_kept ? limit : always_kept;
}

static void count_live(size_t bytes) {
  size_t live = atomic_fetch_add_explicit(&live_bytes, bytes, memory_order_relaxed) + bytes;
  size_t most = atomic_load_explicit(&most_live_bytes, memory_order_relaxed);
  while (live > most && !atomic_compare_exchange_weak(&most_live_bytes, &most, live)) {
  }
}

void *ck_allocate(size_t bytes) {
  size_t size = rounded(bytes);
  void *block = size < smallest_kept ? take_small(size) : NULL;
  if (size >= smallest_kept) {
    pthread_mutex_lock(&lock);
    for (int i = keep_count - 1; i >= 0 && !block; i--)
      if (keep[i].size == size) block = take(i).block;
    pthread_mutex_unlock(&lock);
  }
  if (!block && size >= smallest_kept) {
    pthread_mutex_lock(&lock);
    drop_kept_beyond(kept_limit(ck_live_bytes() + bytes));
    pthread_mutex_unlock(&lock);
  }
  if (!block) block = from_system(size);
  if (!block) {
    pthread_mutex_lock(&lock);
    drop_kept_beyond(0);
    pthread_mutex_unlock(&lock);
    block = from_system(size);
  }
  if (block) count_live(bytes);
  if (block && ck_poison()) memset(block, 0xff, bytes);
  return block;
}

void ck_release(void *block, size_t bytes) {
  size_t live = atomic_fetch_sub_explicit(&live_bytes, bytes, memory_order_relaxed) - bytes;
  size_t size = rounded(bytes), limit = kept_limit(live);
  if (size < smallest_kept && keep_small(block, size)) return;
  if (size < smallest_kept || size > limit) {
    to_system(block, size);
    return;
  }
  pthread_mutex_lock(&lock);
  drop_kept_beyond(limit - size);
  if (keep_count == kept_blocks) drop_oldest();
  keep[keep_count++] = (kept){block, size};
  keep_bytes += size;
  pthread_mutex_unlock(&lock);
}
