"""Random notebooks through Lunette and jupytext: `jupytext_peer.py LUNETTE COUNT SEED`; ends with 1 if they differ.

1. What Lunette writes, it reads back as it was, and nbformat finds valid.
2. What Lunette writes, jupytext reads with the same cells and metadata.
3. What jupytext writes, Lunette reads as jupytext itself reads it.

Left out is what a script cannot hold (blank lines at the end of code, code that leaves a string open) and what jupytext takes for
something else (strings that look like markers, since it knows no Lua; prose in long comments)."""

import json
import random
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import jupytext
import nbformat
from nbformat import v4

warnings.simplefilter("ignore")

CODE = ["x = 1", "-- c", "  y", "", "-- %% a", "  -- %% b", "--%%", "-- %%t", "-- -- %% a", "-- %d x", "s = [[", "-- %% in", "%% in",
        "]]", 'q = "', "-- In[3]:", "-- <codecell>", "--[[ c", "-- %%% q", "--- d", "\tz", 'é = "ü"', 'print("-- %%")', "-- it's",
        "-- ---", "-- +", "x  ", "%time x", "-- -- %d", "--%d", "-- %% [markdown]", "return x", "  "]
PROSE = ["a", "", "# T", "- b", "  - c", "%% x", "-- d", "--", "[[", "]]", "--[[ q", " e", "f  ", "\tg", "é", "\u0301h", "%m", "In[1]:",
         "[markdown]", "\u00a0i", "   "]
VALUES = [1, -0.5, 1e300, 1e-7, True, False, None, "", "a b", "x=1", "[raw]", "é", '"q"', "it's", "{", "\n\\", "a=1 b=2", ["p", "q"],
          [], {}, {"k": [1, {"l": None}]}, ["[md]"], "😀", "\x00", ".5", 12345678901234567890123]
KEYS = ["x", "tags", "a.b", "c-d", "e f", "é", "", "slideshow", "/z", "@q", "a=b", "[raw]", "#k", "$", "collapsed"]
TITLES = ["t", "a b", "[markdown]", "x [raw] y", "[md]", "a=1", "b = 2", "{", "a {b}", "%", "%% x", " s ", "a\nb", "é", ".c", "v .5",
          "\u0301q", '"q"', "it's", "-- %%", "In[2]", "x, y", "a  b", "[code]", "#", "1", "None"]
TEXTS = ["yes", "no", "on", "null", "~", "1", "1.5", "1e5", "010", "0x1f", "1:30", "2020-01-01", "=", "<<", "- a", "a: b", "a #b", "#c",
         "@x", "`y", "%z", "&a", "*b", "!t", "|", ">", "'", '"', " lead", "trail ", "a\nb\n", "\n\na", "a\tb", "x" * 200, "long " * 40,
         ".inf", "---", "...", "{a}", "[b]", "? q", ": r", ",", "y", "\x7f", "\u2028", "1_000", "+1", 1.5, 1e5, 1e22, -3, 10**25, 0.1]
HEADER_KEYS = ["a", "b c", "1", "true", "é", "k" * 130, "#x", "- y", "a: b", "", "yes", "<<", "~", "?", "\n", "=", ".5"]
KERNEL = {"name": "lunette", "language": "lua", "display_name": "Lunette"}


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def header_value(self, depth=0):
        kind = self.random.random()
        if depth < 3 and kind < 0.2:
            return {self.pick(HEADER_KEYS): self.header_value(depth + 1) for _ in range(self.random.randint(0, 3))}
        if depth < 3 and kind < 0.4:
            return [self.header_value(depth + 1) for _ in range(self.random.randint(0, 3))]
        return self.pick(VALUES + TEXTS)

    def metadata(self):
        metadata = {key: self.pick(VALUES) for key in self.random.sample(KEYS, self.pick([0, 0, 0, 1, 1, 2, 3]))}
        valid = {"tags": [["a"], ["parameters"], ["a b", "[raw]"], []], "slideshow": [{"slide_type": "x"}], "collapsed": [True, False]}
        metadata |= {key: self.pick(valid[key]) for key in metadata if key in valid}
        if self.random.random() < 0.4:
            metadata["title"] = self.pick(TITLES)
        if self.random.random() < 0.15:
            metadata["cell_depth"] = self.pick([1, 2, 0, -1, 9, True])
        if self.random.random() < 0.05:
            metadata["region_name"] = self.pick(["md", "x", 1])
        if self.random.random() < 0.05:
            metadata["incorrectly_encoded_metadata"] = self.pick(["x=1", "x=1)", "[raw]", "a"])
        return metadata

    def cell(self):
        kind = self.pick(["code", "code", "markdown", "raw"])
        pieces = CODE if kind == "code" else PROSE
        source = "\n".join(self.pick(pieces) for _ in range(self.pick([0, 1, 1, 2, 3, 4])))
        if kind == "code" and is_open(source):
            source = "-- closed"
        cell = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}[kind](source)
        cell.metadata.update(self.metadata())
        return cell

    def notebook(self):
        metadata = {"kernelspec": KERNEL}
        for _ in range(self.pick([0, 1, 3])):
            metadata[self.pick(["abstract", "topic", "keywords", "rise", "x y", "n", "1", "yes", "#h", "u"])] = self.header_value()
        return v4.new_notebook(metadata=metadata, cells=[self.cell() for _ in range(self.random.randint(1, 4))])


def is_open(code):
    """Whether Lua would take what follows into a string or comment that the code leaves open."""
    place, code = 0, code + "\n"
    while place < len(code):
        comment = re.compile(r"(--)?\[(=*)\[").match(code, place)
        if comment:
            end = code.find(f"]{comment[2]}]", comment.end())
            if end < 0:
                return True
            place = end + 2 + len(comment[2])
        elif code.startswith("--", place):
            place = code.index("\n", place)
        elif code[place] in "'\"":
            string = re.compile(rf"(?:\\.|[^\\\n{code[place]}])*", re.S).match(code, place + 1)
            if string.end() >= len(code):
                return True
            place = string.end() + (code[string.end()] != "\n")
        else:
            place += 1
    return False


def signature(cells):
    hidden = ("lunette", "lines_to_next_cell")
    result = []
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            source = re.sub(r"(\n[ \t]*)+$", "", source) if source.strip() else ""
        result.append([cell["cell_type"], source, {key: value for key, value in cell["metadata"].items() if key not in hidden}])
    return result


def as_jupytext_sees(cells):
    """Without the comment signs that keep markers from opening cells and that jupytext takes from magics."""
    def bare(source):
        source = re.sub(r"(?m)^([ \t]*)(?:-- ?)+(?=%|In\[|<code)", r"\1-- ", source)
        return re.sub(r"(?m)^([ \t]*)(?:-- ?)?%", r"\1%", source)
    return [[kind, bare(source), metadata] for kind, source, metadata in cells]


def same(a, b):
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


class Check:
    def __init__(self, program):
        self.program, self.folder, self.differences = program, Path(tempfile.mkdtemp()), 0

    def report(self, what, *details):
        self.differences += 1
        if self.differences <= 10:
            print(f"== {what}", *(str(detail)[:1500] for detail in details), sep="\n   ")

    def lunette(self, command, name, content, result):
        (self.folder / name).write_bytes(content.encode())
        done = subprocess.run([self.program, "notebook", command, self.folder / name, "-o", self.folder / result],
                              capture_output=True, text=True)
        if done.returncode:
            return None, done.stderr
        return (self.folder / result).read_bytes().decode(), ""

    def notebook(self, notebook):
        script, error = self.lunette("lua", "a.ipynb", json.dumps(notebook), "a.lua")
        if script is None:
            return self.report("a notebook that is refused", error)
        text, error = self.lunette("ipynb", "a.lua", script, "b.ipynb")
        if text is None:
            return self.report("a script of Lunette's that is refused", error, repr(script))
        back = json.loads(text)
        try:
            nbformat.validate(back)
        except nbformat.ValidationError as error:
            self.report("an invalid notebook", error, text)
        if not same(signature(back["cells"]), signature(notebook.cells)):
            self.report("cells change", signature(notebook.cells), signature(back["cells"]), repr(script))
        own = {key: value for key, value in back["metadata"].items() if key not in ("lunette", "language_info")}
        if not same(own, notebook.metadata):
            self.report("metadata change", notebook.metadata, own, script)
        self.read_by_jupytext(notebook, script)
        self.written_by_jupytext(notebook)

    def read_by_jupytext(self, notebook, script):
        theirs = jupytext.reads(script, fmt="lua:percent")
        metadata = {key: value for key, value in theirs.metadata.items() if key != "jupytext"}
        if len(notebook.metadata) > 1 and not same(metadata, notebook.metadata):
            self.report("jupytext reads other metadata", notebook.metadata, metadata, script)
        if re.search(r"\[\[|\]\]|--\[|\\\n", script):
            return
        wanted, found = (as_jupytext_sees(signature(cells)) for cells in (notebook.cells, theirs.cells))
        if not same(wanted, found):
            self.report("jupytext reads other cells", wanted, found, repr(script))

    def written_by_jupytext(self, notebook):
        notebook.metadata["jupytext"] = {"notebook_metadata_filter": "all", "cell_metadata_filter": "all"}
        try:
            script = jupytext.writes(notebook, fmt="lua:percent")
            theirs = jupytext.reads(script, fmt="lua:percent")
        except Exception:  # it does not read all that it writes
            return
        if re.search(r"\[\[|\]\]|--\[|\\\n", script):
            return
        text, error = self.lunette("ipynb", "c.lua", script, "c.ipynb")
        if text is None:
            # Prose that looks like a marker, which jupytext does not escape, leaves code in a prose cell.
            return None if "must be a comment" in error else self.report("a script of jupytext's that is refused", error, script)
        ours = json.loads(text)
        wanted, found = (as_jupytext_sees(signature(cells)) for cells in (theirs.cells, ours["cells"]))
        if not same(wanted, found):
            self.report("cells of jupytext's are read otherwise", wanted, found, repr(script))
        hidden = ("lunette", "language_info", "jupytext")
        wanted, found = ({key: value for key, value in metadata.items() if key not in hidden}
                         for metadata in (theirs.metadata, ours["metadata"]))
        if not same(wanted, found):
            self.report("metadata of jupytext's are read otherwise", wanted, found, script)


def main(program, count, seed):
    maker, check = Maker(seed), Check(program)
    for _ in range(count):
        check.notebook(maker.notebook())
    print(f"{count} notebooks, {check.differences} differences")
    sys.exit(check.differences > 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
