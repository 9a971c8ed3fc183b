"""Trains the judge, a segmentation network, on judge_data.py's renders; measures it on scenes it never saw.

A part of the batches are renders sent through the VAEs that models draw with (a little
noise added to the latents): what generated images can look like at best. They are made
once, into `judge-vae.npz`."""

import argparse
import json

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from safetensors.torch import save_file

import fast
from common import OUT, Average, Clock, load, log, save, setup, stoppable, to_images, to_tensor
from judge_data import CLASS, CLASSES, IGNORED, NONE, TEXTURES, example, plain, stacked, strange
from judge_model import CONFIG, Judge, split
from optimiser import Muon

DECODED = 0.25  # share of a batch that went through the VAE
ODD = 0.25  # share of the others with something to refuse; it grows over the first third, shapes come first
TRAIN_SEED, DECODED_SEED, TEST_SEED = 40_000_000, 50_000_000, 60_000_000


@torch.no_grad()
def decoded(vae, rng, images):
    """Renders as the VAE gives them back, with up to a fifth of the latents' deviation as noise."""
    x = to_tensor(images).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        z = vae.encode(x).latent_dist.mode().float()
        level = torch.from_numpy(rng.uniform(0, 0.2, (len(z), 1, 1, 1))).float() / vae.config.scaling_factor
        noise = torch.from_numpy(rng.standard_normal(z.shape)).float()
        return to_images(vae.decode(z + level * noise).sample)


def decoded_pool(count, folders):
    path = OUT / "judge-vae.npz"
    if path.exists():
        return tuple(np.load(path)[k] for k in ("images", "classes", "textures"))
    vaes = [AutoencoderKL.from_pretrained(f).float().to(memory_format=torch.channels_last) for f in folders]
    rng, parts = np.random.default_rng(DECODED_SEED), []
    for k in range(count // 32):
        images, classes, textures = stacked([example(rng) for _ in range(32)])
        parts.append((decoded(vaes[k % len(vaes)], rng, images), classes, textures))
    pool = tuple(np.concatenate(arrays) for arrays in zip(*parts))
    np.savez(path, images=pool[0], classes=pool[1], textures=pool[2])
    return pool


def loss_of(judge, x, classes, textures, corner, half):
    """On every other pixel of every other row, from `corner`: neighbours say much the same,
    and ninety logits a pixel cost as much as the network below them."""
    some = np.s_[:, corner[0]::2, corner[1]::2]
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        logits = judge.head(judge.features(x)[:, :, corner[0]::2, corner[1]::2])
    named, texture = split(logits.float())
    classes, textures = classes[some], textures[some]
    weight = torch.ones(len(CLASSES))
    weight[0] = 0.4  # two thirds of the pixels are background, and easy
    return F.cross_entropy(named, classes, weight=weight) + 0.3 * F.cross_entropy(texture, textures, ignore_index=IGNORED)


@torch.no_grad()
def predict(judge, images, batch=32):
    """Class of each pixel."""
    x = to_tensor(images)
    return torch.cat([split(judge(part))[0].argmax(1).byte() for part in x.split(batch)]).numpy()


def pixel_scores(found, truth):
    """Mean intersection over union, of the classes that occur; and how many pixels are right."""
    ious = []
    for k in range(len(CLASSES)):
        a, b = found == k, truth == k
        if b.any():
            ious.append(float((a & b).sum() / (a | b).sum()))
    return dict(miou=float(np.mean(ious)), worst=CLASSES[int(np.argmin(ious))] if len(ious) == len(CLASSES) else "", pixels=float((found == truth).mean()))


@torch.no_grad()
def evaluate(judge, n=256):
    rng = np.random.default_rng(TEST_SEED)
    images, truth, _ = stacked([plain(rng) for _ in range(n)])
    scores = pixel_scores(predict(judge, images), truth)
    images, truth, _ = stacked([strange(rng) for _ in range(n // 2)])
    found = predict(judge, images)
    refused = float((found[truth == CLASS[NONE]] == CLASS[NONE]).mean())
    return dict(**scores, refused=refused)


def export(judge, folder):
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in judge.state_dict().items()}, folder / "judge.safetensors")
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n")


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--minutes", type=float, default=25)
    a.add_argument("--lr", type=float, default=8e-3)
    a.add_argument("--batch", type=int, default=32)
    a.add_argument("--decoded", type=int, default=3072, help="renders sent through a VAE")
    a.add_argument("--vae", nargs="+", default=[OUT / "vae"], help="their folders, in turn")
    a.add_argument("--seed", type=int, default=TRAIN_SEED)
    a = a.parse_args()
    setup()
    fast.install()
    torch.manual_seed(a.seed)
    judge = Judge().to(memory_format=torch.channels_last)
    optimiser = Muon(judge.named_parameters(), lr=a.lr, skip=("stem", "head"))
    average, clock, step = Average(judge, 0.995), Clock(a.minutes), 0
    pool = decoded_pool(a.decoded, a.vae)
    state = load(OUT / "judge.pt")
    if state:
        judge.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.mean, average.steps, step = state["average"], state["steps"], state["steps"]
    clock = Clock(a.minutes, state["spent"] if state else 0.0)
    rng = np.random.default_rng(a.seed + step)
    stop, seen = stoppable(), []
    log("judge", parameters=sum(p.numel() for p in judge.parameters()), decoded=len(pool[0]), resumed=step)

    def checkpoint():
        save(OUT / "judge.pt", dict(model=judge.state_dict(), optimiser=optimiser.state_dict(), average=average.mean,
                                    steps=step, spent=clock.spent))

    while clock.progress < 1:
        if stop():
            return checkpoint()
        old = rng.integers(0, len(pool[0]), round(DECODED * a.batch))
        odd = ODD * min(1.0, 3 * clock.progress)
        new = stacked([example(rng, odd) for _ in range(a.batch - len(old))])
        images, classes, textures = (np.concatenate([n, p[old]]) for n, p in zip(new, pool))
        optimiser.set_rate(clock.rate(a.lr))
        x = to_tensor(images).contiguous(memory_format=torch.channels_last)
        loss = loss_of(judge, x, torch.from_numpy(classes).long(), torch.from_numpy(textures).long(), rng.integers(0, 2, 2), half=True)
        judge.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
        optimiser.step()
        average.update()
        step += 1
        seen.append(float(loss.detach()))
        if step % 50 == 0:
            log("judge", step=step, minutes=clock.spent / 60, loss=float(np.mean(seen)))
            seen = []
        if step % 400 == 0:
            checkpoint()
            average.swap()
            log("judge", step=step, **evaluate(judge))
            average.swap()
    checkpoint()
    average.swap()
    log("judge", step=step, images=step * a.batch, minutes=clock.spent / 60, **evaluate(judge, 512))
    export(judge, OUT / "judge")


if __name__ == "__main__":
    main()
