#pragma once
#include <stddef.h>

/// At least `bytes` bytes aligned to 64 that belong to the calling thread until its next call; NULL without memory.
void *ck_scratch(size_t bytes);
