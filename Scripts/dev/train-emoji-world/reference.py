"""The held-out reference set: renders with captions and masks, for FID and segmentation.

    python reference.py Plugins/emoji-world/reference

Two sheets of PNG, 32 pictures a row, row by row: `images.png`, and `labels.png` whose grey
value is the class of each pixel (0 background, 1 none of these, then labels and
accessories in the order of `classes`); `reference.json` has captions, objects and boxes.
No training draws from its seed. The same font, Pillow and NumPy give the same bytes."""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

import world
from export_world import sample
from judge_data import CLASSES, labels
from render import box_of, render
from world import noun_of

SEED, COUNT, COLUMNS = 70_000_000, 512, 32


def entry(caption, scene):
    objects = []
    for o in scene.objects:
        x, y, w, h = box_of(o)
        objects.append(dict(label=o.look.label, noun=noun_of(o.look.label), adjective=o.look.adjective,
                            accessory=o.look.accessory, box=[x, y, w, h]))
    return dict(caption=caption.text, objects=objects)


def sheet(pictures):
    rows = [np.concatenate(pictures[i:i + COLUMNS], 1) for i in range(0, len(pictures), COLUMNS)]
    return Image.fromarray(np.concatenate(rows, 0))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    images, masks, entries = [], [], []
    for _ in range(COUNT):
        caption, scene = sample(rng)
        image, parts = render(scene, masks=True)
        images.append(image)
        masks.append(labels(parts, scene.objects)[0])
        entries.append(entry(caption, scene))
    sheet(images).save(folder / "images.png", optimize=True)
    sheet(masks).save(folder / "labels.png", optimize=True)
    head = dict(world=world.VERSION, seed=SEED, size=world.SIZE, columns=COLUMNS, classes=CLASSES)
    body = ",\n".join(json.dumps(e) for e in entries)
    (folder / "reference.json").write_text(json.dumps(head)[:-1] + ', "images": [\n' + body + "\n]}\n")


if __name__ == "__main__":
    a = argparse.ArgumentParser()
    a.add_argument("folder", type=Path)
    main(a.parse_args().folder)
