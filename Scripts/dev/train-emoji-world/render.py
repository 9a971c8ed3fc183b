"""Draws scenes with Noto Color Emoji (a bitmap font that exists at one size, 109)."""

import os
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from world import ACCESSORIES, COLOURS, FACES, GLYPHS, SIZE

FONT = os.environ.get("EMOJI_FONT", "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")


@lru_cache(None)
def font():
    return ImageFont.truetype(FONT, 109)


@lru_cache(None)
def glyph(char):
    im = Image.new("RGBA", (136, 128))
    ImageDraw.Draw(im).text((0, 0), char, font=font(), embedded_color=True)
    return im


def tint(im, colour):
    """Keeps light and shade, replaces hue: dark to colour to white."""
    a = np.asarray(im, np.float32) / 255
    rgb, alpha = a[..., :3], a[..., 3:]
    light = (rgb @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    target = np.array(COLOURS[colour], np.float32) / 255
    low = target * np.clip(light / 0.5, 0, 1) ** 0.7
    high = target + (1 - target) * np.clip((light - 0.72) / 0.28, 0, 1) ** 2 * 0.85
    out = np.where(light < 0.5, low, high)
    return Image.fromarray((np.concatenate([out, alpha], -1) * 255).round().astype(np.uint8), "RGBA")


def paste(canvas, im, width, cx, y, anchor):
    im = im.crop(im.getbbox())
    height = round(im.height * width / im.width)
    im = im.resize((round(width), height), Image.LANCZOS)
    top = {"middle": y - height / 2, "bottom": y - height, "top": y}[anchor]
    canvas.alpha_composite(im, (round(cx - width / 2), round(top)))


@lru_cache(None)
def drawing(label, colour, accessory):
    """The object with what it wears, cropped."""
    im = glyph(GLYPHS[label])
    if colour:
        im = tint(im, colour)
    if accessory:
        eyes, head, top, chin = FACES[label]
        canvas = Image.new("RGBA", (136, 240))
        dy = 70
        canvas.alpha_composite(im, (0, dy))
        worn = glyph(ACCESSORIES[accessory])
        if accessory in ("glasses", "sunglasses"):
            paste(canvas, worn, head, 68, eyes + dy, "middle")
        elif accessory == "scarf":
            paste(canvas, worn, 66, 68, chin - 8 + dy, "top")
        else:
            paste(canvas, worn, head * 0.86, 68, top + 14 + dy, "bottom")
        im = canvas
    return im.crop(im.getbbox())


@lru_cache(20000)
def scaled(label, colour, accessory, w, h):
    """Resized, colours premultiplied by alpha."""
    im = drawing(label, colour, accessory)
    a = np.array(im.resize((w, h), Image.LANCZOS), np.float32)
    a[..., :3] *= a[..., 3:] / 255
    return a


def render(scene, masks=False):
    """uint8 (SIZE, SIZE, 3); with `masks` also one float alpha per object, as visible."""
    out = np.empty((SIZE, SIZE, 3), np.float32)
    out[:] = scene.background
    alphas = []
    for o in scene.objects:
        im = drawing(o.label, o.colour, o.accessory)
        k = o.size / max(im.size)
        w, h = max(1, round(im.width * k)), max(1, round(im.height * k))
        layer = scaled(o.label, o.colour, o.accessory, w, h)
        x, y = round(o.x - w / 2), round(o.y - h / 2)
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, SIZE), min(y + h, SIZE)
        part = layer[y0 - y:y1 - y, x0 - x:x1 - x]
        alpha = part[..., 3:] / 255
        out[y0:y1, x0:x1] = part[..., :3] + out[y0:y1, x0:x1] * (1 - alpha)
        if masks:
            for m in alphas:
                m[y0:y1, x0:x1] *= 1 - alpha[..., 0]
            mask = np.zeros((SIZE, SIZE), np.float32)
            mask[y0:y1, x0:x1] = alpha[..., 0]
            alphas.append(mask)
    image = out.clip(0, 255).round().astype(np.uint8)
    return (image, alphas) if masks else image
