"""Captions as arrays: what they say, in numbers that scenes are drawn from, and their tokens."""

import json
import multiprocessing
import re
from dataclasses import dataclass

import numpy as np

from captions import neighbour, sample_caption
from world import ACCESSORIES, ADJECTIVES, GRAMMARS, NOUNS, PLAIN, RELATIONS, SCENES

LENGTH = 77
START, END = "<|startoftext|>", "<|endoftext|>"
BACKGROUNDS = (*PLAIN, *SCENES)
CHUNK = 4096  # captions that one process writes at a time


class Tokenizer:
    """The world's byte-level BPE, for text of plain letters and commas, from a tokenizer's folder."""

    def __init__(self, folder):
        self.vocabulary = json.loads((folder / "vocab.json").read_text())
        merges = (folder / "merges.txt").read_text().splitlines()[1:]
        self.rank = {tuple(m.split()): i for i, m in enumerate(merges)}
        self.known = {}

    def word(self, word):
        if word not in self.known:
            parts = [*word[:-1], word[-1] + "</w>"]
            while len(parts) > 1:
                pairs = [self.rank.get(pair, len(self.rank)) for pair in zip(parts, parts[1:])]
                best = min(pairs)
                if best == len(self.rank):
                    break
                joined, i = [], 0
                while i < len(parts):
                    whole = i < len(pairs) and pairs[i] == best
                    joined.append(parts[i] + parts[i + 1] if whole else parts[i])
                    i += 2 if whole else 1
                parts = joined
            self.known[word] = [self.vocabulary[p] for p in parts]
        return self.known[word]

    def ids(self, text):
        """LENGTH ids: start, the text, and end-of-text to the end."""
        end = self.vocabulary[END]
        out = [self.vocabulary[START]]
        for word in re.findall(r"[a-z]+|[^\sa-z]+", text.lower()):
            out += self.word(word)
        out = out[:LENGTH - 1]
        return out + [end] * (LENGTH - len(out))


@dataclass
class Captions:
    """One row for each caption; -1 is "none". `things` is (n, 3, 4): noun, adjective, accessory, 1 where "without"."""

    tokens: np.ndarray
    things: np.ndarray
    relation: np.ndarray
    background: np.ndarray
    meaning: np.ndarray  # equal for captions that no picture can tell apart

    def __len__(self):
        return len(self.tokens)


def thing_row(thing):
    def place(names, name):
        return names.index(name) if name else -1

    return (NOUNS.index(thing.noun), place(ADJECTIVES, thing.adjective), place(tuple(ACCESSORIES), thing.accessory),
            int(thing.joint == "without"))


def meaning(caption):
    """A hash that is the same in every process. X left of Y is Y right of X; X above Y is Y under X."""
    _, axis, side, _ = RELATIONS[caption.relation]
    things = [thing_row(t) for t in caption.things]
    said = (things[::-1] if side and len(things) == 2 else things, axis if len(things) == 2 else "", caption.background)
    out = 1469598103934665603
    for byte in repr(said).encode():  # FNV-1a
        out = (out ^ byte) * 1099511628211 % 2**64
    return out >> 1


def rows_of(captions, tokenizer):
    things = np.full((len(captions), 3, 4), -1, np.int16)
    for i, c in enumerate(captions):
        for j, thing in enumerate(c.things):
            things[i, j] = thing_row(thing)
    relations = tuple(RELATIONS)
    return Captions(
        tokens=np.array([tokenizer.ids(c.text) for c in captions], np.int16), things=things,
        relation=np.array([relations.index(c.relation) for c in captions], np.int16),
        background=np.array([BACKGROUNDS.index(c.background) if c.background else -1 for c in captions], np.int16),
        meaning=np.array([meaning(c) for c in captions], np.int64))


def chunk(job):
    folder, grammar, seed, n, pairs = job
    rng, tokenizer = np.random.default_rng(seed), Tokenizer(folder)
    captions = [sample_caption(rng, GRAMMARS[grammar]) for _ in range(n)]
    first = rows_of(captions, tokenizer)
    return (first, rows_of([neighbour(rng, c) for c in captions], tokenizer)) if pairs else (first,)


def joined(parts):
    return Captions(*(np.concatenate([getattr(p, k) for p in parts]) for k in Captions.__dataclass_fields__))


def write(folder, grammar, seed, n, processes, pairs=False):
    """`n` captions; with `pairs`, also as many that differ from them in one point."""
    jobs = [(folder, grammar, seed * 100_003 + i, min(CHUNK, n - i * CHUNK), pairs) for i in range(-(-n // CHUNK))]
    if processes > 1:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            parts = pool.map(chunk, jobs, chunksize=1)
    else:
        parts = [chunk(j) for j in jobs]
    return tuple(joined(list(side)) for side in zip(*parts))
