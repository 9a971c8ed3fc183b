#pragma once
#include <stddef.h>

/// The memory in bytes that this process may use, the machine's or less.
size_t cp_memory(void);
