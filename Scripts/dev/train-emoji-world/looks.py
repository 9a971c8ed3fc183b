"""What adjectives do to a glyph: tints, patterns and materials."""

import numpy as np
from PIL import Image

from world import COLOURS

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def tinted(light, colour):
    """Keeps light and shade, replaces hue: dark to colour to white."""
    target = np.array(colour, np.float32) / 255
    low = target * np.clip(light / 0.5, 0, 1) ** 0.7
    high = target + (1 - target) * np.clip((light - 0.72) / 0.28, 0, 1) ** 2 * 0.85
    return np.where(light < 0.5, low, high)


def contrasting(rgb, alpha, pattern):
    """A pattern in near-black on light glyphs, in near-white on dark ones."""
    light = float((rgb @ LUMA * alpha[..., 0]).sum() / alpha.sum())
    ink = np.float32(0.14 if light > 0.45 else 0.95)
    return rgb * (1 - pattern) + ink * pattern


def striped(rgb, alpha, x, y):
    return contrasting(rgb, alpha, 0.85 * np.clip(6 * np.sin(2 * np.pi * (x + 0.5 * y) / 30), 0, 1))


def spotted(rgb, alpha, x, y):
    row = np.floor(y / 24)
    dx = (x + 15 * (row % 2)) % 30 - 15
    return contrasting(rgb, alpha, 0.85 * np.clip(8.5 - np.hypot(dx, y % 24 - 12), 0, 1))


def wooden(rgb, alpha, x, y):
    grain = 0.5 + 0.5 * np.sin(2 * np.pi * (y + 5 * np.sin(x / 22)) / 15)
    return tinted((rgb @ LUMA)[..., None], (176, 116, 62)) * (0.68 + 0.32 * grain)


def metallic(rgb, alpha, x, y):
    shine = 0.5 + 0.5 * np.cos(2 * np.pi * (x + y - 60) / 120)
    return np.clip(tinted((rgb @ LUMA)[..., None], (138, 150, 164)) * (0.72 + 0.75 * shine ** 3), 0, 1)


def described(im, adjective):
    """The RGBA glyph with its adjective."""
    a = np.asarray(im, np.float32) / 255
    rgb, alpha = a[..., :3], a[..., 3:]
    if adjective in COLOURS:
        out = tinted((rgb @ LUMA)[..., None], COLOURS[adjective])
    else:
        y, x = np.mgrid[0:im.height, 0:im.width].astype(np.float32)[..., None]
        out = dict(striped=striped, spotted=spotted, wooden=wooden, metallic=metallic)[adjective](rgb, alpha, x, y)
    return Image.fromarray((np.concatenate([out, alpha], -1) * 255).clip(0, 255).round().astype(np.uint8), "RGBA")
