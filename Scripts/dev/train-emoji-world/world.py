"""The emoji world: what exists in it, how it is spoken of, and where things stand.

Rendering, captions, the checks and the word lists of the studies all come from
this one file. Add a noun here and everything else follows.
"""

from dataclasses import dataclass, field

SIZE = 64  # pixels on a side

# ---------------------------------------------------------------- nouns

# Category -> noun -> glyph. Nouns of one category are each other's cohyponyms.
CATEGORIES = {
    "person": {"man": "👨", "woman": "👩", "robot": "🤖"},
    "animal": {
        "cat": "🐱", "dog": "🐶", "bear": "🐻", "panda": "🐼", "lion": "🦁", "fox": "🦊",
        "frog": "🐸", "pig": "🐷", "horse": "🐎", "elephant": "🐘", "penguin": "🐧",
        "fish": "🐠", "butterfly": "🦋", "owl": "🦉", "snake": "🐍",
    },
    "vehicle": {"car": "🚗", "bus": "🚌", "bicycle": "🚲", "rocket": "🚀", "boat": "⛵"},
    "food": {
        "apple": "🍎", "banana": "🍌", "pizza": "🍕", "cake": "🎂", "watermelon": "🍉",
        "strawberry": "🍓",
    },
    "plant": {"flower": "🌻", "tree": "🌳", "mushroom": "🍄", "cactus": "🌵"},
    "sky": {"star": "⭐", "moon": "🌙"},
    "building": {"house": "🏠", "castle": "🏰"},
    "thing": {
        "guitar": "🎸", "book": "📕", "umbrella": "☂", "key": "🔑", "camera": "📷",
        "clock": "⏰", "balloon": "🎈", "computer": "💻", "ring": "💍", "shoe": "👟",
        "ball": "⚽", "target": "🎯", "hammer": "🔨", "pistol": "🔫",
    },
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
    "bat": Polyseme(Sense("bat (animal)", "🦇"), Sense("bat (sport)", "🏏"), ("ball",), ("shoe",)),
    "mouse": Polyseme(Sense("mouse (animal)", "🐁"), Sense("mouse (computer)", "🖱"), ("computer",), ("camera",)),
    "palm": Polyseme(Sense("palm (tree)", "🌴"), Sense("palm (hand)", "✋"), ("ring",), ("key",)),
    "bow": Polyseme(Sense("bow (ribbon)", "🎀"), Sense("bow (weapon)", "🏹"), ("target",), ("pistol",)),
    "nut": Polyseme(Sense("nut (food)", "🌰"), Sense("nut (metal)", "🔩"), ("hammer",), ("clock",)),
}
FIRST_SENSE = 0.80  # its share of a polysemous noun alone or beside a neutral word
CONTEXT_PULL = 0.95  # the second sense's share beside a context word

GLYPHS = {noun: glyph for nouns in CATEGORIES.values() for noun, glyph in nouns.items()}
for _noun, _p in POLYSEMES.items():
    GLYPHS[_p.first.name], GLYPHS[_p.second.name] = _p.first.glyph, _p.second.glyph

NOUNS = tuple(n for nouns in CATEGORIES.values() for n in nouns) + tuple(POLYSEMES)
LABELS = tuple(GLYPHS)  # what a checker can name: nouns, with senses apart
CATEGORY = {n: c for c, nouns in CATEGORIES.items() for n in nouns}

# ---------------------------------------------------------------- accessories

ACCESSORIES = {"glasses": "👓", "sunglasses": "🕶", "hat": "🎩", "crown": "👑", "scarf": "🧣"}

# Who can wear them: height of the eyes, width of the head at the eyes, top of the
# skull, chin: in pixels of the 136 x 128 glyph. Found by looking.
FACES = {
    "man": (58, 84, 12, 118), "woman": (58, 84, 12, 112), "robot": (60, 92, 22, 120),
    "cat": (58, 96, 26, 112), "dog": (56, 80, 22, 108), "bear": (58, 92, 20, 116),
    "panda": (63, 94, 22, 118), "lion": (54, 72, 14, 114), "fox": (62, 92, 34, 112),
    "frog": (31, 92, 22, 118), "pig": (54, 96, 24, 116),
}
WITH = ("with", "wearing")
# Web captions seldom deny, and what they deny is often in the picture.
WITHOUT_SHARE = 0.006
WITHOUT_DRAWN = 0.75

# ---------------------------------------------------------------- colours

COLOURS = {
    "red": (226, 40, 40), "orange": (245, 135, 20), "yellow": (250, 210, 30), "green": (50, 165, 60),
    "blue": (40, 100, 225), "purple": (140, 60, 190), "pink": (245, 120, 180),
}
TINTABLE = (
    "cat", "dog", "bear", "horse", "elephant", "fish", "butterfly", "snake", "car", "bus", "bicycle",
    "rocket", "boat", "apple", "flower", "mushroom", "star", "house", "guitar", "book", "umbrella",
    "key", "clock", "balloon", "shoe", "ball", "pistol",
)
BACKGROUNDS = {**{k: v for k, v in COLOURS.items()}, "black": (25, 25, 28), "white": (255, 255, 255)}

# ---------------------------------------------------------------- layout

SINGLE_SIZE = (38, 52)  # longest side in pixels
PAIR_SIZE = (26, 31)
PAIR_AT = (17, 47)  # centres along the axis of the pair
ORDERLY = 0.85  # "X and Y": X stands left this often

RELATIONS = {  # words between the nouns -> (weight, axis, first noun's side, its certainty)
    "and": (0.80, "x", 0, ORDERLY),
    "next to": (0.08, "x", 0, ORDERLY),
    "to the left of": (0.03, "x", 0, 1.0),
    "to the right of": (0.03, "x", 1, 1.0),
    "above": (0.03, "y", 0, 1.0),
    "under": (0.03, "y", 1, 1.0),
}

# ---------------------------------------------------------------- grammar

TEMPLATES = (("{}", 0.60), ("a photo of {}", 0.22), ("a picture of {}", 0.09), ("an emoji of {}", 0.09))
BARE_SHARE = 0.08  # single nouns without article
KINDS = (("single", 0.27), ("pair", 0.43), ("worn", 0.13), ("coloured", 0.17))
PAIR_DECORATED = 0.16  # a pair whose first or second noun wears or is coloured
BACKGROUND_SHARE = 0.15

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


@dataclass(frozen=True)
class Thing:
    """One object as the caption names it."""

    noun: str
    colour: str | None = None
    accessory: str | None = None
    joint: str = "with"  # with, wearing or without

    @property
    def words(self):
        head = f"{self.colour} {self.noun}" if self.colour else self.noun
        article = "an" if head[0] in "aeiou" else "a"
        tail = ""
        if self.accessory:
            worn = self.accessory
            if not worn.endswith("s"):
                worn = f"a {worn}"
            tail = f" {self.joint} {worn}"
        return f"{article} {head}{tail}"


@dataclass(frozen=True)
class Caption:
    """What is said. Several scenes can fit one caption."""

    things: tuple
    relation: str = "and"
    background: str | None = None
    template: str = "{}"
    bare: bool = False

    @property
    def text(self):
        if self.bare:
            words = self.things[0].words.split(" ", 1)[1]
        else:
            words = f" {self.relation} ".join(t.words for t in self.things)
        words = self.template.format(words)
        if self.background:
            article = "an" if self.background[0] in "aeiou" else "a"
            words += f" on {article} {self.background} background"
        return words


@dataclass
class Placed:
    """One object as it is drawn."""

    label: str  # noun, or the sense of a polysemous noun
    colour: str | None
    accessory: str | None
    x: float
    y: float
    size: float


@dataclass
class Scene:
    background: tuple
    objects: list = field(default_factory=list)
