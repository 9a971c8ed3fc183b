"""Fits the polynomials of Sources/C/CKernels (vector_math.h, attention_tile.h) and prints them as C.

Each is a minimax fit (Lawson's reweighted least squares) in double against SciPy, then rounded to float one
coefficient at a time, lowest order first, the rest fitted again.
"""

import numpy as np
from scipy import special


def fit(name, f, low, high, terms, weight):
    k = np.arange(4000)
    x = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (k + 0.5) / k.size)
    target, scale = f(x), weight(x)
    fixed = []
    for _ in range(terms):
        rest = target - sum(c * x**i for i, c in enumerate(fixed))
        powers = np.stack([x**i for i in range(len(fixed), terms)], axis=1)
        lawson = np.ones(k.size)
        for _ in range(60):
            w = np.sqrt(lawson) * scale
            solution = np.linalg.lstsq(powers * w[:, None], rest * w, rcond=None)[0]
            error = np.abs((powers @ solution - rest) * scale)
            lawson *= error / error.max() + 1e-3
            lawson /= lawson.sum()
        fixed.append(float(np.float32(solution[0])))
    values = ", ".join(f"{c:.9g}f" for c in fixed)
    print(f"// {name}: largest weighted error {error.max():.1e}\n{values}\n")


# exp(r) = 1 + r + r² p(r) for |r| ≤ ln 2 / 2
h = np.log(2) / 2 * 1.001


def exp_rest(r):
    small = np.abs(r) < 1e-2
    series = 0.5 + r / 6 + r**2 / 24 + r**3 / 120 + r**4 / 720
    return np.where(small, series, (np.expm1(r) - r) / np.where(small, 1, r) ** 2)


fit("exp", exp_rest, -h, h, 5, lambda r: r**2 / np.exp(r))

# tanh(x) = x + x³ p(x²) for |x| ≤ 0.625
fit(
    "tanh",
    lambda s: np.where(s < 1e-4, -1 / 3 + 2 * s / 15 - 17 * s**2 / 315, (np.tanh(np.sqrt(s)) / np.sqrt(s) - 1) / s),
    1e-12, 0.625**2, 5,
    lambda s: s,
)

# erf(x) = x + x p(x²) for |x| ≤ 1
fit(
    "erf, small",
    lambda s: special.erf(np.sqrt(s)) / np.sqrt(s) - 1,
    1e-12, 1.0, 7,
    lambda s: np.sqrt(s) / special.erf(np.sqrt(s)),
)

# erfc(x) = exp(-x p(x)) for 1 ≤ x ≤ 4, where an error in the exponent counts as much as erfc weighs beside 1
fit(
    "erf, large",
    lambda x: -np.log(special.erfc(x)) / x,
    1.0, 4.0, 8,
    lambda x: x * special.erfc(x),
)

# 2^r = 1 + r p(r) for |r| ≤ 1/2: attention's softmax works in powers of two
fit("exp2", lambda r: np.expm1(r * np.log(2)) / r, -0.5, 0.5, 5, lambda r: np.abs(r) / 2**r)
