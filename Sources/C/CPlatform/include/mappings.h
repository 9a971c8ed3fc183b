#pragma once
#include <stddef.h>

/// Reading a mapped page that its file no longer has (another program cut it short) sends SIGBUS, which ends a process. Of a mapping
/// that is guarded, the pages from there on become zeros instead, and the mapping is damaged: whoever reads asks afterwards.
///
/// Gives the number of the guard, -1 when there are too many.
int cp_guard_mapping(const void *start, size_t length);

/// To be called before the mapping goes.
void cp_release_mapping(int guard);

int cp_mapping_is_damaged(int guard);
