#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Conversions between stored number formats and float32. Sources may be unaligned (they come from mapped files);
// source and destination must not overlap. Narrowing rounds to nearest, ties to even; NaN stays NaN.
void ck_f16_to_f32(const void *restrict source, float *restrict destination, size_t count);
void ck_bf16_to_f32(const void *restrict source, float *restrict destination, size_t count);
void ck_f64_to_f32(const void *restrict source, float *restrict destination, size_t count);
void ck_f32_to_f16(const float *restrict source, void *restrict destination, size_t count);
void ck_f32_to_bf16(const float *restrict source, void *restrict destination, size_t count);

/// f32 to bf16 on all threads.
void ck_round_to_bf16(void *destination, const float *source, size_t count);
/// Whether the processor multiplies bf16 (and rounds to it) in one instruction.
bool ck_has_bfloat16(void);
