#!/usr/bin/env python3
"""Agreement of the judge, and of the eye, with a template matcher that shares nothing with the judge.

    python matcher.py FOLDER

FOLDER holds what agreement.lua wrote. The matcher is that of train-emoji-world/evaluate.py: the best-fitting glyphs of
all in the world, at least 0.6 of cosine counting as there."""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

root = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(root / "Scripts/dev/train-emoji-world"))

from evaluate import GOOD, Matcher, share  # noqa: E402
from world import LABELS, noun_of  # noqa: E402

SIZE, COLUMNS = 64, 10


def kappa(a, b):
    a, b = np.array(a), np.array(b)
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float(((a == b).mean() - chance) / (1 - chance))


def main(folder):
    sheet = np.asarray(Image.open(folder / "pictures.png").convert("RGB"))
    answers, matcher = json.loads((folder / "answers.json").read_text())["pictures"], Matcher()
    says = dict(matcher=[], judge=[], eye=[])
    for i, answer in enumerate(answers):
        y, x = (k * SIZE for k in divmod(i, COLUMNS))
        found = matcher.objects(sheet[y:y + SIZE, x:x + SIZE], len(answer["asked"]), LABELS)
        seen = {noun_of(look.label) for score, look, _, _ in found if score >= GOOD}
        for asked in answer["asked"]:
            for who, named in dict(matcher=seen, judge=answer["judge"], eye=answer["eye"]).items():
                says[who].append(asked in named)
    for a, b in (("judge", "matcher"), ("eye", "matcher"), ("judge", "eye")):
        same = [p == q for p, q in zip(says[a], says[b])]
        print(f"{a} and {b}: {share(same)}, kappa {kappa(says[a], says[b]):.2f}")
    print({who: sum(yes) for who, yes in says.items()}, "of", len(says["eye"]), "say yes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
