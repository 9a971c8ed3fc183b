#pragma once
#include <stddef.h>
#include <stdint.h>

/// PyTorch's CPU generator: the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), and the second number that
/// its small normal draws keep back.
typedef struct {
  uint32_t state[624];
  uint32_t next;
  int32_t has_spare;
  double spare;
} ck_torch_generator;

void ck_torch_seed(ck_torch_generator *generator, uint64_t seed);
uint32_t ck_torch_random(ck_torch_generator *generator);

/// In [0, 1), as `torch.rand`.
void ck_torch_uniform(ck_torch_generator *generator, float *out, ptrdiff_t count);
/// As `torch.randn`.
void ck_torch_normal(ck_torch_generator *generator, float *out, ptrdiff_t count);
