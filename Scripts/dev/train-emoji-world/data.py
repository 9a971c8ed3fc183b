"""Renders scenes and keeps their VAE latents, in shards, so that the UNet trains on nothing else.

A shard holds captions and the posterior's mean and deviation (f16). The UNet takes up
new shards as they come, so this can run beside it."""

import argparse
import json

import numpy as np
import torch
from diffusers import AutoencoderKL

from captions import sample_caption, sample_scene
from common import OUT, log, setup, stoppable, to_tensor
from render import render

SHARD = 1024


@torch.no_grad()
def encode(vae, images):
    x = to_tensor(images).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        q = vae.encode(x).latent_dist
    return torch.stack([q.mean, q.std], 1).half().numpy()


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--images", type=int, default=200_000)
    a.add_argument("--seed", type=int, default=1000)
    a = a.parse_args()
    setup()
    folder = OUT / "latents"
    folder.mkdir(parents=True, exist_ok=True)
    vae = AutoencoderKL.from_pretrained(OUT / "vae").to(memory_format=torch.channels_last)
    stop = stoppable()
    for k in range(a.images // SHARD):
        path = folder / f"{a.seed + k}.npy"
        if path.exists():
            continue
        rng = np.random.default_rng(a.seed + k)
        captions = [sample_caption(rng) for _ in range(SHARD)]
        images = np.stack([render(sample_scene(rng, c)) for c in captions])
        z = np.concatenate([encode(vae, images[i:i + 32]) for i in range(0, SHARD, 32)])
        path.with_suffix(".json").write_text(json.dumps([c.text for c in captions]))
        np.save(path.with_suffix(".tmp.npy"), z)
        path.with_suffix(".tmp.npy").rename(path)
        log("data", shard=k, images=(k + 1) * SHARD)
        if stop():
            return


if __name__ == "__main__":
    main()
