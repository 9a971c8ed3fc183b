"""Trains the AutoencoderKL (f = 4): 64 x 64 pixels to 16 x 16 x 4 latents.

Two terms keep the latents smooth, which the diffusion model then learns faster: the
Kullback-Leibler term, and equivariance under scaling (as EQ-VAE, Kouzelis et al. 2025,
eq. 5): latents pooled 2 x 2 must decode to the picture pooled 2 x 2."""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL

import fast
from captions import sample_caption
from common import OUT, Average, Clock, load, log, save, setup, sheet, stoppable, to_images, to_tensor
from layout import sample_scene
from losses import difference
from models import new_vae
from render import render

KL = 4e-6  # on the sum over a picture's latents
POOLED = 0.5  # share of batches that also learn equivariance


def scenes(rng, n):
    return np.stack([render(sample_scene(rng, sample_caption(rng))) for _ in range(n)])


def crops(rng, n, size=32):
    """Pieces that show something: half of a scene is plain background."""
    out = []
    while len(out) < n:
        scene = sample_scene(rng, sample_caption(rng))
        im = render(scene)
        for o in scene.objects:
            for _ in range(2):
                x, y = rng.normal((o.x, o.y), o.size / 4) - size / 2
                x, y = (int(np.clip(v, 0, 64 - size)) for v in (x, y))
                out.append(im[y:y + size, x:x + size])
    return np.stack(out[:n])


def loss_of(vae, x, half, pooled):
    # bfloat16 makes the convolutions 1.5 times faster on CPUs that have it.
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        q = vae.encode(x).latent_dist
        z = q.sample()
        y = vae.decode(z).sample
        small = vae.decode(F.avg_pool2d(z, 2)).sample if pooled else None
    loss, mse = difference(y, x)
    if pooled:
        loss = loss + 0.5 * difference(small, F.avg_pool2d(x, 2))[0]
    return loss + KL * q.kl().float().mean(), mse


@torch.no_grad()
def evaluate(vae, seed=10**6, n=128):
    x = to_tensor(scenes(np.random.default_rng(seed), n))
    z = vae.encode(x).latent_dist
    y = vae.decode(z.mode()).sample
    sheet(np.concatenate([to_images(x[:12]), to_images(y[:12]), to_images(x[12:24]), to_images(y[12:24])]), 12, OUT / "vae.png", 3)
    mse = ((y.clamp(-1, 1) - x) / 2).square().mean((1, 2, 3))
    pooled = vae.decode(F.avg_pool2d(z.mode(), 2)).sample.clamp(-1, 1)
    pooled_mse = ((pooled - F.avg_pool2d(x, 2)) / 2).square().mean((1, 2, 3))
    return dict(psnr=float((-10 * mse.log10()).mean()), psnr_pooled=float((-10 * pooled_mse.log10()).mean()),
                scale=float(1 / z.mode().std()), posterior_std=float(z.std.mean()), kl=float(z.kl().mean()))


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--minutes", type=float, default=18)
    a.add_argument("--lr", type=float, default=2e-3)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--decoder", action="store_true", help="leave the encoder as it is: cached latents stay valid")
    a.add_argument("--finish", action="store_true", help="train no more, write what the checkpoint holds")
    a.add_argument("--start", help="folder of an AutoencoderKL to begin with")
    a = a.parse_args()
    setup()
    fast.install()
    torch.manual_seed(a.seed)
    path = OUT / ("decoder.pt" if a.decoder else "vae.pt")
    start = OUT / "vae" if a.decoder else a.start
    vae = AutoencoderKL.from_pretrained(start) if start else new_vae()
    vae = vae.to(memory_format=torch.channels_last)
    if a.decoder:
        for part in (vae.encoder, vae.quant_conv):
            part.requires_grad_(False)
    state = load(path)
    optimiser = torch.optim.AdamW([p for p in vae.parameters() if p.requires_grad], lr=a.lr, betas=(0.9, 0.99), weight_decay=1e-3, fused=True)
    clock, step, images = Clock(a.minutes), 0, 0
    average = Average(vae, 0.995)
    if state:
        vae.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.mean, average.steps = state["average"], state["steps"]
        clock, step, images = Clock(a.minutes, state["spent"]), state["steps"], state["images"]
    rng = np.random.default_rng(a.seed + step)
    log("vae", parameters=sum(p.numel() for p in vae.parameters()), resumed=step)

    def checkpoint():
        save(path, dict(model=vae.state_dict(), optimiser=optimiser.state_dict(), average=average.mean,
                        steps=step, images=images, spent=clock.spent))

    stop = stoppable()
    while not a.finish and clock.progress < 1:
        if stop():
            return checkpoint()
        # Crops show more object per second, whole pictures are what counts in the end.
        small = (clock.progress < 0.3 and not start) or clock.progress < 0.85 and step % 2 == 0
        x = to_tensor(crops(rng, 20) if small else scenes(rng, 8)).contiguous(memory_format=torch.channels_last)
        rate = clock.rate(a.lr)
        for g in optimiser.param_groups:
            g["lr"] = rate
        loss, mse = loss_of(vae, x, clock.progress < 0.95, not a.decoder and rng.random() < POOLED)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimiser.step()
        average.update()
        step += 1
        images += len(x)
        if step % 100 == 0:
            log("vae", step=step, minutes=clock.spent / 60, loss=float(loss.detach()), mse=float(mse.detach()), lr=rate, crops=small)
        if step % 400 == 0:
            checkpoint()
            average.swap()
            log("vae", step=step, **evaluate(vae))
            average.swap()
    if not a.finish:
        checkpoint()
    average.swap()
    values = evaluate(vae)
    log("vae", step=step, images=images, minutes=clock.spent / 60, **values)
    if not a.decoder:
        vae.register_to_config(scaling_factor=values["scale"])
    vae.save_pretrained(OUT / "vae")


if __name__ == "__main__":
    main()
