"""The second world, whose weights ship: its facts, captions and scenes, from the history.

The recipe in this folder is the third world's. Until weights of that ship, `world.json` and
the reference set must state what the shipped ones know: `--earlier` makes
export_world.py and reference.py take the world from here."""

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

from layout import Backdrop, Look, Placed, Scene
from world import EARLIER, GLYPHS

COMMIT = "e6c3d31"  # "Ship the first weights of emoji-world, with their figures"
PARTS = ("world", "captions")


def modules():
    """`world` and `captions` as they were; today's modules of these names stay in place."""
    with tempfile.TemporaryDirectory() as folder:
        for name in PARTS:
            source = f"{COMMIT}:Scripts/dev/train-emoji-world/{name}.py"
            text = subprocess.run(["git", "show", source], check=True, capture_output=True, text=True, cwd=Path(__file__).parent)
            Path(folder, f"{name}.py").write_text(text.stdout)
        today = {name: sys.modules.pop(name) for name in PARTS if name in sys.modules}
        sys.path.insert(0, folder)
        try:
            return [importlib.import_module(name) for name in PARTS]
        finally:
            sys.path.remove(folder)
            for name in PARTS:
                sys.modules.pop(name, None)
            sys.modules.update(today)


then, captions = modules()
today = {glyph: label for label, glyph in (*EARLIER.items(), *GLYPHS.items())}  # what the judge calls a glyph


def sample(rng):
    """A caption and a scene; labels are that world's own, `drawn` below makes them today's."""
    caption = captions.sample_caption(rng)
    scene = captions.sample_scene(rng, caption)
    objects = [Placed(Look(o.label, o.colour, o.accessory), o.x, o.y, o.size) for o in scene.objects]
    return caption, Scene(Backdrop(scene.background), objects)


def drawn(scene):
    """The scene with the labels that render.py and the judge know."""
    return Scene(scene.backdrop, [
        Placed(Look(today[then.GLYPHS[o.look.label]], o.look.adjective, o.look.accessory), o.x, o.y, o.size) for o in scene.objects
    ])


facts = SimpleNamespace(
    VERSION=2, MATERIALS=(), ADJECTIVES=tuple(then.COLOURS), DESCRIBABLE=then.TINTABLE, HELD_OUT_ADJECTIVES=(),
    PLAIN=then.BACKGROUNDS, SCENES={}, TRIPLE_SIZE=None, TRIPLE_AT=None, WITHOUT_SHARE=then.WITHOUT_SHARE / 0.16,
    **{name: getattr(then, name) for name in (
        "SIZE", "NOUNS", "LABELS", "GLYPHS", "CATEGORIES", "POLYSEMES", "FIRST_SENSE", "CONTEXT_PULL", "ACCESSORIES", "FACES", "WITH",
        "WITHOUT_DRAWN", "COLOURS", "RELATIONS", "TEMPLATES", "KINDS", "HELD_OUT_PAIRS", "SINGLE_SIZE", "PAIR_SIZE", "PAIR_AT", "ORDERLY")},
)
