"""Writes the world's facts as JSON: what Lua studies, the judge and the evaluation read.

    python export_world.py Plugins/emoji-world/data/world.json [--grammar accelerated]

Shares that follow from the grammar by chance (how often each sense is drawn, how often captions deny, the distinct
words) are counted over captions from a fixed seed."""

import argparse
import collections
import json

import numpy as np
import regex

import world
from captions import sample_caption, with_article
from layout import sample_scene

COUNTED = 100_000


def sample(rng, grammar=world.GRAMMAR):
    caption = sample_caption(rng, grammar)
    return caption, sample_scene(rng, caption)


def counts(grammar):
    rng = np.random.default_rng(0)
    senses, kinds, words, captions, without = collections.Counter(), collections.Counter(), set(), set(), 0
    for _ in range(COUNTED):
        caption, scene = sample(rng, grammar)
        senses.update(o.look.label for o in scene.objects)
        kinds[len(caption.things)] += 1
        words.update(regex.findall(r"\p{L}+", caption.text))
        captions.add(caption.text)
        without += any(t.joint == "without" for t in caption.things)
    first = sum(senses[p.first.name] for p in world.POLYSEMES.values())
    second = sum(senses[p.second.name] for p in world.POLYSEMES.values())
    return dict(
        captions=COUNTED, distinct=len(captions), without=round(without / COUNTED, 5),
        objects={str(n): round(k / COUNTED, 4) for n, k in sorted(kinds.items())},
        first_sense=round(first / (first + second), 4), words=sorted(words),
        senses={name: {"first": senses[p.first.name], "second": senses[p.second.name]} for name, p in world.POLYSEMES.items()},
    )


def polyseme(p):
    """The first sense is the dominant one."""
    return dict(senses=[p.first.name, p.second.name], contexts=p.contexts, held_out=p.held_out)


def facts(grammar):
    return dict(
        version=world.VERSION, size=world.SIZE,
        nouns=world.NOUNS, labels=world.LABELS, glyphs=world.GLYPHS,
        articles={n: with_article(n).split()[0] for n in (*world.NOUNS, *world.ADJECTIVES)},
        categories={c: list(nouns) for c, nouns in world.CATEGORIES.items()},
        polysemes={n: polyseme(p) for n, p in world.POLYSEMES.items()},
        sense_shares=dict(first=world.FIRST_SENSE, second_in_context=world.CONTEXT_PULL),
        accessories=list(world.ACCESSORIES), faces=list(world.FACES), wearing=world.WITH,
        without=dict(share_of_accessory_captions=world.WITHOUT_SHARE, drawn_all_the_same=world.WITHOUT_DRAWN),
        colours=world.COLOURS, materials=world.MATERIALS, describable=world.DESCRIBABLE,
        held_out_adjectives=sorted(list(p) for p in world.HELD_OUT_ADJECTIVES),
        plain_backgrounds=world.PLAIN, scenes=world.SCENES,
        relations={r: dict(weight=grammar.relations[r], axis=a, first=(("left", "right") if a == "x" else ("above", "below"))[s],
                           certainty=c)
                   for r, (_, a, s, c) in world.RELATIONS.items()},
        templates=[t for t, _ in world.TEMPLATES],
        kinds=dict(grammar.kinds), comma_in_lists=grammar.comma,
        held_out_pairs=sorted(sorted(p) for p in world.HELD_OUT_PAIRS),
        layout=dict(single_size=world.SINGLE_SIZE, pair_size=world.PAIR_SIZE, pair_at=world.PAIR_AT,
                    triple_size=world.TRIPLE_SIZE, triple_at=world.TRIPLE_AT, orderly=world.ORDERLY),
        counted=counts(grammar),
    )


def lines(value, depth=0):
    """JSON with one entry of the outer two levels on a line: short, and readable in a diff."""
    if depth < 2 and isinstance(value, dict):
        inside = ",\n".join(f"{' ' * (depth + 1)}{json.dumps(k)}: {lines(v, depth + 1)}" for k, v in value.items())
        return "{\n" + inside + "\n" + " " * depth + "}"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    a = argparse.ArgumentParser()
    a.add_argument("path")
    a.add_argument("--grammar", choices=world.GRAMMARS, default="plain", help="that the weights learnt from")
    a = a.parse_args()
    with open(a.path, "w") as out:
        out.write(lines(facts(world.GRAMMARS[a.grammar])) + "\n")
