"""The judge's network: a small U-Net for segmentation that Lunette's Lua runs as well
(Plugins/emoji-world/judge.lua mirrors `forward`; change both)."""

import torch
import torch.nn.functional as F
from torch import nn

from judge_data import CLASSES, TEXTURES
from world import ACCESSORIES, EARLIER, GLYPHS

CONFIG = dict(version=1, size=64, stem=24, widths=[64, 112, 176], groups=8, classes=list(CLASSES), textures=list(TEXTURES),
              glyphs={**GLYPHS, **EARLIER, **ACCESSORIES})


class Block(nn.Module):
    """Convolution, group normalisation, SiLU."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.norm = nn.GroupNorm(CONFIG["groups"], outputs)

    def forward(self, x):
        return F.silu(self.norm(self.conv(x)))


class Judge(nn.Module):
    """Images (n, 3, 64, 64) in [-1, 1] to logits (n, classes + textures, 64, 64)."""

    def __init__(self):
        super().__init__()
        stem, (a, b, c) = CONFIG["stem"], CONFIG["widths"]
        self.stem = Block(3, stem)
        self.down = nn.ModuleList([
            nn.Sequential(Block(stem, a, 2), Block(a, a)),
            nn.Sequential(Block(a, b, 2), Block(b, b)),
            nn.Sequential(Block(b, c, 2), Block(c, c), Block(c, c)),
        ])
        # Upwards the deeper level is narrowed and added, which costs half of joining the two.
        self.narrow = nn.ModuleList([nn.Conv2d(c, b, 1), nn.Conv2d(b, a, 1), nn.Conv2d(a, stem, 1)])
        self.up = nn.ModuleList([Block(b, b), Block(a, a), Block(stem, 32)])
        self.head = nn.Conv2d(32, len(CLASSES) + len(TEXTURES), 1)

    def features(self, x):
        levels = [self.stem(x)]
        for part in self.down:
            levels.append(part(levels[-1]))
        x = levels.pop()
        for narrow, part in zip(self.narrow, self.up):
            x = part(F.interpolate(narrow(x), scale_factor=2, mode="nearest") + levels.pop())
        return x

    def forward(self, x):
        return self.head(self.features(x))


def split(logits):
    """Classes and textures."""
    return logits.split([len(CLASSES), len(TEXTURES)], 1)
