"""Checks an exported model: are the things that the caption names in the picture?

Two judges that know nothing of each other. The template matcher compares with renders
of every glyph, by cosine of the difference from the background colour; the model's own
CLIP is asked zero-shot. Both are first tried on fresh renders sent through the VAE,
which bounds what generated images can reach."""

import argparse
import json
import time

import numpy as np
import torch

from captions import Caption, Thing, any_nouns, any_pair, fits
from common import setup, sheet, to_images, to_tensor
from layout import Look, sample_scene
from render import drawing, render
from sample import draw, open_model
from world import (
    ACCESSORIES, COLOURS, DESCRIBABLE, FACES, HELD_OUT_ADJECTIVES, HELD_OUT_PAIRS, LABELS, MATERIALS, NOUNS, PLAIN, SIZE,
    noun_of,
)

GOOD = 0.6  # below this cosine an object counts as not there
SINGLE, PAIR, TRIPLE = (36, 40, 44, 48, 52), (25, 27, 29, 31), (17, 19, 21)
MARGIN, BORDER = 2, 8  # pixels around a glyph, around an image


def backdrop(image):
    edge = np.concatenate([image[:2].reshape(-1, 3), image[-2:].reshape(-1, 3), image[:, :2].reshape(-1, 3), image[:, -2:].reshape(-1, 3)])
    return np.median(edge.astype(np.float32), 0)


class Matcher:
    """Scores looks at sizes everywhere in an image.

    The score is the cosine between glyph and window, both as differences from the
    background; as that is linear in the background's colour, the glyphs' spectra are
    taken once and all positions of all glyphs come from one product."""

    side = SIZE + 2 * BORDER

    def __init__(self):
        self.banks = {}

    def bank(self, looks, sizes):
        key = looks, sizes
        if key not in self.banks:
            shapes, layers = [], []
            for look in looks:
                im = drawing(look)
                for size in sizes:
                    k = size / max(im.size)
                    one = im.resize((max(1, round(im.width * k)), max(1, round(im.height * k))))
                    a = np.pad(np.asarray(one, np.float32) / 255, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)))
                    a = np.concatenate([a[..., :3] * a[..., 3:], a[..., 3:]], -1)
                    shapes.append((look, size, *a.shape[:2]))
                    layers.append(a.transpose(2, 0, 1))
            # |colour - ground * alpha|^2, written out in the ground's colour
            energies = np.array([[*(l[:3] ** 2).sum((1, 2)), *(l[:3] * l[3]).sum((1, 2)), (l[3] ** 2).sum()] for l in layers])
            spectra = torch.stack([torch.fft.rfft2(torch.from_numpy(l), s=(self.side, self.side)).conj() for l in layers])
            self.banks[key] = shapes, energies, spectra
        return self.banks[key]

    def best(self, image, looks, sizes):
        """The best (score, look, centre, size) of each look, best first."""
        shapes, energies, spectra = self.bank(tuple(looks), tuple(sizes))
        ground = backdrop(image) / 255
        d = np.pad(image.astype(np.float32) / 255 - ground, ((BORDER, BORDER), (BORDER, BORDER), (0, 0)))
        f = torch.fft.rfft2(torch.from_numpy(d.transpose(2, 0, 1).copy()))
        tinted = (f * torch.from_numpy(ground).view(3, 1, 1)).sum(0)
        dots = torch.fft.irfft2((spectra[:, :3] * f).sum(1) - spectra[:, 3] * tinted, s=(self.side, self.side)).numpy()
        table = np.pad(np.square(d).sum(-1).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        own = energies[:, :3].sum(1) - 2 * energies[:, 3:6] @ ground + energies[:, 6] * np.square(ground).sum()
        found = {}
        for (look, size, h, w), dot, e in zip(shapes, dots, own):
            window = table[h:, w:] - table[:-h, w:] - table[h:, :-w] + table[:-h, :-w]
            # A window with little in it must not win by chance: it counts at least half the glyph's energy.
            score = dot[:window.shape[0], :window.shape[1]] / np.sqrt(e * np.maximum(window, e / 2) + 1e-9)
            y, x = np.unravel_index(score.argmax(), score.shape)
            if look not in found or score[y, x] > found[look][0]:
                found[look] = (float(score[y, x]), look, (x + w / 2 - BORDER, y + h / 2 - BORDER), size)
        return sorted(found.values(), key=lambda f: -f[0])

    def objects(self, image, n, labels=LABELS):
        """The best match, erased, then the next best: n objects."""
        looks, sizes = [Look(label) for label in labels], (SINGLE, PAIR, TRIPLE)[n - 1]
        rest, found = image.copy(), []
        for _ in range(n):
            found.append(self.best(rest, looks, sizes)[0])
            (x, y), r = found[-1][2], found[-1][3] / 2 + 1
            rest[max(0, int(y - r)):int(y + r), max(0, int(x - r)):int(x + r)] = backdrop(image)
        return found


@torch.no_grad()
def clip_nouns(clip, tok, images):
    from clip import encode_image, encode_text

    text = encode_text(clip, tok, [f"a photo of {Thing(n).words}" for n in NOUNS])
    return [NOUNS[i] for i in (encode_image(clip, to_tensor(images)) @ text.T).argmax(-1)]


def share(hits):
    """Wilson's 95% interval with the share."""
    n, k = len(hits), int(np.sum(hits))
    if not n:
        return None
    p, z = k / n, 1.96
    centre, half = (p + z * z / 2 / n) / (1 + z * z / n), z * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n) / (1 + z * z / n)
    return dict(share=round(p, 3), low=round(float(centre - half), 3), high=round(float(centre + half), 3), n=n)


def cycle(items, n):
    return [items[i % len(items)] for i in range(n)]


def described(rng, adjectives, n):
    """n captions of one noun with each adjective in turn; none that training held out."""
    return [Caption((Thing(str(rng.choice([d for d in DESCRIBABLE if fits(a, d)])), adjective=a),)) for a in cycle(adjectives, n)]


def tasks(rng, k):
    """(kind, caption) for each image; k scales the sample sizes."""
    def nouns(ns):
        return Caption(tuple(Thing(str(n)) for n in ns))

    held = [sorted(p) for p in sorted(HELD_OUT_PAIRS, key=sorted)]
    combined = sorted(HELD_OUT_ADJECTIVES)
    kinds = {
        "single": [nouns([n]) for n in NOUNS for _ in range(max(1, round(3 * k)))],
        "pair": [nouns(any_pair(rng)) for _ in range(round(100 * k))],
        "held-out pair": [nouns(held[i]) for i in rng.choice(len(held), round(40 * k), replace=False)],
        "triple": [nouns(any_nouns(rng, 3)) for _ in range(round(40 * k))],
        "colour": described(rng, tuple(COLOURS), round(56 * k)),
        "material": described(rng, MATERIALS, round(32 * k)),
        "held-out adjective": [Caption((Thing(n, adjective=a),)) for a, n in (combined[i] for i in rng.choice(len(combined), min(len(combined), round(28 * k)), replace=False))],
        "worn": [Caption((Thing(f, accessory=a),)) for f, a in zip(cycle(tuple(FACES), round(48 * k)), cycle(tuple(ACCESSORIES), round(48 * k)))],
        "background": [Caption((Thing(str(rng.choice(NOUNS))),), background=b) for b in cycle(tuple(PLAIN), round(36 * k))],
    }
    return [(kind, caption) for kind, captions in kinds.items() for caption in captions]


def judge(matcher, kind, caption, image):
    """A dict of yes/no answers."""
    thing = caption.things[0]
    if kind == "single":
        score, look, _, _ = matcher.objects(image, 1)[0]
        return dict(noun=noun_of(look.label) == thing.noun, noun_and_good=noun_of(look.label) == thing.noun and score >= GOOD)
    if len(caption.things) > 1:
        found = matcher.objects(image, len(caption.things))
        wanted = [t.noun for t in caption.things]
        good = {noun_of(f[1].label): f[2][0] for f in found if f[0] >= GOOD}
        answers = dict(all=set(good) == set(wanted), each=[w in good for w in wanted])
        if answers["all"]:
            answers["in_order"] = sorted(wanted, key=good.get) == wanted
        return answers
    if thing.adjective:
        looks = [Look(thing.noun, a) for a in (None, *COLOURS, *MATERIALS)]
        score, look, _, _ = matcher.best(image, looks, SINGLE)[0]
        return dict(adjective=look.adjective == thing.adjective, adjective_and_good=look.adjective == thing.adjective and score >= GOOD)
    if thing.accessory:
        looks = [Look(thing.noun, None, a) for a in (None, *ACCESSORIES)]
        score, look, _, _ = matcher.best(image, looks, SINGLE)[0]
        return dict(worn=look.accessory == thing.accessory, worn_and_good=look.accessory == thing.accessory and score >= GOOD)
    ground = backdrop(image)
    nearest = min(PLAIN, key=lambda b: np.square(ground - np.array(PLAIN[b])).sum())
    return dict(background=nearest == caption.background)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("folder")
    a.add_argument("--output", help="results as JSON")
    a.add_argument("--sheet", help="a PNG of judged images")
    a.add_argument("--amount", type=float, default=1.0, help="scales the sample sizes")
    a.add_argument("--steps", type=int, default=30)
    a.add_argument("--guidance", type=float, default=5.0)
    a.add_argument("--seed", type=int, default=5000)
    a = a.parse_args()
    setup()
    from transformers import CLIPModel

    pipe, clip, matcher = open_model(a.folder), CLIPModel.from_pretrained(f"{a.folder}/clip").float(), Matcher()
    rng = np.random.default_rng(a.seed)
    work = tasks(rng, a.amount)

    def collect(images):
        answers = {}
        for (kind, caption), image in zip(work, images):
            for name, yes in judge(matcher, kind, caption, image).items():
                answers.setdefault(f"{kind}: {name}", []).extend(yes if isinstance(yes, list) else [yes])
        singles = [i for i, (kind, _) in enumerate(work) if kind == "single"]
        named = clip_nouns(clip, pipe.tokenizer, images[singles])
        answers["single: noun (own CLIP)"] = [n == work[i][1].things[0].noun for n, i in zip(named, singles)]
        return {k: share(v) for k, v in answers.items()}

    result = dict(steps=a.steps, guidance=a.guidance, seed=a.seed)
    real = np.stack([render(sample_scene(rng, c)) for _, c in work])
    with torch.no_grad():
        back = np.concatenate([to_images(pipe.vae(to_tensor(real[i:i + 16])).sample) for i in range(0, len(real), 16)])
    mse = np.square((real.astype(float) - back) / 255).mean((1, 2, 3))
    result["vae"] = dict(psnr=round(float((-10 * np.log10(mse)).mean()), 2), n=len(real))
    result["renders through the VAE"] = collect(back)
    start = time.time()
    images = draw(pipe, [c.text for _, c in work], [a.seed + i for i in range(len(work))], a.steps, a.guidance)
    result["seconds_per_image_in_batches"] = round((time.time() - start) / len(work), 3)
    result["generated"] = collect(images)
    wrong = {}
    for (kind, caption), image in zip(work, images):
        if kind == "single" and not judge(matcher, kind, caption, image)["noun"]:
            wrong[caption.things[0].noun] = wrong.get(caption.things[0].noun, 0) + 1
    result["nouns that failed"] = dict(sorted(wrong.items(), key=lambda w: -w[1]))
    text = json.dumps(result, indent=1)
    print(text)
    if a.output:
        open(a.output, "w").write(text + "\n")
    if a.sheet:
        sheet(images, 24, a.sheet, 1)


if __name__ == "__main__":
    main()
