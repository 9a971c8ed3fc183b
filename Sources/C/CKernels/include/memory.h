#pragma once
#include <stdbool.h>
#include <stddef.h>

/// A block of at least `bytes` bytes aligned to 64, or NULL. The content is undefined.
void *ck_allocate(size_t bytes);
/// Whether what is handed out (blocks, and scratch at each call) is filled with NaN first, so that a read of what nobody
/// has written shows in the result. For tests; set LUNETTE_POISON=1 to have it from the start.
void ck_set_poison(bool on);
bool ck_poison(void);
/// Gives back a block of `ck_allocate`; `bytes` as asked for.
void ck_release(void *block, size_t bytes);
/// Bytes of all blocks handed out and not yet given back, over all threads.
size_t ck_live_bytes(void);
/// Whether so many bytes can be had now, for memory that does not come from `ck_allocate`.
bool ck_has_room(size_t bytes);
/// Whether so many threads can call OpenBLAS at once; asked before the first call, as OpenBLAS waits for memory for ever.
bool ck_has_openblas_room(size_t threads);
