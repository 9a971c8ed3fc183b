"""Pictures resized by Pillow, as CLIP's preprocessing does: `resizing.py` writes resizing.json beside the tests' other goldens."""

import json
from pathlib import Path

import numpy
from PIL import Image

TARGET = Path(__file__).resolve().parents[3] / "Tests/DiffusionTests/Goldens/resizing.json"
# Height and width before and after. Small ratios give many sums that are a half.
SIZES = [
    ((24, 24), (12, 12)), ((36, 24), (12, 12)), ((48, 50), (12, 12)), ((46, 23), (12, 12)), ((30, 45), (15, 15)), ((20, 36), (10, 18)),
    ((9, 41), (12, 12)), ((13, 10), (16, 16)), ((8, 8), (16, 16)), ((6, 10), (12, 20)), ((32, 18), (8, 9)), ((40, 64), (16, 16)),
]


def picture(height, width):
    """Whole numbers without a pattern that resizing would keep."""
    index = numpy.arange(height * width * 3, dtype=numpy.int64)
    return ((index * index * 7 + index * 37) % 1009 % 256).astype(numpy.uint8).reshape(height, width, 3)


def main():
    cases = []
    for (before, after) in SIZES:
        for name, filter in (("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)):
            resized = Image.fromarray(picture(*before)).resize((after[1], after[0]), filter)
            cases.append({"filter": name, "from": before, "to": after, "levels": numpy.asarray(resized).tobytes().hex()})
    TARGET.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main()
