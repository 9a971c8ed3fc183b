"""Writes `glyphs.png`: every glyph of the world in one sheet, for machines without the font.

    python glyphs.py

One glyph to a cell of 136 x 128, in the order of `ORDER`, 12 cells a row; PNG keeps the pixels
as the font drew them, so renders are the same bytes from either."""

from pathlib import Path

from PIL import Image

from world import ACCESSORIES, EARLIER, GLYPHS

CELL, COLUMNS = (136, 128), 12
SHEET = Path(__file__).with_name("glyphs.png")
ORDER = tuple(dict.fromkeys((*GLYPHS.values(), *EARLIER.values(), *ACCESSORIES.values())))


def corner(index):
    return index % COLUMNS * CELL[0], index // COLUMNS * CELL[1]


def from_sheet(char):
    x, y = corner(ORDER.index(char))
    with Image.open(SHEET) as sheet:
        return sheet.convert("RGBA").crop((x, y, x + CELL[0], y + CELL[1]))


def main():
    from render import from_font

    sheet = Image.new("RGBA", (CELL[0] * COLUMNS, CELL[1] * -(-len(ORDER) // COLUMNS)))
    for i, char in enumerate(ORDER):
        sheet.paste(from_font(char), corner(i))
    sheet.save(SHEET, optimize=True)
    print(f"{SHEET.name}: {len(ORDER)} glyphs, {SHEET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
