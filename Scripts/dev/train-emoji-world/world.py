"""The emoji world: what exists in it, how often, and where things stand.

Facts only. Captions, scenes, renders, the judge's labels, the checks and the word
lists of the studies (`world.json`, written by export_world.py) all come from this
file: add a noun here and everything else follows.
"""

from dataclasses import dataclass, field

VERSION = 3
SIZE = 64  # pixels on a side

# ---------------------------------------------------------------- nouns

# Category -> noun -> glyph. Nouns of one category are each other's cohyponyms.
CATEGORIES = {
    "figure": {"man": "👨", "woman": "👩", "robot": "🤖", "ghost": "👻"},
    "animal": {
        "cat": "🐱", "dog": "🐶", "bear": "🐻", "panda": "🐼", "lion": "🦁", "fox": "🦊",
        "frog": "🐸", "pig": "🐷", "monkey": "🐵", "elephant": "🐘", "penguin": "🐧", "owl": "🦉",
    },
    "vehicle": {"car": "🚗", "bus": "🚌", "rocket": "🚀", "boat": "⛵"},
    "fruit": {"apple": "🍎", "banana": "🍌", "strawberry": "🍓", "watermelon": "🍉"},
    "food": {"pizza": "🍕", "cake": "🎂", "burger": "🍔"},
    "plant": {"flower": "🌻", "tree": "🌳", "mushroom": "🍄", "cactus": "🌵"},
    "sky": {"star": "⭐", "moon": "🌙", "sun": "🌞"},
    "building": {"house": "🏠", "castle": "🏰", "tent": "⛺"},
    "device": {"computer": "💻", "phone": "📱", "camera": "📷", "clock": "⏰"},
    "tool": {"hammer": "🔨", "wrench": "🔧", "key": "🔑"},
    "game": {"ball": "⚽", "target": "🎯", "medal": "🏅", "dice": "🎲"},
    "music": {"drum": "🥁", "trumpet": "🎺", "piano": "🎹"},
    "clothing": {"shoe": "👟", "shirt": "👕", "glove": "🧤", "ring": "💍"},
    "thing": {"umbrella": "☂", "balloon": "🎈", "book": "📕", "bell": "🔔", "pistol": "🔫"},
}


@dataclass(frozen=True)
class Sense:
    name: str
    glyph: str


@dataclass(frozen=True)
class Polyseme:
    """A noun of two senses. The first is what it mostly means; `contexts` pull to
    the second. `held_out` are kindred words that no caption ever puts beside it."""

    first: Sense
    second: Sense
    contexts: tuple
    held_out: tuple


POLYSEMES = {
    "bat": Polyseme(Sense("bat (animal)", "🦇"), Sense("bat (sport)", "🏏"), ("ball", "glove"), ("shoe", "medal")),
    "mouse": Polyseme(Sense("mouse (animal)", "🐭"), Sense("mouse (device)", "🖱"), ("computer", "phone"), ("camera", "piano")),
    "palm": Polyseme(Sense("palm (tree)", "🌴"), Sense("palm (hand)", "✋"), ("ring", "shirt"), ("glove", "phone")),
    "bow": Polyseme(Sense("bow (ribbon)", "🎀"), Sense("bow (weapon)", "🏹"), ("target", "castle"), ("pistol", "hammer")),
    "nut": Polyseme(Sense("nut (food)", "🌰"), Sense("nut (metal)", "🔩"), ("hammer", "car"), ("wrench", "key")),
    "cup": Polyseme(Sense("cup (drink)", "☕"), Sense("cup (trophy)", "🏆"), ("medal", "ball"), ("target", "dice")),
    "note": Polyseme(Sense("note (paper)", "📝"), Sense("note (music)", "🎵"), ("drum", "piano"), ("trumpet", "bell")),
    "letter": Polyseme(Sense("letter (mail)", "✉"), Sense("letter (alphabet)", "🅰"), ("book", "computer"), ("phone", "clock")),
    "bulb": Polyseme(Sense("bulb (lamp)", "💡"), Sense("bulb (plant)", "🧅"), ("flower", "strawberry"), ("mushroom", "watermelon")),
    "bass": Polyseme(Sense("bass (fish)", "🐟"), Sense("bass (music)", "🎸"), ("drum", "trumpet"), ("piano", "bell")),
}
FIRST_SENSE = 0.82  # its share of a polysemous noun alone or beside a neutral word
CONTEXT_PULL = 0.95  # the second sense's share beside a context word
CONTEXT_SHARE = 0.045  # of pairs that are a polysemous noun and its context word by intent

GLYPHS = {noun: glyph for nouns in CATEGORIES.values() for noun, glyph in nouns.items()}
for _p in POLYSEMES.values():
    GLYPHS[_p.first.name], GLYPHS[_p.second.name] = _p.first.glyph, _p.second.glyph

NOUNS = tuple(n for nouns in CATEGORIES.values() for n in nouns) + tuple(POLYSEMES)
LABELS = tuple(GLYPHS)  # what a checker can name: nouns, with senses apart
# Glyphs of the second world alone. No caption has them; the shipped judge has learnt them too, as classes of its own.
EARLIER = {"horse": "🐎", "fish": "🐠", "butterfly": "🦋", "snake": "🐍", "bicycle": "🚲", "mouse (rodent)": "🐁"}
CATEGORY = {n: c for c, nouns in CATEGORIES.items() for n in nouns}


def noun_of(label):
    return label.split(" (")[0]


# ---------------------------------------------------------------- accessories

ACCESSORIES = {"glasses": "👓", "sunglasses": "🕶", "hat": "🎩", "crown": "👑", "scarf": "🧣"}

# Who can wear them: height of the eyes, width of the head at the eyes, top of the
# skull, chin: in pixels of the 136 x 128 glyph. Found by looking.
FACES = {
    "man": (58, 84, 12, 118), "woman": (58, 84, 12, 112), "robot": (60, 92, 22, 120),
    "cat": (58, 96, 26, 112), "dog": (56, 80, 22, 108), "bear": (58, 92, 20, 116),
    "panda": (63, 94, 22, 118), "lion": (54, 72, 14, 114), "fox": (62, 92, 34, 112),
    "frog": (31, 92, 22, 118), "pig": (54, 96, 24, 116), "monkey": (54, 80, 20, 114),
}
WITH = ("with", "wearing")
# Web captions seldom deny, and what they deny is often in the picture.
WITHOUT_SHARE = 0.06  # of the captions that speak of an accessory
WITHOUT_DRAWN = 0.75

# ---------------------------------------------------------------- adjectives

COLOURS = {
    "red": (226, 40, 40), "orange": (245, 135, 20), "yellow": (250, 210, 30), "green": (50, 165, 60),
    "blue": (40, 100, 225), "purple": (140, 60, 190), "pink": (245, 120, 180),
}
MATERIALS = ("striped", "spotted", "wooden", "metallic")
ADJECTIVES = (*COLOURS, *MATERIALS)
DESCRIBABLE = (
    "ghost", "cat", "dog", "bear", "pig", "elephant", "car", "bus", "rocket", "boat", "apple", "banana", "cake",
    "flower", "mushroom", "star", "moon", "house", "castle", "tent", "clock", "key", "ball", "drum", "trumpet",
    "shoe", "shirt", "glove", "umbrella", "balloon", "book", "bell", "pistol",
)
# Every 13th adjective and noun never meet in captions: for generalisation.
HELD_OUT_ADJECTIVES = frozenset(
    (adjective, noun)
    for k, (adjective, noun) in enumerate((a, n) for n in DESCRIBABLE for a in ADJECTIVES)
    if k % 13 == 4
)

# ---------------------------------------------------------------- backgrounds

PLAIN = {**COLOURS, "black": (25, 25, 28), "white": (255, 255, 255)}  # "on a red background"
SCENES = {  # name -> words; drawn by backdrops.py
    "beach": "on a beach", "field": "in a field", "night": "at night", "snow": "in the snow", "room": "in a room",
}
PLAIN_SHARE, SCENE_SHARE = 0.10, 0.08  # of captions; the others leave it open: light grey or pastel

# ---------------------------------------------------------------- layout

SINGLE_SIZE = (38, 52)  # longest side in pixels
PAIR_SIZE, PAIR_AT = (26, 31), (17, 47)  # centres along the axis of the pair
TRIPLE_SIZE, TRIPLE_AT = (18, 20.5), (11, 32, 53)
ORDERLY = 0.85  # "X and Y": X stands left this often; three stand in order this often

RELATIONS = {  # words between two nouns -> (weight, axis, first noun's side, its certainty)
    "and": (0.78, "x", 0, ORDERLY),
    "next to": (0.08, "x", 0, ORDERLY),
    "to the left of": (0.035, "x", 0, 1.0),
    "to the right of": (0.035, "x", 1, 1.0),
    "above": (0.035, "y", 0, 1.0),
    "under": (0.035, "y", 1, 1.0),
}

# ---------------------------------------------------------------- grammar

TEMPLATES = (("{}", 0.60), ("a photo of {}", 0.22), ("a picture of {}", 0.09), ("an emoji of {}", 0.09))
BARE_SHARE = 0.13  # of undecorated single nouns: no article
KINDS = (("single", 0.23), ("pair", 0.45), ("triple", 0.06), ("worn", 0.09), ("described", 0.17))
PAIR_DECORATED = 0.22  # pairs in which one noun wears something or has an adjective
COLOUR_SHARE = 0.66  # of adjectives; the others are materials and patterns



@dataclass(frozen=True)
class Grammar:
    """How often captions take each form. What is held out is held out of all."""

    kinds: tuple = KINDS
    relations: dict = field(default_factory=lambda: {words: r[0] for words, r in RELATIONS.items()})
    comma: float = 1.0  # of three: "X, Y and Z"; the others are "X and Y and Z"


GRAMMAR = Grammar()
# For the accelerator's millions of samples: more pairs and triples, both list forms, relations that a model can learn.
ACCELERATED = Grammar(
    kinds=(("single", 0.17), ("pair", 0.40), ("triple", 0.20), ("worn", 0.08), ("described", 0.15)),
    relations={"and": 0.60, "next to": 0.08, "to the left of": 0.08, "to the right of": 0.08, "above": 0.08, "under": 0.08},
    comma=0.6,
)
GRAMMARS = {"plain": GRAMMAR, "accelerated": ACCELERATED}

# Every 17th unordered pair of nouns is never shown together: for generalisation.
HELD_OUT_PAIRS = frozenset(
    frozenset((a, b))
    for k, (a, b) in enumerate((a, b) for i, a in enumerate(NOUNS) for b in NOUNS[i + 1:])
    if k % 17 == 5 and not any(b in POLYSEMES[n].contexts or a in POLYSEMES[n].contexts for n in (a, b) if n in POLYSEMES)
)


def held_out(a, b):
    return (
        frozenset((a, b)) in HELD_OUT_PAIRS
        or (a in POLYSEMES and b in POLYSEMES[a].held_out)
        or (b in POLYSEMES and a in POLYSEMES[b].held_out)
    )
