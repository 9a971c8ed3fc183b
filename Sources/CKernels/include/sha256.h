#pragma once
#include <stddef.h>
#include <stdint.h>

/// SHA-256 (FIPS 180-4), on the processor's own instructions where it has them.
void ck_sha256(const uint8_t *bytes, size_t count, uint8_t digest[32]);
