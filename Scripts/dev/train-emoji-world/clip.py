"""Trains CLIP's two towers contrastively on captions and renders of the world."""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from transformers import CLIPModel, CLIPTokenizer

import tokenizer
from captions import neighbour, sample_caption, with_article
from common import OUT, Clock, load, log, save, setup, stoppable, to_tensor
from layout import Look, Placed, Scene, open_backdrop, sample_scene
from models import new_clip
from render import render
from world import LABELS, NOUNS, RELATIONS, SINGLE_SIZE, noun_of


def meaning(caption):
    """Equal for captions that a picture cannot tell apart: such pairs are no negatives."""
    _, axis, side, _ = RELATIONS[caption.relation]
    things = tuple((t.noun, t.adjective, t.accessory, t.joint == "without") for t in caption.things)
    if len(things) == 2:
        return (things[::-1] if side else things, axis, caption.background)
    return (things, "", caption.background)


def batch(rng, n):
    """Half of the captions differ from another one of the batch in one point only."""
    captions = [sample_caption(rng) for _ in range(n // 2)]
    captions += [neighbour(rng, c) for c in captions]
    images = np.stack([render(sample_scene(rng, c)) for c in captions])
    keys = [meaning(c) for c in captions]
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    ids = torch.tensor([number[key] for key in keys])
    same = ids[:, None] == ids
    return [c.text for c in captions], to_tensor(images), same


def encode_text(clip, tok, texts):
    # The tower is causal: what follows the first end-of-text cannot change the result.
    t = tok(texts, padding="longest", truncation=True, return_tensors="pt")
    hidden = clip.text_model(input_ids=t.input_ids).pooler_output
    return F.normalize(clip.text_projection(hidden).float(), dim=-1)


def encode_image(clip, pixels):
    return F.normalize(clip.visual_projection(clip.vision_model(pixel_values=pixels).pooler_output).float(), dim=-1)


@torch.no_grad()
def zero_shot(clip, tok, seed=10**6, per_label=8):
    """Share of fresh single-object renders whose nearest 'a photo of a X' is right (senses count as their noun)."""
    text = encode_text(clip, tok, [f"a photo of {with_article(n)}" for n in NOUNS])
    rng = np.random.default_rng(seed)
    right = []
    for label in LABELS:
        ims = [render(Scene(open_backdrop(rng), [Placed(Look(label), *(32 + rng.uniform(-4, 4, 2)), rng.uniform(*SINGLE_SIZE))]))
               for _ in range(per_label)]
        best = (encode_image(clip, to_tensor(np.stack(ims))) @ text.T).argmax(-1)
        right += [NOUNS[i] == noun_of(label) for i in best]
    texts, x, same = batch(rng, 256)
    logits = encode_image(clip, x) @ encode_text(clip, tok, texts).T
    logits = logits.masked_fill(same & ~torch.eye(len(texts), dtype=torch.bool), -9)
    hard = (logits.diagonal()[:128] > logits[torch.arange(128), torch.arange(128) + 128]).float().mean()
    return dict(zero_shot=float(np.mean(right)), retrieval_256=float((logits.argmax(1) == torch.arange(len(texts))).float().mean()), neighbour=float(hard))


def warm_start(clip, tok, folder):
    """Weights of an earlier model, whose vocabulary may be another: the tokenizer lies beside it."""
    old = CLIPModel.from_pretrained(folder).float()
    weights, vocabulary = old.state_dict(), CLIPTokenizer.from_pretrained(f"{folder}/../tokenizer").get_vocab()
    key = "text_model.embeddings.token_embedding.weight"
    table = clip.state_dict()[key].clone()
    for piece, i in tok.get_vocab().items():
        if piece in vocabulary:
            table[i] = weights[key][vocabulary[piece]]
    clip.load_state_dict({**weights, key: table, "logit_scale": clip.logit_scale.detach()})


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--minutes", type=float, default=10)
    a.add_argument("--lr", type=float, default=1.5e-3)
    a.add_argument("--batch", type=int, default=96)
    a.add_argument("--seed", type=int, default=2)
    a.add_argument("--start", help="folder of a CLIPModel to begin with; tokens find theirs by their text")
    a.add_argument("--image-tower", action="store_true",
                   help="go on with the image side alone: the text tower that the UNet was trained on stays as it is")
    a = a.parse_args()
    setup()
    torch.manual_seed(a.seed)
    tok = tokenizer.build()
    clip = new_clip(tok)
    with torch.no_grad():
        clip.logit_scale.fill_(np.log(10))
    if a.start:
        warm_start(clip, tok, a.start)
    path = OUT / "clip.pt"
    if a.image_tower:
        clip.load_state_dict(load(path)["model"])
        clip.text_model.requires_grad_(False)
        path = OUT / "clip-image.pt"
    optimiser = torch.optim.AdamW([p for p in clip.parameters() if p.requires_grad], lr=a.lr, betas=(0.9, 0.98), weight_decay=0.02, fused=True)
    state = load(path)
    clock, step = Clock(a.minutes), 0
    if state:
        clip.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        clock, step = Clock(a.minutes, state["spent"]), state["steps"]
    rng = np.random.default_rng(a.seed + step)
    log("clip", parameters=sum(p.numel() for p in clip.parameters()), resumed=step)
    seen = 0.0
    stop = stoppable()

    def checkpoint():
        save(path, dict(model=clip.state_dict(), optimiser=optimiser.state_dict(), steps=step, spent=clock.spent))

    while clock.progress < 1:
        if stop():
            return checkpoint()
        texts, x, same = batch(rng, a.batch)
        for g in optimiser.param_groups:
            g["lr"] = clock.rate(a.lr, warmup=0.05)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            image, text = encode_image(clip, x), encode_text(clip, tok, texts)
        logits = clip.logit_scale.exp().clamp(max=100) * image @ text.T
        logits = logits.masked_fill(same & ~torch.eye(len(texts), dtype=torch.bool), -1e4)
        target = torch.arange(len(texts))
        loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(clip.parameters(), 1.0)
        optimiser.step()
        step += 1
        seen = 0.95 * seen + 0.05 * float(loss.detach())
        if step % 50 == 0:
            log("clip", step=step, minutes=clock.spent / 60, loss=seen / (1 - 0.95 ** min(step, 500)), scale=float(clip.logit_scale.detach().exp()))
        if step % 200 == 0:
            checkpoint()
            log("clip", step=step, **zero_shot(clip, tok))
    checkpoint()
    log("clip", step=step, pairs=step * a.batch, minutes=clock.spent / 60, **zero_shot(clip, tok))
    clip.save_pretrained(OUT / "clip")


if __name__ == "__main__":
    main()
