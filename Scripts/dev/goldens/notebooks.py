"""What jupytext 1.19.6 reads in lines that open cells and in headers: `notebooks.py DIRECTORY` writes `jupytext.json` there.

Lines are written by hand for what jupytext's documentation shows, and at random from pieces of its grammar. Values that JSON does
not have (sets, bytes, complex numbers) are left out, as are `active` and `language`, which Lunette does not follow."""

import json
import random
import re
import sys
import warnings
from pathlib import Path

import jupytext
from nbformat import v4

LINES = """-- %%|--%%|--  %% t|-- %%\tt|  -- %% indented|\t-- %% t|-- %%t|-- %%% sub|-- %%%% sub x=1|-- %%%|-- %%% |-- %% %|-- %% %%a
-- %%% %a|-- %% [markdown]|-- %%[markdown]|-- %% [md] t|-- %% [raw]|-- %% [code]|-- %% foo [raw] bar|-- %% [raw] tags=["a"] b
-- %% foo [raw] tags = ["a"]|-- %% foo [bar] x=1|-- %% foo {"x":1}|-- %% {"x":1} foo|-- %% x=1, y=2|-- %% tags = ["parameters"]
-- %% tags=['a', 'b']|-- %% tags=["a",]|-- %% speed = 3|-- %% n=.5|-- %% a b=c|-- %% b="c" d|-- %% x=True y=None z=true w=null
-- %% x=-3 y=1e5 z=1.|-- %% x=(1,2)|-- %% x={"a":[1,{"b":2}]}|-- %% .cls #id|-- %% t .cls|-- %% "quoted"|-- %% foo=[bar|-- %% 1a=3
-- %% a.b=1 c-d=2 e_f=3 @g=4 h/i=5|-- %% [markdown]]|-- %% [markdown][raw]|-- %% title="x"|-- %% a title="x"|-- %% cell_depth=3
-- <codecell>|-- In[3]:|-- In[ ]|-- In [3]|-- %%timeit x|--- %% x|-- -- %% x|--[[ %% x ]]|-- + x=1|-- %% x="\\u00e9\\n"
-- %% x='it\\'s'|-- %% x=0x10 y=1_000 z=0b11 w=0o17|-- %% x=nan|-- %% x=1e400|-- %% x=01|-- %% x=00|-- %% x="a" "b"|-- %% x=1 x=2
-- %% x=|-- %% =1|-- %% if x == 1|-- %% a=b=c|-- %% foo(x=1)|-- %% x=1 # comment|-- %% x=- 1|-- %% x=not 1|-- %% x="[markdown]"
-- %% x=1\ty=2|-- %% x\t=1|-- %% t "x=1"|-- %% x='''a'b'''|-- %% x=r"\\n"|-- %% x={'a': (1, None)}|-- %% x=[null, True]|-- %% x=true,
-- %% x = "a = b" y = "c d=e"|-- %% a=1 a|-- %% y=1 x=undefined z=3|-- %% see ./a|-- %% the .NET way|-- %% it's x=1|-- %% é=1
-- %% x="é"|-- %%  two  spaces  |-- %% x=[1,2""".replace("\n", "|").split("|")

PIECES = """x|=|1| |  |"|'|[|]|{|}|,|a|tags|b=2|x=1|"a"|'b'|["p","q"]|None|True|true|null|.5|-1|%|%%|[markdown]|[raw]|[md]|title|t u|é|"é"|#
--|-|.|@|/|(|)|\\n|\\|=1|= "c d"|{"k":1}|{'k':(1,)}|0x1f|1e5|1_0|r"\\d"|"+1"|nan|NaN|Infinity|a.b-c|_|(1,2)|"x=1"|"[raw]"|u'x'|"\\u00e9"
01|-0|1.""".replace("\n", "|").split("|")

VALUES = [
    "yes", "no", "on", "null", "~", "1", "1.5", "1e5", "010", "0x1f", "1:30", "1:30.5", "2020-01-01", "=", "<<", "- a", "a: b", "#c",
    "a #b", "@x", "`y", "%z", "&a", "*b", "!t", "|", ">", "'", '"', " lead", "trail ", "a\nb\n", "\n\na", "a\tb", "x" * 200,
    "long " * 40, ".inf", "---", "...", "{a}", "[b]", "? q", ": r", ",", "y", "é", "😀", "\x7f", "\u2028", "1_000", "+1", "0b1", "",
    None, True, False, 0, -3, 10**25, 1.5, 0.1, 1e5, 1e22, 1e-7, [], {}, [[1], {"a": [None]}], {"a b": {"c: d": "e"}},
]

TEXTS = """a: [yes, no, On, y, ~, null, 010, 0x1F, 0b11, 1:30, 1_000, 1e5, 1.5e+3, .inf, 0o17, 1.e+3, +1, "1", 08, 1., .5, -.inf, 0:30]
a: &x {b: 1}|c: *x|d:|  <<: *x|  e: 2
a: {b: 1, <<: {b: 2, c: 3}}
a: !!str 3|b: !!int "3"|c: !!float 3|d: ! 3
a: 1|a: 2
a: |!  b|  c|!  d|e: >-|  f|  g|h: >+|  i||
? a|: b
# a comment|a: 1 # another|  # and another
a: 'it''s'|b: "tab\\t\\x41\\u00e9\\U0001F600"|c: plain # no|d: a#b
a:|- b|-   - c|    - d|-|  e: f
a: "folded|  line"|b: 'x||  y'|c: plain|  goes on""".split("\n")


def read(script):
    return jupytext.reads(script, fmt="lua:percent")


def plain(value):
    """The value if JSON has it, else an error."""
    if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
        raise TypeError
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        plain(part)
    if value is not None and not isinstance(value, (str, bool, int, float, list, dict)):
        raise TypeError
    return value


def lines():
    pick = random.Random(1)
    made = list(LINES)
    while len(made) < 600:
        pieces = "".join(pick.choice(PIECES) + pick.choice(["", " ", " "]) for _ in range(pick.randint(1, 9)))
        made.append("-- %%" + pick.choice([" ", " ", "%% "]) + pieces)
    for line in made:
        try:
            cell = read(f"-- %% first\n\n{line}\n-- body\n").cells[-1]
            metadata = plain(dict(cell.metadata))
        except Exception:  # jupytext itself fails, or the value is none of JSON's
            continue
        metadata.pop("lines_to_next_cell", None)
        if re.search("active|language", line):
            continue
        opens = cell.source in ("body", "-- body")
        yield {"line": line, "kind": cell.cell_type if opens else None, "metadata": metadata if opens else {}}


def headers():
    for text in TEXTS:
        body = text.replace("|!", "\x00").replace("|", "\n").replace("\x00", "|\n")
        script = "-- ---\n-- jupyter:\n" + "".join(f"--   {line}".rstrip() + "\n" for line in body.split("\n")) + "-- ---\n\n-- %%\n"
        yield {"script": script, "metadata": plain(dict(read(script).metadata))}
    for value in VALUES:
        notebook = v4.new_notebook(cells=[v4.new_code_cell("x")], metadata={
            "kernelspec": {"display_name": "Lua", "language": "lua", "name": "lua"}, "value": value, "list": [value, {"key": value}],
            "jupytext": {"notebook_metadata_filter": "all"},
        })
        script = jupytext.writes(notebook, fmt="lua:percent")
        metadata = plain(dict(read(script).metadata))
        assert metadata["value"] == value
        yield {"script": script, "metadata": metadata}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    golden = {"headers": list(headers()), "lines": list(lines())}
    for header in golden["headers"]:
        header["metadata"].pop("jupytext", None)
    path = Path(sys.argv[1]) / "jupytext.json"
    path.write_text(json.dumps(golden, indent=0, ensure_ascii=True) + "\n")
