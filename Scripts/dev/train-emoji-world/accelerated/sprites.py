"""Every look of the world at every size, in one array of pixels: what scenes are composed from.

The pixels are those of render.py (Pillow's Lanczos, colours premultiplied by alpha), so that a scene
composed here is the one that it draws."""

import multiprocessing
from dataclasses import dataclass

import numpy as np
from PIL import Image

from layout import Look
from render import layers
from world import ACCESSORIES, ADJECTIVES, DESCRIBABLE, EARLIER, FACES, LABELS

NAMES = (*LABELS, *EARLIER)
SMALLEST, LARGEST = 16, 60  # longest side in pixels


def looks():
    out = [Look(name) for name in NAMES]
    out += [Look(noun, adjective=a) for noun in DESCRIBABLE for a in ADJECTIVES]
    return out + [Look(noun, accessory=a) for noun in FACES for a in ACCESSORIES]


@dataclass
class Atlas:
    pixels: np.ndarray  # uint8 (p, 4), premultiplied; pixel 0 is empty
    worn: np.ndarray  # uint8 (p,): how much of the pixel is accessory
    boxes: np.ndarray  # int64 (looks, sizes, 3): first pixel, width, height
    number: np.ndarray  # int64 (names, 1 + adjectives, 1 + accessories) -> look, or -1


def resized(look):
    """(pixels, worn, widths and heights) of a look at each size."""
    whole, worn = layers(look)
    pixels, alphas, boxes = [], [], []
    for size in range(SMALLEST, LARGEST + 1):
        k = size / max(whole.size)
        w, h = max(1, round(whole.width * k)), max(1, round(whole.height * k))
        a = np.array(whole.resize((w, h), Image.LANCZOS), np.float32)
        a[..., :3] *= a[..., 3:] / 255
        pixels.append(a.round().astype(np.uint8).reshape(-1, 4))
        alphas.append(np.array(worn.resize((w, h), Image.LANCZOS))[..., 3].reshape(-1) if worn else np.zeros(w * h, np.uint8))
        boxes.append((w, h))
    return np.concatenate(pixels), np.concatenate(alphas), boxes


def build(processes):
    all_looks = looks()
    if processes > 1:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            parts = pool.map(resized, all_looks, chunksize=4)
    else:
        parts = [resized(look) for look in all_looks]
    boxes = np.zeros((len(parts), LARGEST + 1 - SMALLEST, 3), np.int64)
    at = 1
    for i, (_, _, sizes) in enumerate(parts):
        for j, (w, h) in enumerate(sizes):
            boxes[i, j] = at, w, h
            at += w * h
    number = np.full((len(NAMES), 1 + len(ADJECTIVES), 1 + len(ACCESSORIES)), -1, np.int64)
    for i, look in enumerate(all_looks):
        adjective = 1 + ADJECTIVES.index(look.adjective) if look.adjective else 0
        accessory = 1 + list(ACCESSORIES).index(look.accessory) if look.accessory else 0
        number[NAMES.index(look.label), adjective, accessory] = i
    return Atlas(np.concatenate([np.zeros((1, 4), np.uint8), *(p[0] for p in parts)]),
                 np.concatenate([np.zeros(1, np.uint8), *(p[1] for p in parts)]), boxes, number)
