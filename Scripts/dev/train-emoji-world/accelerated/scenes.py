"""Scenes that fit captions, drawn and composed on the device in batches.

layout.py's and render.py's rules, all of a batch at a time. Sizes are whole pixels here."""

from dataclasses import dataclass

import numpy as np
import torch

import backdrops
from accelerated.language import BACKGROUNDS
from accelerated.sprites import LARGEST, NAMES, SMALLEST
from judge_data import CLASS, IGNORED
from world import (
    ACCESSORIES, ADJECTIVES, CONTEXT_PULL, FIRST_SENSE, MATERIALS, NOUNS, ORDERLY, PAIR_AT, PAIR_SIZE, PLAIN, POLYSEMES,
    RELATIONS, SCENES, SINGLE_SIZE, SIZE, TRIPLE_AT, TRIPLE_SIZE, WITHOUT_DRAWN,
)


@dataclass
class Places:
    """Objects of a batch, (n, 3): look or -1, longest side, centre."""

    look: torch.Tensor
    size: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor


def senses():
    """Of each noun: first and second label, and whether each other noun pulls to the second."""
    labels = np.zeros((len(NOUNS), 2), np.int64)
    pulls = np.zeros((len(NOUNS), len(NOUNS) + 1), bool)
    for i, noun in enumerate(NOUNS):
        p = POLYSEMES.get(noun)
        labels[i] = [NAMES.index(s) for s in ((p.first.name, p.second.name) if p else (noun, noun))]
        for context in p.contexts if p else ():
            pulls[i, NOUNS.index(context)] = True
    return labels, pulls


class Scenes:
    def __init__(self, atlas, device, seed, backdrop_count=256):
        def put(array, dtype=None):
            return torch.as_tensor(array, dtype=dtype, device=device)

        self.device = device
        self.generator = torch.Generator(device).manual_seed(seed)
        self.pixels, self.worn, self.boxes, self.number = map(put, (atlas.pixels, atlas.worn, atlas.boxes, atlas.number))
        self.labels, self.pulls = map(put, senses())
        sides = [(float(a == "x"), s, c) for _, a, s, c in RELATIONS.values()]
        self.horizontal, self.side, self.certainty = (put(v, torch.float32) for v in zip(*sides))
        self.plain = put(list(PLAIN.values()), torch.float32)
        bank = [[backdrops.scene(name, seed * 1000 + k).round() for k in range(backdrop_count)] for name in SCENES]
        self.bank = put(np.array(bank, np.uint8))
        y, x = torch.meshgrid(torch.arange(SIZE, device=device), torch.arange(SIZE, device=device), indexing="ij")
        self.grid_y, self.grid_x = y[None], x[None]
        # Class of a look's object and of what it wears, and its texture.
        classes, worn, textures = (np.zeros(len(atlas.boxes), np.int64) for _ in range(3))
        for i, name in enumerate(NAMES):
            for a in range(atlas.number.shape[1]):
                for k in range(atlas.number.shape[2]):
                    look = atlas.number[i, a, k]
                    if look >= 0:
                        adjective = ADJECTIVES[a - 1] if a else None
                        classes[look] = CLASS[name]
                        worn[look] = CLASS[list(ACCESSORIES)[k - 1]] if k else 0
                        textures[look] = 1 + MATERIALS.index(adjective) if adjective in MATERIALS else 0
        self.class_of, self.class_worn, self.texture_of = put(classes), put(worn), put(textures)

    # ------------------------------------------------ chance

    def uniform(self, low, high, *shape):
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=self.device)

    def integers(self, high, *shape):
        return torch.randint(high, shape, generator=self.generator, device=self.device)

    # ------------------------------------------------ what stands where

    def looks(self, things):
        """Looks (n, 3) of things (n, 3, 4): senses and what is worn are drawn."""
        noun, adjective, accessory, without = things.long().unbind(-1)
        known, n = noun >= 0, len(noun)
        safe = noun.clamp(min=0)
        pulled = torch.zeros_like(known)
        for shift in (1, 2):  # by either of the others
            pulled |= self.pulls[safe, noun.roll(shift, 1)]  # -1 is the last column, which pulls nowhere
        second = self.uniform(0, 1, n, 3) < torch.where(pulled, CONTEXT_PULL, 1 - FIRST_SENSE)
        label = self.labels[safe].gather(-1, second.long()[..., None])[..., 0]
        hidden = (without == 1) & (self.uniform(0, 1, n, 3) >= WITHOUT_DRAWN)
        worn = torch.where(hidden, 0, accessory + 1).clamp(min=0)
        return torch.where(known, self.number[label, adjective.clamp(min=-1) + 1, worn], -1)

    def places(self, count, relation):
        """Sizes and centres (n, 3) for `count` (n,) objects."""
        n = len(count)
        middle = SIZE / 2
        one = self.uniform(*SINGLE_SIZE, n, 1)
        reach = 0.6 * (SIZE - one) / 2
        single = [one, middle + self.uniform(-1, 1, n, 1) * reach, middle + self.uniform(-1, 1, n, 1) * reach]
        single = [v.expand(n, 3) for v in single]

        side = self.side[relation]
        flipped = self.uniform(0, 1, n) >= self.certainty[relation]
        first = torch.where(flipped, 1 - side, side).long()
        at = torch.tensor((*PAIR_AT, 0.0), device=self.device)
        order = torch.stack([first, 1 - first, torch.full_like(first, 2)], 1)
        along, across = at[order] + self.uniform(-1.5, 1.5, n, 3), middle + self.uniform(-7, 7, n, 3)
        horizontal = self.horizontal[relation][:, None] > 0
        pair = [self.uniform(*PAIR_SIZE, n, 3), torch.where(horizontal, along, across), torch.where(horizontal, across, along)]

        shuffled = torch.rand(n, 3, generator=self.generator, device=self.device).argsort(1)
        orderly = self.uniform(0, 1, n, 1) < ORDERLY
        order = torch.where(orderly, torch.arange(3, device=self.device), shuffled)
        at = torch.tensor(TRIPLE_AT, dtype=torch.float32, device=self.device)
        triple = [self.uniform(*TRIPLE_SIZE, n, 3), at[order] + self.uniform(-0.8, 0.8, n, 3), middle + self.uniform(-9, 9, n, 3)]
        count = count[:, None]
        return [torch.where(count == 1, a, torch.where(count == 2, b, c)) for a, b, c in zip(single, pair, triple)]

    def arrange(self, captions, rows):
        things = captions.things[rows]
        count = (things[..., 0] >= 0).sum(1)
        return Places(self.looks(things), *self.places(count, captions.relation[rows].long()))

    # ------------------------------------------------ behind it all

    def open_colours(self, n):
        """Half light grey, half pastel (hue, saturation, value to red, green, blue)."""
        hue, saturation, value = self.uniform(0, 1, n), self.uniform(0.10, 0.28, n), self.uniform(0.88, 0.98, n)
        k = (torch.tensor((5.0, 3.0, 1.0), device=self.device) + hue[:, None] * 6) % 6
        pastel = value[:, None] * (1 - saturation[:, None] * torch.minimum(k, 4 - k).clamp(0, 1)) * 255
        grey = (222 + self.integers(29, n)).float()[:, None].expand(n, 3)
        return torch.where((self.uniform(0, 1, n) < 0.5)[:, None], grey, pastel.floor())

    def grounds(self, background):
        """(n, SIZE, SIZE, 3), float, for indices of BACKGROUNDS or -1."""
        n, plain = len(background), len(PLAIN)
        flat = torch.where((background >= 0)[:, None], self.plain[background.clamp(0, plain - 1)], self.open_colours(n))
        out = flat[:, None, None].expand(n, SIZE, SIZE, 3).clone()
        scenic = (background >= plain).nonzero()[:, 0]
        if len(scenic):
            out[scenic] = self.bank[background[scenic] - plain, self.integers(self.bank.shape[1], len(scenic))].float()
        return out

    # ------------------------------------------------ pictures

    def boxes_of(self, look, size, x, y):
        """First pixel, left, top, width, height, each (n, 1, 1)."""
        k = size.round().long().clamp(SMALLEST, LARGEST) - SMALLEST
        first, w, h = self.boxes[look.clamp(min=0), k].unbind(-1)
        w = torch.where(look >= 0, w, 0)
        left, top = (x - w / 2).round().long(), (y - h / 2).round().long()
        return [v[:, None, None] for v in (first, left, top, w, h)]

    def sampled(self, box, grid_x=None, grid_y=None):
        """Index of the pixel that a box has at each place of the picture; 0, the empty one, elsewhere."""
        first, left, top, w, h = box
        dx = (self.grid_x if grid_x is None else grid_x) - left
        dy = (self.grid_y if grid_y is None else grid_y) - top
        inside = (dx >= 0) & (dx < w) & (dy >= 0) & (dy < h)
        return torch.where(inside, first + dy * w + dx, 0)

    def compose(self, ground, places, labels=False):
        """Pictures in 0 to 255, float; with `labels` also classes and textures of pixels, as the judge learns them."""
        n = len(ground)
        if labels:
            classes = torch.zeros(n, SIZE, SIZE, dtype=torch.long, device=self.device)
            textures = torch.full_like(classes, IGNORED)
        for slot in range(places.look.shape[1]):
            look = places.look[:, slot]
            index = self.sampled(self.boxes_of(look, places.size[:, slot], places.x[:, slot], places.y[:, slot]))
            pixel = self.pixels[index].float()
            alpha = pixel[..., 3:] / 255
            ground = pixel[..., :3] + ground * (1 - alpha)
            if labels:
                safe = look.clamp(min=0)
                seen, worn = alpha[..., 0] >= 0.5, self.worn[index] >= 128
                classes = torch.where(seen, self.class_of[safe][:, None, None], classes)
                classes = torch.where(worn, self.class_worn[safe][:, None, None], classes)
                textures = torch.where(seen, self.texture_of[safe][:, None, None], textures)
                textures = torch.where(worn, IGNORED, textures)
        return (ground, classes, textures) if labels else ground

    def draw(self, captions, rows, labels=False):
        """Pictures of captions: floats (n, SIZE, SIZE, 3) in 0 to 255, rounded."""
        places = self.arrange(captions, rows)
        out = self.compose(self.grounds(captions.background[rows].long()), places, labels)
        return (out[0].clamp(0, 255).round(), *out[1:]) if labels else out.clamp(0, 255).round()


def signed(pictures):
    """(n, 3, SIZE, SIZE) in [-1, 1] from 0 to 255, channels last."""
    return (pictures / 127.5 - 1).permute(0, 3, 1, 2)


assert len(BACKGROUNDS) == len(PLAIN) + len(SCENES)
