"""The world's scenes behind the objects, painted by formula."""

from functools import lru_cache

import numpy as np

from world import SIZE

Y, X = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)


def fade(top, bottom, height):
    """Rows from one colour to another."""
    t = np.clip(Y / height, 0, 1)[..., None]
    return np.array(top, np.float32) * (1 - t) + np.array(bottom, np.float32) * t


def dots(rng, n, low, high, radius):
    """Soft dots between two heights: their strength at each pixel."""
    out = np.zeros((SIZE, SIZE), np.float32)
    for x, y, r in zip(rng.uniform(0, SIZE, n), rng.uniform(low, high, n), rng.uniform(0.7, 1.0, n) * radius):
        out = np.maximum(out, np.clip(r + 0.5 - np.hypot(X - x, Y - y), 0, 1))
    return out[..., None]


def beach(rng):
    sea, sand = rng.uniform(22, 28), rng.uniform(38, 46)
    im = fade((150, 205, 245), (205, 232, 250), sea)
    im[Y >= sea] = (60, 150, 205)
    im[Y >= sand + 1.5 * np.sin(X / 7 + rng.uniform(0, 6))] = (238, 214, 160)
    return im


def field(rng):
    ground = rng.uniform(30, 38) + 3 * np.sin(X / rng.uniform(9, 14) + rng.uniform(0, 6))
    im = fade((140, 200, 250), (215, 236, 250), 34)
    im[Y >= ground] = (120, 190, 90)
    k = dots(rng, 7, 44, SIZE, 1.6)
    return im * (1 - k) + np.array((245, 225, 90), np.float32) * k


def night(rng):
    im = fade((14, 18, 52), (44, 52, 104), 48)
    k = dots(rng, 14, 1, 40, 0.9)
    im = im * (1 - k) + np.array((250, 245, 210), np.float32) * k
    im[Y >= rng.uniform(48, 54) + 2 * np.sin(X / 8 + rng.uniform(0, 6))] = (22, 40, 36)
    return im


def snow(rng):
    im = fade((150, 172, 198), (196, 210, 226), 40)
    im[Y >= rng.uniform(38, 46) + 2.5 * np.sin(X / 10 + rng.uniform(0, 6))] = (238, 243, 250)
    k = dots(rng, 18, 0, SIZE, 1.1)
    return im * (1 - k) + 255 * k


def room(rng):
    floor = rng.uniform(42, 48)
    im = np.empty((SIZE, SIZE, 3), np.float32)
    im[:] = (226, 208, 176)
    im[Y >= floor] = (150, 104, 66)
    im[(Y >= floor) & ((X + Y / 2 + rng.uniform(0, 12)) % 12 < 1)] = (122, 82, 50)
    im[(Y >= floor - 2) & (Y < floor)] = (250, 246, 238)
    return im


@lru_cache(64)
def scene(name, seed):
    """Float (SIZE, SIZE, 3), 0 to 255. The array is shared: copy before writing."""
    paint = dict(beach=beach, field=field, night=night, snow=snow, room=room)[name]
    return paint(np.random.default_rng(seed))
