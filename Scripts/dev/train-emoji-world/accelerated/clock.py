"""Time, which decides all: how long a stage has, how fast it learns, and what it does when memory ends."""

import math
import time

import torch


class Stage:
    """A span of wall time, of which `progress` goes from 0 to 1."""

    def __init__(self, name, seconds, run):
        self.name, self.seconds, self.run, self.start = name, max(seconds, 1e-3), run, time.time()
        self.steps = self.samples = 0
        self.last = self.start

    @property
    def progress(self):
        return min(1.0, (time.time() - self.start) / self.seconds)

    def over(self):
        # One step at least, so that what is exported was trained.
        return self.run.stopped() or (self.progress >= 1 and self.steps > 0)

    def rate(self, peak, warmup=0.04, steady=0.0):
        """A warm-up, then the peak up to `steady`, then half a cosine down to nothing."""
        p = self.progress
        if p < warmup:
            return peak * (0.05 + 0.95 * p / warmup)
        p = max(0.0, p - max(warmup, steady)) / (1 - max(warmup, steady))
        return peak * (0.005 + 0.995 * (0.5 + 0.5 * math.cos(math.pi * p)))

    def stepped(self, samples, every, **values):
        """Counts a step; says how it goes every so many seconds. `values` are tensors: reading one waits for the device."""
        self.steps += 1
        self.samples += samples
        if time.time() - self.last > every or self.steps == 1:
            self.last = time.time()
            self.run.log(self.name, step=self.steps, samples=self.samples, progress=self.progress,
                         **{k: float(v) for k, v in values.items()})


def halving(stage, batch, step, smallest=4):
    """Steps until the stage is over. Where memory ends, or a size is refused, half the batch goes on; four times at most
    for the same size of trouble, then the error is the caller's."""
    failures = 0
    while not stage.over():
        try:
            step(batch)
        except (torch.OutOfMemoryError if hasattr(torch, "OutOfMemoryError") else torch.cuda.OutOfMemoryError, RuntimeError) as error:
            failures += 1
            if batch // 2 < smallest or failures > 4:
                raise
            stage.run.log(stage.name, trouble=str(error).splitlines()[0][:160].replace(" ", "_"), batch=batch // 2)
            batch //= 2
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
    return batch


class Average:
    """Exponential moving average of weights over about `memory` updates, shorter at the start."""

    def __init__(self, parameters, memory):
        self.live = [p.detach() for p in parameters]
        self.mean, self.updates, self.memory = [p.clone() for p in self.live], 0, memory

    @torch.no_grad()
    def update(self):
        self.updates += 1
        torch._foreach_lerp_(self.mean, self.live, max(1 / self.memory, 9 / (9 + self.updates)))

    @torch.no_grad()
    def swap(self):
        for p, m in zip(self.live, self.mean):
            keep = p.clone()
            p.copy_(m)
            m.copy_(keep)
