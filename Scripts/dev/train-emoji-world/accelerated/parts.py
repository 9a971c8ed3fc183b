"""The VAE, CLIP and the judge, each trained for its share of the minutes."""

import torch
import torch.nn.functional as F

from accelerated import files, networks, oddities
from accelerated.clock import Average, Stage, halving
from accelerated.scenes import signed
from accelerated.towers import CLIP
from judge_data import CLASS, CLASSES, IGNORED, NONE
from judge_model import Judge, split
from losses import difference
from optimiser import Muon

KL, POOLED = 4e-6, 0.5  # as vae.py
PERCEPTUAL = 0.1
REPORT = 10  # seconds


def adam(run, module, rate, decay):
    return torch.optim.AdamW(module.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=decay, fused=run.cuda)


def descend(module, optimiser, loss, rate):
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()


def some_rows(run, captions, n):
    return run.scenes.integers(len(captions), n)


# ---------------------------------------------------------------- VAE


def trained_judge(run):
    """The judge that the repository has, whose features say what differs to an eye; None where shapes have changed."""
    try:
        judge = Judge()
        judge.load_state_dict(files.read(files.PLUGIN / "judge/judge.safetensors"))
        return judge.requires_grad_(False).to(run.device, memory_format=torch.channels_last)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        run.log("vae", perceptual="left_out", why=str(error).splitlines()[0][:120].replace(" ", "_"))
        return None


def features(judge, x):
    out = [judge.stem(x)]
    for part in judge.down[:2]:
        out.append(part(out[-1]))
    return out


def perceptual(judge, y, x):
    return sum((a - b).abs().float().mean() for a, b in zip(features(judge, y), features(judge, x)))


def train_vae(run, seconds, batch):
    vae = networks.Autoencoder().to(run.device, memory_format=torch.channels_last)
    judge = trained_judge(run)
    optimiser, average = adam(run, vae, 2e-3, 1e-3), Average(vae.parameters(), 200)
    stage = Stage("vae", seconds, run)

    def step(n):
        x = signed(run.scenes.draw(run.captions, some_rows(run, run.captions, n)))
        pooled = stage.steps % 2 == 0
        with run.half():
            mean, spread = vae.encode(x)
            z = mean + (0.5 * spread).exp() * torch.randn_like(mean)
            y = vae.decode(z)
            loss, mse = difference(y, x)
            if pooled:  # equivariance under scaling, as vae.py
                loss = loss + 0.5 * difference(vae.decode(F.avg_pool2d(z, 2)), F.avg_pool2d(x, 2))[0]
            if judge:
                loss = loss + PERCEPTUAL * perceptual(judge, y, x)
        kl = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum((1, 2, 3)).mean()
        descend(vae, optimiser, loss + KL * kl, stage.rate(2e-3))
        average.update()
        stage.stepped(n, REPORT, loss=loss.detach(), mse=mse.detach())

    halving(stage, batch, step)
    average.swap()
    return finished_vae(run, vae, stage)


@torch.no_grad()
def finished_vae(run, vae, stage=None):
    """Frozen, with the scale of its latents and how well it gives pictures back."""
    vae.requires_grad_(False).eval()
    x = signed(run.scenes.draw(run.unseen, torch.arange(128 if run.cuda else 32, device=run.device)))
    mean = vae.encode(x)[0]
    mse = ((vae.decode(mean).float().clamp(-1, 1) - x) / 2).square().mean((1, 2, 3))
    vae.scale = float(1 / mean.std())
    psnr = float((-10 * mse.log10()).mean())
    run.log("vae", steps=stage.steps if stage else 0, samples=stage.samples if stage else 0, psnr=psnr, scale=vae.scale)
    run.results["vae"] = dict(psnr=round(psnr, 2), scale=vae.scale, samples=stage.samples if stage else 0)
    return vae


# ---------------------------------------------------------------- CLIP


def train_clip(run, seconds, batch):
    clip = CLIP(run.vocabulary, run.vocabulary - 1).to(run.device)
    optimiser = adam(run, clip, 1.5e-3, 0.02)
    stage = Stage("clip", seconds, run)

    def logits(rows):
        """Half of the captions differ from another of the batch in one point; pairs that no picture tells apart are no negatives."""
        both = (run.captions, run.neighbours)
        pictures = torch.cat([signed(run.scenes.draw(c, rows)) for c in both])
        tokens, meaning = (torch.cat([getattr(c, k)[rows] for c in both]) for k in ("tokens", "meaning"))
        with run.half():
            scores = clip.image(pictures) @ clip.text(tokens.long()).T
        scores = clip.logit_scale.exp().clamp(max=100) * scores.float()
        same = (meaning[:, None] == meaning) & ~torch.eye(len(meaning), dtype=torch.bool, device=run.device)
        return scores.masked_fill(same, -1e4), torch.arange(len(meaning), device=run.device)

    def step(n):
        scores, target = logits(some_rows(run, run.neighbours, max(1, n // 2)))
        loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
        descend(clip, optimiser, loss, stage.rate(1.5e-3, warmup=0.08))
        stage.stepped(n, REPORT, loss=loss.detach())

    halving(stage, batch, step)
    clip.requires_grad_(False).eval()
    with torch.no_grad():
        found = []
        for _ in range(4):
            scores, target = logits(some_rows(run, run.neighbours, min(64, max(1, batch // 2))))
            found.append((scores.argmax(1) == target).float().mean())
    share = float(torch.stack(found).mean())
    run.log("clip", steps=stage.steps, samples=stage.samples, retrieval=share, of=len(target))
    run.results["clip"] = dict(retrieval=round(share, 3), of=len(target), samples=stage.samples)
    return clip


# ---------------------------------------------------------------- judge

ODD, DECODED = 0.3, 0.3  # shares of a batch: with something to refuse; sent through the VAE
WIDEST = 0.35  # noise on latents, in their deviations


@torch.no_grad()
def examples(run, vae, n):
    """Pictures with the classes and textures of their pixels, as judge_data.py's, and harder ones to refuse."""
    odd = round(ODD * n)
    free = (n - odd) // 2
    parts = [oddities.strange(run.scenes, odd), oddities.free(run.scenes, free),
             run.scenes.draw(run.captions, some_rows(run, run.captions, n - odd - free), labels=True)]
    pictures, classes, textures = (torch.cat(p) for p in zip(*parts))
    pictures = pictures.clamp(0, 255)
    some = torch.randperm(n, device=run.device)[:round(DECODED * n)]
    if vae is not None and len(some):
        with run.half():
            z = vae.encode(signed(pictures[some]))[0]
            z = z + torch.randn_like(z) * run.scenes.uniform(0, WIDEST, len(some), 1, 1, 1) / vae.scale
            back = vae.decode(z).float()
        pictures[some] = ((back.clamp(-1, 1) + 1) * 127.5).permute(0, 2, 3, 1).round()
    noise = torch.where(run.scenes.uniform(0, 1, n, 1, 1, 1) < 0.3, run.scenes.uniform(0, 6, n, 1, 1, 1), 0.0)
    light = torch.where(noise > 0, run.scenes.uniform(0.92, 1.08, n, 1, 1, 1), 1.0)
    return (pictures * light + noise * torch.randn_like(pictures)).clamp(0, 255).round(), classes, textures


def judge_loss(run, judge, pictures, classes, textures, corner):
    """On every other pixel of every other row, as judge.py."""
    i, j = corner
    with run.half():
        logits = judge.head(judge.features(signed(pictures))[:, :, i::2, j::2])
    named, texture = split(logits.float())
    weight = torch.ones(len(CLASSES), device=run.device)
    weight[0] = 0.4
    textures = textures[:, i::2, j::2]
    known = (textures != IGNORED).any()
    loss = F.cross_entropy(named, classes[:, i::2, j::2], weight=weight)
    return loss + 0.3 * torch.where(known, F.cross_entropy(texture, textures, ignore_index=IGNORED, reduction="sum")
                                    / (textures != IGNORED).sum().clamp(min=1), 0.0)


@torch.no_grad()
def judge_scores(run, judge, vae, n):
    """Shares of unseen pictures' pixels named rightly, and of oddities' pixels refused."""
    rows = torch.arange(min(n, len(run.unseen)), device=run.device)
    pictures, classes, _ = run.scenes.draw(run.unseen, rows, labels=True)
    found = split(judge(signed(pictures)))[0].argmax(1)
    objects = classes > 0
    odd, wanted, _ = oddities.strange(run.scenes, len(rows))
    refused = split(judge(signed(odd.clamp(0, 255).round())))[0].argmax(1)[wanted == CLASS[NONE]] == CLASS[NONE]
    wrongly = (found[objects] == CLASS[NONE]).float().mean()
    return dict(pixels=float((found == classes).float().mean()), objects=float((found == classes)[objects].float().mean()),
                refused=float(refused.float().mean()), refused_wrongly=float(wrongly))


def train_judge(run, seconds, batch, vae):
    judge = Judge().to(run.device, memory_format=torch.channels_last)
    optimiser = Muon(judge.named_parameters(), lr=8e-3, skip=("stem", "head"))
    average, stage = Average(judge.parameters(), 200), Stage("judge", seconds, run)

    def step(n):
        loss = judge_loss(run, judge, *examples(run, vae, n), (stage.steps % 2, stage.steps // 2 % 2))
        judge.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
        optimiser.set_rate(stage.rate(8e-3))
        optimiser.step()
        average.update()
        stage.stepped(n, REPORT, loss=loss.detach())

    halving(stage, batch, step)
    average.swap()
    scores = judge_scores(run, judge.eval(), vae, 256 if run.cuda else 32)
    run.log("judge", steps=stage.steps, samples=stage.samples, **scores)
    run.results["judge"] = dict(samples=stage.samples, **{k: round(v, 4) for k, v in scores.items()})
    return judge
