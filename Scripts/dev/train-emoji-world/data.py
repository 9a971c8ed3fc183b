"""Keeps a pool of fresh scenes beside the UNet's training: VAE latents and text embeddings, in shards.

The UNet reads each picture about REUSE times, under new noise each time; then newer
ones take the place of the oldest. So rendering and encoding cost a few hundredths of
the training's time, and no picture comes back for long. Runs beside unet.py, which
says in `progress.json` how far it is; alone it fills the pool and waits. `--only described
--shards 12` puts twelve shards of that kind of caption in place of the oldest: lessons in
what the weights do worst."""

import argparse
import json
import time
from dataclasses import replace

import numpy as np
import torch
from diffusers import AutoencoderKL
from transformers import CLIPModel

import fast
import tokenizer
from captions import sample_caption
from common import OUT, log, setup, stoppable, to_tensor
from layout import sample_scene
from render import render
from world import GRAMMAR, KINDS

SHARD = 1024  # pictures
POOL = 64  # shards
REUSE = 8
FOLDER = OUT / "pool"


class Encoder:
    """The frozen parts: pictures to scaled latents, captions to the rows that the UNet attends to."""

    def __init__(self):
        self.vae = AutoencoderKL.from_pretrained(OUT / "vae").float().to(memory_format=torch.channels_last)
        self.text = CLIPModel.from_pretrained(OUT / "clip").float().text_model.eval()
        self.tokenizer = tokenizer.build()

    @torch.no_grad()
    def latents(self, images, batch=32):
        x = to_tensor(images).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            z = [self.vae.encode(part).latent_dist.mode() for part in x.split(batch)]
        return (torch.cat(z).float() * self.vae.config.scaling_factor).half().numpy()

    @torch.no_grad()
    def embeddings(self, texts, batch=32):
        ids = self.tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids
        return torch.cat([self.text(input_ids=part).last_hidden_state.half() for part in ids.split(batch)]).numpy()

    def shard(self, seed, n, grammar=GRAMMAR):
        rng = np.random.default_rng(seed)
        captions = [sample_caption(rng, grammar) for _ in range(n)]
        images = np.stack([render(sample_scene(rng, c)) for c in captions])
        texts = list(dict.fromkeys(c.text for c in captions))
        row = {t: i for i, t in enumerate(texts)}
        return dict(latents=self.latents(images), rows=np.array([row[c.text] for c in captions]), text=self.embeddings(texts))


def write(name, arrays):
    """A folder of arrays, there all at once."""
    new, folder = FOLDER / f"{name}.tmp", FOLDER / str(name)
    new.mkdir(parents=True, exist_ok=True)
    for key, array in arrays.items():
        np.save(new / f"{key}.npy", array)
    new.rename(folder)


def remove(folder):
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def shards():
    return sorted((p for p in FOLDER.glob("*") if p.name.isdigit()), key=lambda p: int(p.name))


def samples_seen():
    path = OUT / "progress.json"
    return json.loads(path.read_text())["samples"] if path.exists() else 0


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--seed", type=int, default=10_000, help="of the first shard; later ones count on")
    a.add_argument("--fill", action="store_true", help="fill the pool and end")
    a.add_argument("--only", choices=[kind for kind, _ in KINDS], help="captions of this kind: lessons in what goes badly")
    a.add_argument("--shards", type=int, default=8, help="of the kind of --only, in place of the oldest; then end")
    a = a.parse_args()
    setup()
    fast.install()
    FOLDER.mkdir(parents=True, exist_ok=True)
    encoder, stop, written = Encoder(), stoppable(), 0
    grammar = replace(GRAMMAR, kinds=((a.only, 1.0),)) if a.only else GRAMMAR
    while not stop() and not (a.only and written == a.shards):
        there = shards()
        made = int(there[-1].name) - a.seed + 1 if there else 0
        if len(there) >= POOL and a.fill:
            return
        if not a.only and len(there) >= POOL and made * SHARD * REUSE > samples_seen() + POOL * SHARD * REUSE // 2:
            time.sleep(5)
            continue
        write(a.seed + made, encoder.shard(a.seed + made, SHARD, grammar))
        for old in there[:max(0, len(there) + 1 - POOL)]:
            remove(old)
        written += 1
        log("data", shards=made + 1, images=(made + 1) * SHARD, kinds=a.only or "all")


if __name__ == "__main__":
    main()
