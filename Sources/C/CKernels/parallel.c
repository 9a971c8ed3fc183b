// One pool for everything: oneDNN runs on libgomp, whose pool belongs to the calling thread, and a second pool beside
// it would fight for the cores. Swift's clang has no OpenMP runtime of its own, so libgomp is entered by its own door.

#include "parallel.h"

#include <stdatomic.h>
#include <stdlib.h>

void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
void omp_set_num_threads(int count);
int omp_get_max_threads(void);
int omp_in_parallel(void);

static _Atomic int wanted;            // 0: not asked yet
static _Thread_local int applied;     // what this thread's team was last told
static _Thread_local int from_omp;    // what libgomp made of OMP_NUM_THREADS and the cores
static _Thread_local int alone;       // how many times this thread was told to work without others

static int from_environment(void) {
  const char *text = getenv("LUNETTE_THREADS");
  int count = text ? atoi(text) : 0;
  if (count > 0) return count < 1024 ? count : 1024;
  if (!from_omp) from_omp = omp_get_max_threads();
  return from_omp;
}

int ck_threads(void) {
  if (omp_in_parallel()) {
    omp_set_num_threads(1);  // of this piece of work alone: what oneDNN compiles here is for one thread
    return 1;
  }
  int count = atomic_load_explicit(&wanted, memory_order_relaxed);
  if (__builtin_expect(count <= 0, 0)) {
    count = from_environment();
    atomic_store_explicit(&wanted, count, memory_order_relaxed);
  }
  if (alone) count = 1;
  if (__builtin_expect(count != applied, 0)) {
    if (!from_omp) from_omp = omp_get_max_threads();
    omp_set_num_threads(count);
    applied = count;
  }
  return count;
}

void ck_begin_alone(void) { alone++; }

void ck_end_alone(void) { alone--; }

void ck_set_threads(int count) {
  atomic_store_explicit(&wanted, count > 0 ? count : 0, memory_order_relaxed);
}

typedef struct {
  _Atomic long next;
  long count, grain;
  ck_parallel_body body;
  void *context;
} loop;

static void run_pieces(void *argument) {
  loop *work = argument;
  for (;;) {
    long begin = atomic_fetch_add_explicit(&work->next, work->grain, memory_order_relaxed);
    if (begin >= work->count) return;
    long end = begin + work->grain;
    work->body(work->context, begin, end < work->count ? end : work->count);
  }
}

void ck_parallel_for(long count, long grain, ck_parallel_body body, void *context) {
  if (count <= 0) return;
  if (grain < 1) grain = 1;
  loop work = {.count = count, .grain = grain, .body = body, .context = context};
  long pieces = (count + grain - 1) / grain, threads = ck_threads();
  if (pieces == 1 || threads == 1) {
    run_pieces(&work);
  } else {
    GOMP_parallel(run_pieces, &work, (unsigned)(pieces < threads ? pieces : threads), 0);
  }
}
