"""Trains the UNet on cached latents and the frozen text tower's embeddings.

`--workers 2` trains on two processes of one thread each that average their gradients:
on a machine shared with other work that is faster than two threads in one process,
which wait for each other at every operation."""

import argparse
import json
import os

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from diffusers import AutoencoderKL
from transformers import CLIPModel

import tokenizer
from common import OUT, Average, Clock, load, log, save, stoppable
from models import new_scheduler, new_unet

EMPTY = 0.1  # share of captions dropped, for classifier-free guidance
SNR_CAP = 5.0  # min-SNR weighting


exact_attention = F.scaled_dot_product_attention


def attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, **_):
    """Attention over a dozen channels per head is slow in bfloat16, all else is faster:
    together 1.3 times the samples per second of float32 (one core of Zen 4)."""
    with torch.autocast("cpu", enabled=False):
        return exact_attention(q.float(), k.float(), v.float(), attn_mask, dropout_p, is_causal)


exact_group_norm = F.group_norm


def group_norm(x, groups, weight=None, bias=None, eps=1e-5):
    """PyTorch's bfloat16 group norm takes four times as long as its float32 one."""
    with torch.autocast("cpu", enabled=False):
        return exact_group_norm(x.float(), groups, weight, bias, eps).to(x.dtype)


class Data:
    """All shards there are, and one text embedding per distinct caption."""

    def __init__(self, scale):
        self.scale, self.shards, self.rows = scale, set(), {}
        self.latents, self.caption, self.embeddings = [], [], []
        self.tokenizer = tokenizer.build()
        self.text = CLIPModel.from_pretrained(OUT / "clip").text_model.eval()
        self.cache = OUT / "embeddings.pt"
        old = load(self.cache)
        if old and old["clip"] == (OUT / "clip" / "model.safetensors").stat().st_mtime:
            self.rows, self.embeddings = {t: i for i, t in enumerate(old["texts"])}, [old["embeddings"]]
        self.row("")
        self.refresh()

    def save(self):
        save(self.cache, dict(clip=(OUT / "clip" / "model.safetensors").stat().st_mtime,
                              texts=list(self.rows), embeddings=self.embeddings[0]))

    def row(self, text):
        if text not in self.rows:
            self.rows[text] = len(self.rows)
        return self.rows[text]

    @torch.no_grad()
    def encode(self, texts):
        ids = self.tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids
        return torch.cat([self.text(input_ids=i).last_hidden_state.half() for i in ids.split(256)])

    def refresh(self):
        fresh = sorted(p for p in (OUT / "latents").glob("*.npy") if ".tmp" not in p.name and p not in self.shards)
        for p in fresh:
            self.shards.add(p)
            self.latents.append(np.load(p))
            self.caption.append(np.array([self.row(t) for t in json.loads(p.with_suffix(".json").read_text())]))
        have = sum(len(e) for e in self.embeddings)
        if have < len(self.rows):
            self.embeddings.append(self.encode(list(self.rows)[have:]))
        return len(fresh)

    def merge(self):
        """One array of each; cheap enough once per new shards."""
        self.latents = [np.concatenate(self.latents)]
        self.caption = [np.concatenate(self.caption)]
        self.embeddings = [torch.cat(self.embeddings)]

    def batch(self, rng, n):
        i = rng.integers(0, len(self.caption[0]), n)
        q = torch.from_numpy(self.latents[0][i]).float()
        z = (q[:, 0] + q[:, 1] * torch.randn(q[:, 1].shape)) * self.scale
        rows = np.where(rng.random(n) < EMPTY, 0, self.caption[0][i])
        return z.contiguous(memory_format=torch.channels_last), self.embeddings[0][torch.from_numpy(rows)].float()


def snr_weight(alphas):
    snr = alphas / (1 - alphas)
    return snr.clamp(max=SNR_CAP) / snr  # of the squared error in epsilon


def timesteps(rng, n):
    """One from each of n equal slices: less noise in the loss than free draws."""
    t = (np.arange(n) + rng.random(n)) * (1000 / n)
    rng.shuffle(t)
    return torch.from_numpy(t.astype(np.int64).clip(0, 999))


@torch.no_grad()
def validate(unet, data, alphas, n=256):
    """On the first shard, with fixed noise: comparable between steps, not a generalisation figure."""
    state = torch.get_rng_state()
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    total = 0.0
    for _ in range(n // 32):
        z, c = data.batch(rng, 32)
        t = timesteps(rng, 32)
        a = alphas[t].view(-1, 1, 1, 1)
        noise = torch.randn(z.shape)
        total += float((unet(a.sqrt() * z + (1 - a).sqrt() * noise, t, c).sample - noise).square().mean())
    torch.set_rng_state(state)
    return total / (n // 32)


def work(rank, a):
    torch.set_num_threads(a.threads)
    if not a.float32:
        F.scaled_dot_product_attention, F.group_norm = attention, group_norm
    if a.workers > 1:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ["MASTER_PORT"] = str(a.port)
        dist.init_process_group("gloo", rank=rank, world_size=a.workers)
    torch.manual_seed(a.seed)
    unet = new_unet().to(memory_format=torch.channels_last)
    parameters = list(unet.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=a.lr, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    average = Average(unet, a.ema)
    path = OUT / "unet.pt"
    state = load(path)
    clock, step, samples = Clock(a.minutes), 0, 0
    if state:
        unet.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.mean, average.steps = state["average"], state["steps"]
        clock, step, samples = Clock(a.minutes, state["spent"]), state["steps"], state["samples"]
    del state
    alphas = new_scheduler().alphas_cumprod
    weight = snr_weight(alphas)
    data = Data(AutoencoderKL.load_config(OUT / "vae")["scaling_factor"])
    data.merge()
    seed = a.seed + 1000 * step + rank
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    if rank == 0:
        data.save()
        log("unet", parameters=sum(p.numel() for p in parameters), images=len(data.caption[0]), captions=len(data.rows), resumed=step)

    def checkpoint():
        if rank == 0:
            save(path, dict(model=unet.state_dict(), optimiser=optimiser.state_dict(), average=average.mean,
                            steps=step, samples=samples, spent=clock.spent))

    stop, seen, count = stoppable(), 0.0, 0
    while True:
        # Rank 0 decides for all when to end and how fast to learn.
        order = torch.tensor([float(clock.progress >= 1 or stop()), clock.rate(a.lr)])
        z, c = data.batch(rng, a.batch)
        t = timesteps(rng, a.batch)
        al = alphas[t].view(-1, 1, 1, 1)
        noise = torch.randn(z.shape).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not a.float32):
            predicted = unet(al.sqrt() * z + (1 - al).sqrt() * noise, t, c).sample
        error = (predicted.float() - noise).square().mean((1, 2, 3))
        (error * weight[t]).mean().backward()
        if a.workers > 1:
            dist.broadcast(order, 0)
            flat = torch.cat([p.grad.reshape(-1) for p in parameters])
            dist.all_reduce(flat)
            flat /= a.workers
            for p, g in zip(parameters, flat.split([p.numel() for p in parameters])):
                p.grad.copy_(g.view(p.grad.shape))
        if order[0]:
            break
        for g in optimiser.param_groups:
            g["lr"] = float(order[1])
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        average.update()
        step += 1
        samples += a.batch * a.workers
        seen, count = seen + float(error.mean().detach()), count + 1
        if step % 50 == 0 and rank == 0:
            log("unet", step=step, samples=samples, minutes=clock.spent / 60, mse=seen / count, lr=float(order[1]))
            seen, count = 0.0, 0
        if step % 500 == 0:
            checkpoint()
            if data.refresh():
                data.merge()
            if rank == 0:
                average.swap()
                log("unet", step=step, images=len(data.caption[0]), mse_average=validate(unet, data, alphas))
                average.swap()
    checkpoint()
    if rank == 0:
        average.swap()
        log("unet", step=step, samples=samples, minutes=clock.spent / 60, images=len(data.caption[0]), mse_average=validate(unet, data, alphas))


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--minutes", type=float, default=75)
    a.add_argument("--lr", type=float, default=1.5e-3)
    a.add_argument("--batch", type=int, default=16, help="per worker")
    a.add_argument("--ema", type=float, default=0.998)
    a.add_argument("--workers", type=int, default=2)
    a.add_argument("--threads", type=int, default=1, help="per worker")
    a.add_argument("--float32", action="store_true", help="no bfloat16, for CPUs without it")
    a.add_argument("--port", type=int, default=29517)
    a.add_argument("--seed", type=int, default=3)
    a = a.parse_args()
    tokenizer.build()
    if a.workers > 1:
        mp.spawn(work, (a,), nprocs=a.workers)
    else:
        work(0, a)


if __name__ == "__main__":
    main()
