"""Numbers that Python and Swift make alike, so that no weights need be stored (`SyntheticWeights` in the Swift tests)."""

import math

import numpy as np
import torch

# Small, activations are so near 0 that the epsilon of every norm counts.
LOUDNESS = 1.0
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def uniform(name, count):
    """`count` numbers in [-1, 1) that depend on the name alone: FNV-1a, then SplitMix64."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        x = np.uint64(state) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * GOLDEN
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return ((x >> np.uint64(40)).astype(np.float64) / 2**23 - 1).astype(np.float32)


def tensor(name, *shape):
    return torch.from_numpy(uniform(name, math.prod(shape))).reshape(shape)


def weight(name, shape):
    """Activations stay near 1, attention is sharp, and every bias and norm matters."""
    values = tensor(name, *shape)
    if len(shape) == 0:
        return torch.tensor(2.0)
    if "norm" in name:
        return 1 + 0.3 * values if name.endswith("weight") else 0.2 * values
    if len(shape) == 1:
        return 0.2 * LOUDNESS * values
    if "token_embedding" in name or "position_embedding" in name:
        return LOUDNESS * values
    sharp = 2.5 if any(part in name for part in ("to_q", "to_k", "q_proj", "k_proj")) else 1.7
    return LOUDNESS * values * (sharp / math.sqrt(math.prod(shape[1:])))


def fill(module):
    """Gives a module its weights."""
    for name, parameter in module.named_parameters():
        parameter.data.copy_(weight(name, tuple(parameter.shape)))
    return module.eval()
