#pragma once

/// How many threads a kernel called from this thread uses: LUNETTE_THREADS, else OMP_NUM_THREADS, else the cores.
/// Within one of several pieces of `ck_parallel_for`, and between `ck_begin_alone` and `ck_end_alone`, it is 1. Also gives the calling thread's OpenMP team (which oneDNN
/// shares) that size, so call it before oneDNN.
int ck_threads(void);

/// Sets that number for all threads; below 1 goes back to what the environment says.
void ck_set_threads(int count);

/// From here to `ck_end_alone` kernels called from this thread run on it alone. Such stretches may lie in each other.
void ck_begin_alone(void);
void ck_end_alone(void);

/// Work on the items [begin, end).
typedef void (*ck_parallel_body)(void *context, long begin, long end);

/// Runs `body` over the items [0, count) in pieces of `grain` items.
///
/// The cuts depend on `grain` alone, never on the number of threads: a body that adds up within one piece gives the
/// same bytes on one thread as on many. Pieces go to whichever thread is free; one piece runs on the caller at once.
void ck_parallel_for(long count, long grain, ck_parallel_body body, void *context);
