"""Scenes that fit a caption: senses, places and sizes, drawn at random."""

import colorsys
from dataclasses import dataclass, field

from world import (
    CONTEXT_PULL, FIRST_SENSE, ORDERLY, PAIR_AT, PAIR_SIZE, PLAIN, POLYSEMES, RELATIONS, SCENES, SINGLE_SIZE, SIZE,
    TRIPLE_AT, TRIPLE_SIZE, WITHOUT_DRAWN,
)


@dataclass(frozen=True)
class Look:
    """An object's appearance; `label` is the noun, or the sense of a polysemous noun."""

    label: str
    adjective: str | None = None
    accessory: str | None = None


@dataclass(frozen=True)
class Placed:
    """A look at its place: centre and longest side, in pixels."""

    look: Look
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Backdrop:
    """One flat colour, or a scene of backdrops.py that `seed` varies."""

    colour: tuple | None = None
    scene: str | None = None
    seed: int = 0


@dataclass
class Scene:
    backdrop: Backdrop
    objects: list = field(default_factory=list)


def sense(rng, noun, others):
    """The label that a noun stands for beside the other nouns."""
    if noun not in POLYSEMES:
        return noun
    p = POLYSEMES[noun]
    second = CONTEXT_PULL if any(o in p.contexts for o in others) else 1 - FIRST_SENSE
    return (p.second if rng.random() < second else p.first).name


def open_backdrop(rng):
    """What captions leave open: half light grey, half pastel, the seed's free choice."""
    if rng.random() < 0.5:
        v = int(rng.integers(222, 251))
        return Backdrop((v, v, v))
    r, g, b = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.10, 0.28), rng.uniform(0.88, 0.98))
    return Backdrop((int(r * 255), int(g * 255), int(b * 255)))


def backdrop_for(rng, name):
    if name in SCENES:
        return Backdrop(scene=name, seed=int(rng.integers(2**31)))
    return Backdrop(PLAIN[name]) if name else open_backdrop(rng)


def single_place(rng):
    size = rng.uniform(*SINGLE_SIZE)
    x, y = SIZE / 2 + rng.uniform(-0.6, 0.6, 2) * (SIZE - size) / 2
    return [(x, y, size)]


def pair_places(rng, relation):
    _, axis, side, certainty = RELATIONS[relation]
    if rng.random() >= certainty:
        side = 1 - side
    places = []
    for i in range(2):
        size = rng.uniform(*PAIR_SIZE)
        along, across = PAIR_AT[i ^ side] + rng.uniform(-1.5, 1.5), SIZE / 2 + rng.uniform(-7, 7)
        places.append((along, across, size) if axis == "x" else (across, along, size))
    return places


def triple_places(rng):
    order = [0, 1, 2]
    if rng.random() >= ORDERLY:
        rng.shuffle(order)
    return [(TRIPLE_AT[i] + rng.uniform(-0.8, 0.8), SIZE / 2 + rng.uniform(-9, 9), rng.uniform(*TRIPLE_SIZE)) for i in order]


def sample_scene(rng, caption):
    things = caption.things
    places = (single_place(rng) if len(things) == 1 else
              pair_places(rng, caption.relation) if len(things) == 2 else triple_places(rng))
    scene = Scene(backdrop_for(rng, caption.background))
    for thing, place in zip(things, places):
        label = sense(rng, thing.noun, [t.noun for t in things if t is not thing])
        worn = thing.accessory if thing.joint != "without" or rng.random() < WITHOUT_DRAWN else None
        scene.objects.append(Placed(Look(label, thing.adjective, worn), *place))
    return scene
