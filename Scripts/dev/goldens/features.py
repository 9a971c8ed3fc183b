#!/usr/bin/env python3
"""Writes Tests/ImagingTests/Goldens/features.json: numbers of sets of features as NumPy, SciPy and scikit-learn compute them in double
precision. Needs numpy, scipy and scikit-learn."""
import json
from pathlib import Path

import numpy as np
from scipy.linalg import sqrtm
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

from imaging import noise

OUT = Path(__file__).resolve().parents[3] / "Tests/ImagingTests/Goldens/features.json"


def frechet(a, b):
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = sqrtm(first @ second)
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first + second - 2 * root.real))


def kid(a, b):
    def kernel(x, y):
        return (x @ y.T / x.shape[1] + 1) ** 3

    def off(k):
        return (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))

    return float(off(kernel(a, a)) + off(kernel(b, b)) - 2 * kernel(a, b).mean())


def cmmd(a, b):
    def kernel(x, y):
        squares = (x ** 2).sum(1)[:, None] + (y ** 2).sum(1)[None] - 2 * x @ y.T
        return np.exp(-squares / (2 * 10 ** 2))

    return float(1000 * (kernel(a, a).mean() + kernel(b, b).mean() - 2 * kernel(a, b).mean()))


def vendi(x):
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(unit @ unit.T / len(x))
    values = values[values > 1e-15]
    return float(np.exp(-(values * np.log(values)).sum()))


def points(n, d, seed):
    return noise(n * d, seed).reshape(n, d).astype(np.float64)


def main():
    wide = [points(20, 40, 1), points(30, 40, 2) * 1.2 + 0.1]
    tall = [points(90, 6, 3), points(70, 6, 4) * 0.8]
    # three groups
    groups = points(60, 5, 5) + np.repeat(np.eye(3, 5) * 3, 20, axis=0)
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in tall]
    pca = PCA(3).fit(groups)
    components = pca.components_
    signs = np.sign(components[range(3), np.abs(components).argmax(1)])
    start = groups[[0, 25, 50]]
    means = KMeans(3, init=start, n_init=1, tol=0, algorithm="lloyd").fit(groups)
    flat = TSNE(perplexity=10, method="exact", init="pca", random_state=0).fit(groups)
    OUT.write_text(json.dumps({
        "frechetWide": frechet(*wide), "frechetTall": frechet(*tall), "kidWide": kid(*wide), "kidTall": kid(*tall),
        "cmmd": cmmd(*unit), "vendi": vendi(tall[0] - 0.5),
        "ratio": pca.explained_variance_ratio_.tolist(), "variance": pca.explained_variance_.tolist(),
        "components": (components * signs[:, None]).ravel().tolist(),
        "inertia": float(means.inertia_), "labels": means.labels_.tolist(),
        "divergence": float(flat.kl_divergence_),
        "flatTrust": float(trustworthiness(groups, flat.embedding_, n_neighbors=5)),
        "trust": float(trustworthiness(groups, groups[:, 3:], n_neighbors=5)),
    }, indent=1) + "\n")


if __name__ == "__main__":
    main()
