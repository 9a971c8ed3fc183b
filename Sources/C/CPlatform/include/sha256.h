#pragma once
#include <stddef.h>
#include <stdint.h>

/// SHA-256 (FIPS 180-4), on the processor's own instructions where it has them.
void cp_sha256(const uint8_t *bytes, size_t count, uint8_t digest[32]);

/// The same for a file's read-only mapping, whose pages are given back as they are read: they count as the process's memory.
void cp_sha256_mapped(const uint8_t *pages, size_t count, uint8_t digest[32]);
