"""Draws scenes with Noto Color Emoji (a bitmap font that exists at one size, 109), or its glyphs in `glyphs.png`."""

import os
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import backdrops
import glyphs
from looks import described
from world import ACCESSORIES, EARLIER, FACES, GLYPHS, SIZE

FONT = os.environ.get("EMOJI_FONT", "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")


@lru_cache(None)
def font():
    return ImageFont.truetype(FONT, 109)


def from_font(char):
    im = Image.new("RGBA", glyphs.CELL)
    ImageDraw.Draw(im).text((0, 0), char, font=font(), embedded_color=True)
    return im


@lru_cache(None)
def glyph(char):
    return from_font(char) if os.path.exists(FONT) else glyphs.from_sheet(char)


def paste(canvas, im, width, cx, y, anchor):
    im = im.crop(im.getbbox())
    height = round(im.height * width / im.width)
    im = im.resize((round(width), height), Image.LANCZOS)
    top = {"middle": y - height / 2, "bottom": y - height, "top": y}[anchor]
    canvas.alpha_composite(im, (round(cx - width / 2), round(top)))


def put_on(canvas, accessory, face, dy):
    eyes, head, top, chin = FACES[face]
    worn = glyph(ACCESSORIES[accessory])
    if accessory in ("glasses", "sunglasses"):
        paste(canvas, worn, head, 68, eyes + dy, "middle")
    elif accessory == "scarf":
        paste(canvas, worn, 66, 68, chin - 8 + dy, "top")
    else:
        paste(canvas, worn, head * 0.86, 68, top + 14 + dy, "bottom")


@lru_cache(None)
def layers(look):
    """The object with what it wears, and what it wears alone, cropped alike."""
    im = glyph(GLYPHS.get(look.label) or EARLIER[look.label])
    if look.adjective:
        im = described(im, look.adjective)
    if not look.accessory:
        return im.crop(im.getbbox()), None
    whole, worn, dy = Image.new("RGBA", (136, 240)), Image.new("RGBA", (136, 240)), 70
    whole.alpha_composite(im, (0, dy))
    for canvas in (whole, worn):
        put_on(canvas, look.accessory, look.label, dy)
    box = whole.getbbox()
    return whole.crop(box), worn.crop(box)


def drawing(look):
    return layers(look)[0]


@lru_cache(30000)
def scaled(look, w, h):
    """Resized, colours premultiplied by alpha; and the accessory's alpha or None."""
    whole, worn = layers(look)
    a = np.array(whole.resize((w, h), Image.LANCZOS), np.float32)
    a[..., :3] *= a[..., 3:] / 255
    return a, worn and np.array(worn.resize((w, h), Image.LANCZOS), np.float32)[..., 3] / 255


def box_of(placed):
    """Where an object goes: left, top, width, height."""
    im = drawing(placed.look)
    k = placed.size / max(im.size)
    w, h = max(1, round(im.width * k)), max(1, round(im.height * k))
    return round(placed.x - w / 2), round(placed.y - h / 2), w, h


def ground(backdrop):
    if backdrop.scene:
        return backdrops.scene(backdrop.scene, backdrop.seed).copy()
    out = np.empty((SIZE, SIZE, 3), np.float32)
    out[:] = backdrop.colour
    return out


def render(scene, masks=False):
    """uint8 (SIZE, SIZE, 3). With `masks` also, for each object, what is visible of it: a list
    of (name, alpha), first the object (accessory included), then the accessory if it wears one."""
    out, parts = ground(scene.backdrop), []
    for o in scene.objects:
        x, y, w, h = box_of(o)
        layer, worn = scaled(o.look, w, h)
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, SIZE), min(y + h, SIZE)
        inside = np.s_[y0 - y:y1 - y, x0 - x:x1 - x]
        part = layer[inside]
        alpha = part[..., 3:] / 255
        out[y0:y1, x0:x1] = part[..., :3] + out[y0:y1, x0:x1] * (1 - alpha)
        if masks:
            for earlier in parts:
                for _, m in earlier:
                    m[y0:y1, x0:x1] *= 1 - alpha[..., 0]
            new = [(o.look.label, alpha[..., 0])]
            if worn is not None:
                new.append((o.look.accessory, worn[inside]))
            parts.append([])
            for name, values in new:
                m = np.zeros((SIZE, SIZE), np.float32)
                m[y0:y1, x0:x1] = values
                parts[-1].append((name, m))
    image = out.clip(0, 255).round().astype(np.uint8)
    return (image, parts) if masks else image
