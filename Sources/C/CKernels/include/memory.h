#pragma once
#include <stdbool.h>
#include <stddef.h>

/// A block of at least `bytes` bytes aligned to 64, or NULL. The content is undefined.
void *ck_allocate(size_t bytes);
/// Gives back a block of `ck_allocate`; `bytes` as asked for.
void ck_release(void *block, size_t bytes);
/// Bytes of all blocks handed out and not yet given back, over all threads.
size_t ck_live_bytes(void);
/// The machine's memory in bytes: no single block can be larger.
size_t ck_physical_memory(void);
