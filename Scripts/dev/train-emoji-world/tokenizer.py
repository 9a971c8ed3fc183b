"""CLIP's byte-level BPE, with merges learnt from the world's own captions.

311 merges would join every word of the world; 260 leave twenty in pieces, among them the
nouns watermelon, hammer, wrench, piano, letter, dice and owl, so that studies meet words
of several tokens. (The first version learnt all but seven: its nouns are single tokens.)"""

import collections
import json

import numpy as np
import regex
from transformers import CLIPTokenizer

from captions import sample_caption
from common import OUT

MERGES = 260
LENGTH = 77
START, END = "<|startoftext|>", "<|endoftext|>"


def bytes_to_unicode():
    """The printable stand-ins of CLIP and GPT-2 for the 256 bytes, in their order."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, n = {b: chr(b) for b in keep}, 0
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + n)
            n += 1
    return table


def learn(words, merges):
    """words: Counter. Joins the commonest neighbouring pair, over and over."""
    table = bytes_to_unicode()
    split = {}
    for word in words:
        chars = [table[b] for b in word.encode()]
        split[word] = [*chars[:-1], chars[-1] + "</w>"]
    out = []
    while len(out) < merges:
        pairs = collections.Counter()
        for word, n in words.items():
            for pair in zip(split[word], split[word][1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        out.append(best)
        for word, parts in split.items():
            i, joined = 0, []
            while i < len(parts):
                if tuple(parts[i:i + 2]) == best:
                    joined.append(parts[i] + parts[i + 1])
                    i += 2
                else:
                    joined.append(parts[i])
                    i += 1
            split[word] = joined
    return out


def build(folder=None):
    folder = folder or OUT / "tokenizer"
    if not (folder / "vocab.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(0)
        words = collections.Counter()
        for _ in range(20000):
            words.update(regex.findall(r"\p{L}+", sample_caption(rng).text))
        merges = learn(words, MERGES)
        letters = list(bytes_to_unicode().values())
        pieces = [*letters, *(c + "</w>" for c in letters), *("".join(m) for m in merges), START, END]
        vocab = {piece: i for i, piece in enumerate(pieces)}
        (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
        tok = CLIPTokenizer(vocab=vocab, merges=merges, bos_token=START, eos_token=END, unk_token=END,
                            pad_token=END, model_max_length=LENGTH)
        tok.save_pretrained(folder)
        (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
        (folder / "special_tokens_map.json").write_text(json.dumps(
            dict(bos_token=START, eos_token=END, unk_token=END, pad_token=END), indent=2))
    return CLIPTokenizer.from_pretrained(folder)


if __name__ == "__main__":
    from world import ACCESSORIES, ADJECTIVES, NOUNS, PLAIN, SCENES

    tok = build()
    print(len(tok), tok("a photo of a cat").input_ids)
    for w in dict.fromkeys((*NOUNS, *ACCESSORIES, *ADJECTIVES, *PLAIN, *SCENES)):
        p = tok.tokenize(w)
        if len(p) > 1:
            print(w, p)
