"""Trains the UNet on the pool of data.py, for as long as it is let.

The learning rate stays constant after a warm-up, and the average of the weights is
what is exported, so the run has no end that must be known: stop it and start it again
at will. `--cooldown MINUTES` branches off: from the latest checkpoint it lowers the rate
to nothing in that time and writes unet-cool.pt, a release candidate; the main run's
checkpoint stays as it is (warm-up, stable, decay: Hu et al. 2024).

`--workers 2` trains on two processes of one thread each that average their gradients:
on a machine shared with other work that is faster than two threads in one process,
which wait for each other at every operation."""

import argparse
import json
import math
import os
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from diffusers import UNet2DConditionModel

import data
import fast
from common import OUT, Average, load, log, save, stoppable
from losses import error_weight
from models import new_scheduler, new_unet
from optimiser import Muon

EMPTY = 0.1  # share of captions dropped, for classifier-free guidance
WARMUP = 300  # steps
MINUTES_PER_CHECKPOINT = 4
VALIDATION_SEED, VALIDATION_SIZE = 77, 256


class Pool:
    """The shards there are, memory-mapped: the system keeps in memory what fits."""

    def __init__(self):
        self.open, self.order = {}, []
        self.empty = torch.from_numpy(np.load(OUT / "empty.npy")).float()

    def refresh(self):
        there = data.shards()
        for folder in there:
            if folder not in self.open:
                self.open[folder] = [np.load(folder / f"{k}.npy", mmap_mode="r") for k in ("latents", "rows", "text")]
        self.open = {folder: self.open[folder] for folder in there}
        self.order = list(self.open.values())
        return len(self.order)

    def batch(self, rng, n):
        z, c = [], []
        for k in rng.integers(0, len(self.order), n):
            latents, rows, text = self.order[k]
            i = rng.integers(len(rows))
            z.append(latents[i])
            c.append(text[rows[i]])
        c = torch.from_numpy(np.stack(c)).float()
        c[torch.from_numpy(rng.random(n) < EMPTY)] = self.empty
        return torch.from_numpy(np.stack(z)).float().contiguous(memory_format=torch.channels_last), c


def prepare():
    """What every worker needs and one must make: validation scenes and the empty caption's rows."""
    if (OUT / "validation.npz").exists():
        return
    encoder = data.Encoder()
    np.save(OUT / "empty.npy", encoder.embeddings([""])[0])
    shard = encoder.shard(VALIDATION_SEED, VALIDATION_SIZE)
    np.savez(OUT / "validation.npz", latents=shard["latents"], text=shard["text"][shard["rows"]])


def timesteps(rng, n):
    """One from each of n equal slices: less noise in the loss than free draws."""
    t = (np.arange(n) + rng.random(n)) * (1000 / n)
    rng.shuffle(t)
    return torch.from_numpy(t.astype(np.int64).clip(0, 999))


def noisy(z, t, alphas, generator=None):
    a = alphas[t].view(-1, 1, 1, 1)
    noise = torch.randn(z.shape, generator=generator).contiguous(memory_format=torch.channels_last)
    return a.sqrt() * z + (1 - a).sqrt() * noise, noise


@torch.no_grad()
def validate(unet, alphas):
    """Mean squared error in epsilon by quarter of the timesteps, on unseen scenes with fixed noise."""
    held = np.load(OUT / "validation.npz")
    z, c = torch.from_numpy(held["latents"]).float(), torch.from_numpy(held["text"]).float()
    g = torch.Generator().manual_seed(0)
    t = torch.arange(VALIDATION_SIZE) * 1000 // VALIDATION_SIZE
    t = t[torch.randperm(VALIDATION_SIZE, generator=g)]
    errors = torch.empty(VALIDATION_SIZE)
    for i in range(0, VALIDATION_SIZE, 32):
        part = slice(i, i + 32)
        x, noise = noisy(z[part], t[part], alphas, g)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            predicted = unet(x, t[part], c[part]).sample
        errors[part] = (predicted.float() - noise).square().mean((1, 2, 3))
    quarters = {f"q{k + 1}": float(errors[t // 250 == k].mean()) for k in range(4)}
    return dict(mse=float(errors.mean()), weighted=float((errors * error_weight(alphas)[t]).mean()), **quarters)


def join(rank, a):
    torch.set_num_threads(a.threads)
    if not a.float32:
        fast.install()
    if a.workers > 1:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ["MASTER_PORT"] = str(a.port)
        dist.init_process_group("gloo", rank=rank, world_size=a.workers)


def average_gradients(parameters, workers):
    flat = torch.cat([p.grad.reshape(-1) for p in parameters])
    dist.all_reduce(flat)
    flat /= workers
    for p, g in zip(parameters, flat.split([p.numel() for p in parameters])):
        p.grad.copy_(g.view(p.grad.shape))


class Run:
    """One training run: weights, their average, the optimiser, and how far it is."""

    def __init__(self, a):
        self.a = a
        torch.manual_seed(a.seed)
        self.unet = UNet2DConditionModel.from_pretrained(a.start).float() if a.start else new_unet()
        self.unet.to(memory_format=torch.channels_last)
        self.parameters = list(self.unet.parameters())
        self.optimiser = Muon(self.unet.named_parameters(), lr=a.lr) if a.optimiser == "muon" else Adam(self.parameters, a.lr)
        self.average = Average(self.unet, a.ema)
        self.step = self.samples = 0
        self.spent = self.branched = 0.0  # minutes
        self.main = OUT / f"{a.name}.pt"
        self.path = OUT / f"{a.name}-cool.pt" if a.cooldown else self.main
        self.resume()
        self.begun, self.begun_at = time.time(), self.spent
        self.saved = time.time()

    def resume(self):
        state = load(self.path) or load(self.main)
        if not state:
            return
        self.unet.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average.mean, self.average.steps = state["average"], state["average_steps"]
        self.step, self.samples, self.spent = state["steps"], state["samples"], state["spent"]
        self.branched = state.get("branched") or self.spent

    def checkpoint(self):
        save(self.path, dict(
            model=self.unet.state_dict(), optimiser=self.optimiser.state_dict(), average=self.average.mean,
            average_steps=self.average.steps, steps=self.step, samples=self.samples, spent=self.minutes(),
            branched=self.branched if self.a.cooldown else None))
        self.saved = time.time()

    def minutes(self):
        return self.begun_at + (time.time() - self.begun) / 60

    def cooled(self):
        """How much of the cool-down is over, 0 to 1; 0 in the main run."""
        return min(1.0, (self.minutes() - self.branched) / self.a.cooldown) if self.a.cooldown else 0.0

    def rate(self):
        return self.a.lr * min(1.0, (self.step + 1) / WARMUP) * (0.5 + 0.5 * math.cos(math.pi * self.cooled()))

    def over(self):
        return self.cooled() >= 1 or (self.a.minutes and self.minutes() >= self.a.minutes)

    def progress(self):
        if not self.a.cooldown:
            path = OUT / "progress.json"
            path.with_suffix(".tmp").write_text(json.dumps(dict(samples=self.samples)))
            path.with_suffix(".tmp").replace(path)


class Adam:
    def __init__(self, parameters, lr):
        self.inner = torch.optim.AdamW(parameters, lr=lr, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
        self.step, self.state_dict, self.load_state_dict = self.inner.step, self.inner.state_dict, self.inner.load_state_dict

    def set_rate(self, lr):
        for group in self.inner.param_groups:
            group["lr"] = lr


def work(rank, a):
    join(rank, a)
    run = Run(a)
    alphas = new_scheduler().alphas_cumprod
    weight = error_weight(alphas)
    pool = Pool()
    while not pool.refresh():
        time.sleep(5)
    seed = a.seed + 1000 * run.step + rank
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    if rank == 0:
        log("unet", parameters=sum(p.numel() for p in run.parameters), shards=len(pool.order), resumed=run.step, optimiser=a.optimiser)
    stop, seen, count, since = stoppable(), 0.0, 0, time.time()
    while True:
        # Rank 0 decides for all when to end and how fast to learn.
        order = torch.tensor([float(run.over() or stop()), run.rate()])
        z, c = pool.batch(rng, a.batch)
        t = timesteps(rng, a.batch)
        x, noise = noisy(z, t, alphas)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not a.float32):
            predicted = run.unet(x, t, c).sample
        error = (predicted.float() - noise).square().mean((1, 2, 3))
        (error * weight[t]).mean().backward()
        if a.workers > 1:
            dist.broadcast(order, 0)
            average_gradients(run.parameters, a.workers)
        if order[0]:
            break
        torch.nn.utils.clip_grad_norm_(run.parameters, 1.0)
        run.optimiser.set_rate(float(order[1]))
        run.optimiser.step()
        for p in run.parameters:
            p.grad = None
        run.average.update()
        run.step += 1
        run.samples += a.batch * a.workers
        seen, count = seen + float(error.mean().detach()), count + 1
        if run.step % 100 == 0:
            pool.refresh()
            if rank == 0:
                run.progress()
                log("unet", step=run.step, samples=run.samples, minutes=run.minutes(), mse=seen / count,
                    lr=float(order[1]), per_second=a.batch * a.workers * count / (time.time() - since))
                seen, count, since = 0.0, 0, time.time()
        if rank == 0 and time.time() - run.saved > 60 * MINUTES_PER_CHECKPOINT:
            run.checkpoint()
        if rank == 0 and run.step % a.validate == 0:
            run.average.swap()
            log("unet", step=run.step, samples=run.samples, average="yes", **validate(run.unet, alphas))
            run.average.swap()
    if rank == 0:
        run.checkpoint()
        run.average.swap()
        log("unet", step=run.step, samples=run.samples, minutes=run.minutes(), average="yes", **validate(run.unet, alphas))


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--minutes", type=float, help="end the main run after so long; without it, it goes on until stopped")
    a.add_argument("--cooldown", type=float, metavar="MINUTES", help="branch off and lower the rate to nothing")
    a.add_argument("--lr", type=float, default=1e-3)
    a.add_argument("--batch", type=int, default=16, help="per worker")
    a.add_argument("--ema", type=float, default=0.9995)
    a.add_argument("--optimiser", choices=("adamw", "muon"), default="muon")
    a.add_argument("--start", help="folder of a UNet2DConditionModel to begin with")
    a.add_argument("--name", default="unet", help="of the checkpoint")
    a.add_argument("--validate", type=int, default=1000, help="steps between validations")
    a.add_argument("--workers", type=int, default=2)
    a.add_argument("--threads", type=int, default=1, help="per worker")
    a.add_argument("--float32", action="store_true", help="no bfloat16, for CPUs without it")
    a.add_argument("--port", type=int, default=29517)
    a.add_argument("--seed", type=int, default=3)
    a = a.parse_args()
    prepare()
    if a.workers > 1:
        mp.spawn(work, (a,), nprocs=a.workers)
    else:
        work(0, a)


if __name__ == "__main__":
    main()
