#!/usr/bin/env python3
"""Words to tokens of a thousand prompts by transformers' offsets, against Lunette's.

    LUNETTE_PYTHON Scripts/dev/check-words.py FILE && Scripts/lunette run Scripts/dev/check-words.lua -- FILE

Writes FILE: prompts of punctuation, hyphens, capitals, digits, Cyrillic, Greek, CJK and emoji, with the ids of their tokens and,
for each token, the characters of the prompt that it stands for. Two tokens of one word touch and stand in one piece that the
tokenizer's own pattern cuts. Needs transformers and tokenizers (goldens/requirements.txt)."""
import json
import random
import sys
from pathlib import Path

from transformers import CLIPTokenizerFast

ROOT = Path(__file__).resolve().parents[2]
PARTS = (["cat", "fire-truck", "don't", "it's", "WE'LL", "3d", "x2y", "a.b", "e-mail", "Pistol", "LION", "watermelon", "…", "--", "!?", "(hat)",
          "[red]", "café", "naïve", "Über", "straße", "привет", "КОТ", "ёлка", "ὁδός", "ΟΔΟΣ", "λόγος", "猫", "犬と猫", "東京タワー", "고양이",
          "🐱", "👨‍👩‍👧", "❤️", "12", "1999", "½", "x²", "#tag", "@home", "50%", "a/b", "_under_", "'quoted'", "“so”", "ﬁ", "I'm", "l'été"])


def main(path):
    tokenizer = CLIPTokenizerFast.from_pretrained(ROOT / "Plugins/emoji-world/model/tokenizer")
    rng = random.Random(5)
    rows = []
    for _ in range(1000):
        prompt = rng.choice(["", " "]).join(rng.choices(PARTS, k=1)) + "".join(
            rng.choice([" ", " ", " ", ", ", "-", ""]) + part for part in rng.choices(PARTS, k=rng.randint(0, 3)))
        encoded = tokenizer(prompt, return_offsets_mapping=True)
        ids, words = encoded["input_ids"], encoded.word_ids()
        if len(ids) > 77:
            continue
        # Offsets are of characters; two tokens of a word follow each other without a gap.
        rows.append(dict(prompt=prompt, ids=ids, words=[-1 if w is None else w for w in words],
                         offsets=[list(o) for o in encoded["offset_mapping"]]))
    Path(path).write_text(json.dumps(rows, ensure_ascii=False))
    print(len(rows), "prompts")


if __name__ == "__main__":
    main(sys.argv[1])
