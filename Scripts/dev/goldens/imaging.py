#!/usr/bin/env python3
"""Writes Tests/ImagingTests/Goldens: PNG files of every kind with their samples, and metrics as scikit-image
computes them. Needs numpy, Pillow and scikit-image (0.26)."""
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.ImageOps import exif_transpose
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

OUT = Path(__file__).resolve().parents[3] / "Tests/ImagingTests/Goldens"


def noise(count, seed):
    """The same numbers as `noise` in the Swift tests: the top byte of a linear congruential generator."""
    values = np.empty(count, dtype=np.float32)
    state = seed
    for i in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values[i] = (state >> 24) / np.float32(255)
    return values


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, color, raw, interlaced=False, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw))
            + chunk(b"IEND", b""))


def adam7(pixels):
    """The seven passes of an interlaced picture {h, w, c} of bytes, each row with filter 0."""
    raw = b""
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        part = pixels[y0::dy, x0::dx]
        if part.size:
            raw += b"".join(b"\0" + row.tobytes() for row in part)
    return raw


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    height, width = 4, 5
    files = {}

    def save(name, data, values, largest):
        (OUT / f"{name}.png").write_bytes(data)
        files[name] = {"shape": list(values.shape), "largest": largest, "values": values.ravel().tolist()}

    def rows(array):
        return b"".join(b"\0" + row.tobytes() for row in array)

    for name, color, channels in [("grey8", 0, 1), ("rgb8", 2, 3), ("rgba8", 6, 4)]:
        pixels = rng.integers(0, 256, (height, width, channels), dtype=np.uint8)
        save(name, png(width, height, 8, color, rows(pixels)), pixels.astype(int), 255)
    for name, color, channels in [("grey16", 0, 1), ("rgb16", 2, 3)]:
        pixels = rng.integers(0, 65536, (height, width, channels)).astype(">u2")
        save(name, png(width, height, 16, color, rows(pixels)), pixels.astype(int), 65535)

    grey_alpha = rng.integers(0, 256, (height, width, 2), dtype=np.uint8)
    wide = np.concatenate([np.repeat(grey_alpha[..., :1], 3, -1), grey_alpha[..., 1:]], -1)
    save("greyalpha8", png(width, height, 8, 4, rows(grey_alpha)), wide.astype(int), 255)

    bits = rng.integers(0, 2, (height, width, 1), dtype=np.uint8)
    packed = np.packbits(bits[..., 0], axis=1)
    save("grey1", png(width, height, 1, 0, rows(packed)), bits.astype(int) * 255, 255)

    palette = rng.integers(0, 256, (4, 3), dtype=np.uint8)
    alpha = np.array([0, 128, 255, 255], dtype=np.uint8)
    indices = rng.integers(0, 4, (height, width), dtype=np.uint8)
    extra = chunk(b"PLTE", palette.tobytes()) + chunk(b"tRNS", alpha[:2].tobytes())
    values = np.concatenate([palette[indices], alpha[indices][..., None]], -1)
    save("palette", png(width, height, 8, 3, rows(indices), extra=extra), values.astype(int), 255)

    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    save("interlaced", png(width, height, 8, 2, adam7(pixels), interlaced=True), pixels.astype(int), 255)

    # What 16 bits have besides: alpha, passes, a colour that is transparent; and the depths below 8.
    def keyed(values, key, largest):
        """RGBA: clear where a pixel is of the colour `key`."""
        wide = np.broadcast_to(values, values.shape[:2] + (3,)).astype(int)
        return np.concatenate([wide, np.where((values == key).all(-1, keepdims=True), 0, largest)], -1)

    pixels = rng.integers(0, 65536, (height, width, 4)).astype(">u2")
    save("rgba16", png(width, height, 16, 6, rows(pixels)), pixels.astype(int), 65535)
    pixels = rng.integers(0, 65536, (height, width, 2)).astype(">u2")
    wide = np.concatenate([np.repeat(pixels[..., :1], 3, -1), pixels[..., 1:]], -1)
    save("greyalpha16", png(width, height, 16, 4, rows(pixels)), wide.astype(int), 65535)
    pixels = rng.integers(0, 65536, (9, 11, 3)).astype(">u2")
    save("interlaced16", png(11, 9, 16, 2, adam7(pixels), interlaced=True), pixels.astype(int), 65535)
    for name, depth, color, channels in [("greykey16", 16, 0, 1), ("rgbkey16", 16, 2, 3), ("rgbkey8", 8, 2, 3)]:
        kind = ">u2" if depth == 16 else np.uint8
        pixels = rng.integers(0, 2**depth, (height, width, channels)).astype(kind)
        pixels[2] = pixels[1, 3]
        extra = chunk(b"tRNS", pixels[2, 0].astype(">u2").tobytes())
        save(name, png(width, height, depth, color, rows(pixels), extra=extra),
             keyed(pixels, pixels[2, 0], 2**depth - 1), 2**depth - 1)
    for depth in (2, 4):
        pixels = rng.integers(0, 2**depth, (height, width, 1), dtype=np.uint8)
        bits = np.unpackbits(pixels, axis=-1)[..., 8 - depth:].reshape(height, -1)
        save(f"grey{depth}", png(width, height, depth, 0, rows(np.packbits(bits, axis=1))),
             pixels.astype(int) * (255 // (2**depth - 1)), 255)
    # Our reader against another one, so that a mistake above cannot hide.
    for name, expected in files.items():
        if expected["largest"] == 255:
            mode = {1: "L", 3: "RGB", 4: "RGBA"}[expected["shape"][2]]
            seen = np.asarray(Image.open(OUT / f"{name}.png").convert(mode)).reshape(expected["shape"])
            assert (seen.ravel() == expected["values"]).all(), name

    a = noise(24 * 20 * 3, 1).reshape(24, 20, 3)
    b = np.clip(a * np.float32(0.75) + noise(24 * 20 * 3, 2).reshape(24, 20, 3) * np.float32(0.25), 0, 1)
    grey = {"a": a[..., 0].astype(np.float64), "b": b[..., 0].astype(np.float64)}
    a, b = a.astype(np.float64), b.astype(np.float64)
    metrics = {
        "psnr": peak_signal_noise_ratio(a, b, data_range=1),
        "ssim": structural_similarity(a, b, data_range=1, channel_axis=2),
        "ssimGrey": structural_similarity(grey["a"], grey["b"], data_range=1),
        "ssimBytes": structural_similarity(grey["a"] * 255, grey["b"] * 255, data_range=255),
    }
    (OUT / "png.json").write_text(json.dumps(files, separators=(",", ":")) + "\n")
    (OUT / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")


def jpegs():
    """JPEG files of every kind, an upright one of each EXIF orientation, and PNG files that are turned or read as masks,
    with what Pillow and diffusers read in them."""
    rng = np.random.default_rng(2)
    # Smooth, with an edge: of noise a quantised picture keeps little.
    y, x = np.mgrid[0:21, 0:27]
    base = np.stack([x * 9, y * 12, 255 - (x + y) * 5], -1).clip(0, 255).astype(np.uint8)
    base[5:12, 8:15] = rng.integers(0, 256, 3, dtype=np.uint8)
    picture, found = Image.fromarray(base), {}

    def save(name, image, **options):
        image.save(OUT / name, **options)
        seen = exif_transpose(Image.open(OUT / name))
        grey = seen.mode in ("1", "L")
        alpha = "A" in seen.mode
        seen = seen.convert("L" if grey else "RGBA" if alpha else "RGB")
        values = np.asarray(seen).reshape(seen.height, seen.width, -1)
        luminance = np.asarray(Image.open(OUT / name).convert("L"))
        found[name] = {"shape": list(values.shape), "values": values.ravel().tolist(), "luminance": luminance.ravel().tolist()}

    def turned(number):
        exif = Image.Exif()
        exif[0x0112] = number
        return exif

    save("colour.jpg", picture, quality=90)
    save("colour444.jpg", picture, quality=75, subsampling=0)
    save("progressive.jpg", picture, quality=80, progressive=True)
    save("grey.jpg", picture.convert("L"), quality=90)
    save("inks.jpg", picture.convert("CMYK"), quality=92)
    for number in range(1, 9):
        save(f"turned{number}.jpg", picture, quality=90, exif=turned(number))
    save("turned6.png", picture, exif=turned(6))
    save("alpha.png", Image.fromarray(np.concatenate([base, (x * 8)[..., None].astype(np.uint8)], -1)))
    (OUT / "pictures.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
    jpegs()
