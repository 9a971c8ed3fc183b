"""The world's language: captions drawn at random from its grammar."""

from dataclasses import dataclass, replace

import numpy as np

from world import (
    ACCESSORIES, ADJECTIVES, BARE_SHARE, COLOUR_SHARE, COLOURS, CONTEXT_SHARE, DESCRIBABLE, FACES, HELD_OUT_ADJECTIVES,
    GRAMMAR, MATERIALS, NOUNS, PAIR_DECORATED, PLAIN, PLAIN_SHARE, POLYSEMES, SCENE_SHARE, SCENES, TEMPLATES, WITH,
    WITHOUT_SHARE, held_out,
)


def with_article(words):
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


@dataclass(frozen=True)
class Thing:
    """One object as the caption names it."""

    noun: str
    adjective: str | None = None
    accessory: str | None = None
    joint: str = "with"  # with, wearing or without

    @property
    def words(self):
        tail = ""
        if self.accessory:
            worn = self.accessory if self.accessory.endswith("s") else f"a {self.accessory}"
            tail = f" {self.joint} {worn}"
        return with_article(f"{self.adjective} {self.noun}" if self.adjective else self.noun) + tail

    @property
    def colour(self):
        return self.adjective if self.adjective in COLOURS else None


@dataclass(frozen=True)
class Caption:
    """What is said. Several scenes can fit one caption."""

    things: tuple
    relation: str = "and"
    background: str | None = None  # of PLAIN or SCENES
    template: str = "{}"
    bare: bool = False
    comma: bool = True  # of three: "X, Y and Z", not "X and Y and Z"

    @property
    def text(self):
        words = [t.words for t in self.things]
        if self.bare:
            body = words[0].split(" ", 1)[1]
        elif len(words) == 3 and self.comma:
            body = f"{words[0]}, {words[1]} and {words[2]}"
        else:
            body = f" {self.relation} ".join(words)
        text = self.template.format(body)
        if self.background in SCENES:
            return f"{text} {SCENES[self.background]}"
        if self.background:
            return f"{text} on {with_article(self.background)} background"
        return text


def pick(rng, items):
    return items[int(rng.integers(len(items)))]


def choose(rng, weighted):
    keys, weights = zip(*weighted)
    weights = np.array(weights) / sum(weights)
    return keys[rng.choice(len(keys), p=weights)]


def fits(adjective, noun):
    return (adjective, noun) not in HELD_OUT_ADJECTIVES


def described(rng, noun):
    pool = tuple(COLOURS) if rng.random() < COLOUR_SHARE else MATERIALS
    return Thing(noun, adjective=pick(rng, [a for a in pool if fits(a, noun)]))


def dressed(rng, noun):
    joint = "without" if rng.random() < WITHOUT_SHARE else pick(rng, WITH)
    return Thing(noun, accessory=pick(rng, tuple(ACCESSORIES)), joint=joint)


def decorated(rng, noun):
    """The noun with an adjective or an accessory, if it can have one."""
    hows = [how for how, nouns in ((dressed, FACES), (described, DESCRIBABLE)) if noun in nouns]
    return pick(rng, hows)(rng, noun) if hows else Thing(noun)


def any_nouns(rng, n):
    """n different nouns that may meet."""
    nouns = []
    while len(nouns) < n:
        noun = pick(rng, NOUNS)
        if not any(noun == other or held_out(noun, other) for other in nouns):
            nouns.append(noun)
    return nouns


def any_pair(rng):
    # Polysemous nouns meet their context words more often than chance would have it.
    if rng.random() < CONTEXT_SHARE:
        noun = pick(rng, tuple(POLYSEMES))
        pair = [noun, pick(rng, POLYSEMES[noun].contexts)]
        return pair if rng.random() < 0.5 else pair[::-1]
    return any_nouns(rng, 2)


def any_background(rng, things):
    u = rng.random()
    if u < PLAIN_SHARE:  # nothing vanishes into its own colour
        return pick(rng, [c for c in PLAIN if all(c != t.adjective for t in things)])
    return pick(rng, tuple(SCENES)) if u < PLAIN_SHARE + SCENE_SHARE else None


def any_things(rng, kind):
    if kind == "worn":
        return [dressed(rng, pick(rng, tuple(FACES)))]
    if kind == "described":
        return [described(rng, pick(rng, DESCRIBABLE))]
    if kind == "pair":
        things = [Thing(n) for n in any_pair(rng)]
        if rng.random() < PAIR_DECORATED:
            i = int(rng.integers(2))
            things[i] = decorated(rng, things[i].noun)
        return things
    return [Thing(n) for n in any_nouns(rng, 3 if kind == "triple" else 1)]


def sample_caption(rng, grammar=GRAMMAR):
    kind = choose(rng, grammar.kinds)
    things = tuple(any_things(rng, kind))
    relation = choose(rng, grammar.relations.items()) if kind == "pair" else "and"
    background, template = any_background(rng, things), choose(rng, TEMPLATES)
    bare = kind == "single" and rng.random() < BARE_SHARE
    comma = kind != "triple" or grammar.comma == 1 or bool(rng.random() < grammar.comma)
    return Caption(things, relation, background, template, bare, comma)


def neighbour(rng, caption):
    """A caption that differs in one point: a hard negative for contrastive training."""
    things = list(caption.things)
    i = int(rng.integers(len(things)))
    thing = things[i]
    options = ["noun", "background"]
    if len(things) > 1:
        options += ["swap", "swap", "drop"]
    if thing.adjective:
        options += ["adjective"] * 2
    if thing.accessory:
        options += ["accessory"] * 2 + ["bare"]
    what = pick(rng, options)
    if what == "swap":
        j = (i + 1) % len(things)
        things[i], things[j] = things[j], things[i]
    elif what == "drop":
        del things[i]
    elif what == "adjective":
        others = [a for a in ADJECTIVES if a not in (thing.adjective, caption.background) and fits(a, thing.noun)]
        things[i] = replace(thing, adjective=pick(rng, others))
    elif what == "accessory":
        things[i] = replace(thing, accessory=pick(rng, [a for a in ACCESSORIES if a != thing.accessory]))
    elif what == "bare":
        things[i] = Thing(thing.noun)
    elif what == "background":
        taken = (caption.background, *(t.adjective for t in things))
        return replace(caption, background=pick(rng, [b for b in (None, *PLAIN, *SCENES) if b is None or b not in taken]))
    else:
        pool = FACES if thing.accessory else DESCRIBABLE if thing.adjective else NOUNS
        rest = [t.noun for t in things if t is not thing]
        things[i] = replace(thing, noun=pick(rng, [
            n for n in pool
            if n != thing.noun and fits(thing.adjective, n) and not any(n == r or held_out(n, r) for r in rest)
        ]))
    return replace(caption, things=tuple(things))
