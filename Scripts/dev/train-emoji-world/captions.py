"""Captions drawn at random from the world's grammar, and scenes that fit them."""

import colorsys
import dataclasses

import numpy as np

from world import *  # noqa: F403  (the world is the vocabulary of this module)
from world import Caption, Placed, Scene, Thing


def choose(rng, weighted):
    keys, weights = zip(*weighted)
    weights = np.array(weights) / sum(weights)
    return keys[rng.choice(len(keys), p=weights)]


def pick(rng, items):
    return items[int(rng.integers(len(items)))]


def decorate(rng, noun, how):
    if how == "worn":
        joint = "without" if rng.random() < WITHOUT_SHARE / 0.16 else pick(rng, WITH)
        return Thing(noun, accessory=pick(rng, tuple(ACCESSORIES)), joint=joint)
    return Thing(noun, colour=pick(rng, tuple(COLOURS)))


def any_pair(rng):
    # Polysemous nouns meet their context words far more often than chance would have it.
    if rng.random() < 0.06:
        noun = pick(rng, tuple(POLYSEMES))
        pair = [noun, pick(rng, POLYSEMES[noun].contexts)]
        return pair if rng.random() < 0.5 else pair[::-1]
    while True:
        a, b = pick(rng, NOUNS), pick(rng, NOUNS)
        if a != b and not held_out(a, b):
            return [a, b]


def sample_caption(rng):
    kind = choose(rng, KINDS)
    template = choose(rng, TEMPLATES)
    background = pick(rng, tuple(BACKGROUNDS)) if rng.random() < BACKGROUND_SHARE else None
    if kind == "pair":
        a, b = any_pair(rng)
        things = [Thing(a), Thing(b)]
        if rng.random() < PAIR_DECORATED:
            i = int(rng.integers(2))
            noun = things[i].noun
            hows = [h for h, fits in (("worn", FACES), ("coloured", TINTABLE)) if noun in fits]
            if hows:
                things[i] = decorate(rng, noun, pick(rng, hows))
        relation = choose(rng, [(k, v[0]) for k, v in RELATIONS.items()])
        return Caption(tuple(things), relation, background, template)
    if kind == "worn":
        return Caption((decorate(rng, pick(rng, tuple(FACES)), "worn"),), "and", background, template)
    if kind == "coloured":
        return Caption((decorate(rng, pick(rng, TINTABLE), "coloured"),), "and", background, template)
    bare = template == "{}" and rng.random() < BARE_SHARE / 0.6
    return Caption((Thing(pick(rng, NOUNS)),), "and", background, template, bare)


def neighbour(rng, caption):
    """A caption that differs in one point: a hard negative for contrastive training."""
    things = list(caption.things)
    i = int(rng.integers(len(things)))
    thing = things[i]
    options = ["noun", "background"]
    if len(things) == 2:
        options += ["swap", "swap", "drop"]
    if thing.colour:
        options += ["colour"] * 2
    if thing.accessory:
        options += ["accessory"] * 2 + ["bare"]
    what = pick(rng, options)
    if what == "swap":
        things.reverse()
    elif what == "drop":
        del things[1 - i]
    elif what == "colour":
        things[i] = dataclasses.replace(thing, colour=pick(rng, [c for c in COLOURS if c != thing.colour]))
    elif what == "accessory":
        things[i] = dataclasses.replace(thing, accessory=pick(rng, [a for a in ACCESSORIES if a != thing.accessory]))
    elif what == "bare":
        things[i] = Thing(thing.noun)
    elif what == "background":
        other = [b for b in (None, *BACKGROUNDS) if b != caption.background]
        return dataclasses.replace(caption, background=pick(rng, other))
    else:
        pool = FACES if thing.accessory else TINTABLE if thing.colour else NOUNS
        rest = [t.noun for t in things if t is not thing]
        pool = [n for n in pool if n != thing.noun and not any(n == r or held_out(n, r) for r in rest)]
        things[i] = dataclasses.replace(thing, noun=pick(rng, pool))
    return dataclasses.replace(caption, things=tuple(things))


def sense(rng, noun, others):
    if noun not in POLYSEMES:
        return noun
    p = POLYSEMES[noun]
    second = CONTEXT_PULL if any(o in p.contexts for o in others) else 1 - FIRST_SENSE
    return (p.second if rng.random() < second else p.first).name


def default_background(rng):
    # Half the pictures stand on near-white, half on a pastel: the seed's free choice.
    if rng.random() < 0.5:
        v = int(rng.integers(240, 256))
        return (v, v, v)
    r, g, b = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.08, 0.25), rng.uniform(0.92, 1))
    return (int(r * 255), int(g * 255), int(b * 255))


def sample_scene(rng, caption):
    background = BACKGROUNDS[caption.background] if caption.background else default_background(rng)
    scene = Scene(background)
    n = len(caption.things)
    if n == 2:
        _, axis, side, certainty = RELATIONS[caption.relation]
        if rng.random() >= certainty:
            side = 1 - side
    for i, t in enumerate(caption.things):
        others = [o.noun for o in caption.things if o is not t]
        worn = t.accessory if t.joint != "without" or rng.random() < WITHOUT_DRAWN else None
        if n == 1:
            size = rng.uniform(*SINGLE_SIZE)
            room = (SIZE - size) / 2
            x, y = SIZE / 2 + rng.uniform(-0.6, 0.6, 2) * room
        else:
            size = rng.uniform(*PAIR_SIZE)
            along = PAIR_AT[i ^ side] + rng.uniform(-1.5, 1.5)
            across = SIZE / 2 + rng.uniform(-7, 7)
            x, y = (along, across) if axis == "x" else (across, along)
        scene.objects.append(Placed(sense(rng, t.noun, others), t.colour, worn, x, y, size))
    return scene
