"""What the stages share: folders, batches of renders, a clock that ends training on time."""

import math
import os
import signal
import time
from pathlib import Path

import numpy as np
import torch

OUT = Path(os.environ.get("EMOJI_WORLD_OUT", ".work/emoji-world"))


def setup(threads=None):
    OUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads or int(os.environ.get("THREADS", os.cpu_count())))


def log(stage, **values):
    line = f"{time.strftime('%H:%M:%S')} {stage} " + " ".join(
        f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in values.items())
    print(line, flush=True)


def to_tensor(images):
    """uint8 (N, H, W, 3) -> float (N, 3, H, W) in [-1, 1], channels last."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def to_images(x):
    return ((x.float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()


def stoppable():
    """A function that says whether SIGTERM or SIGINT came: time to write a checkpoint and leave."""
    asked = []
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: asked.append(1))
    return lambda: bool(asked)


class Clock:
    """Progress from 0 to 1 by wall time spent in training, kept over restarts.

    Learning rates follow it, so that a slow or shared machine still ends annealed."""

    def __init__(self, minutes, spent=0.0):
        self.total, self.before, self.start = minutes * 60, spent, time.time()

    @property
    def spent(self):
        return self.before + time.time() - self.start

    @property
    def progress(self):
        return min(1.0, self.spent / self.total)

    def rate(self, peak, warmup=0.02, floor=0.01):
        p = self.progress
        if p < warmup:
            return peak * (0.05 + 0.95 * p / warmup)
        c = 0.5 * (1 + math.cos(math.pi * (p - warmup) / (1 - warmup)))
        return peak * (floor + (1 - floor) * c)


def save(path, state):
    """Whole or not at all: a killed run never leaves half a checkpoint."""
    tmp = Path(str(path) + ".tmp")
    torch.save(state, tmp)
    tmp.replace(path)


def load(path):
    return torch.load(path, map_location="cpu", weights_only=False) if Path(path).exists() else None


class Average:
    """Exponential moving average of the weights, with a short memory at the start."""

    def __init__(self, model, decay):
        self.decay, self.steps = decay, 0
        self.live = [p for p in model.parameters()]
        self.mean = [p.detach().clone() for p in self.live]

    @torch.no_grad()
    def update(self):
        self.steps += 1
        d = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self.mean, [p.detach() for p in self.live], 1 - d)

    @torch.no_grad()
    def swap(self):
        for p, m in zip(self.live, self.mean):
            keep = p.detach().clone()
            p.copy_(m)
            m.copy_(keep)


def sheet(images, columns, path, zoom=2):
    from PIL import Image

    images = list(images)
    while len(images) % columns:
        images.append(np.full_like(images[0], 255))
    rows = [np.concatenate(images[i:i + columns], 1) for i in range(0, len(images), columns)]
    im = Image.fromarray(np.concatenate(rows, 0))
    im.resize((im.width * zoom, im.height * zoom), Image.NEAREST).save(path)
