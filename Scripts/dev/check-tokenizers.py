"""Holds Lunette's reading of tokenizers against transformers: `check-tokenizers.py COUNT SEED` (run it through `check-tokenizers`).

With a third argument it writes a golden of that name instead: the configs of those without tokenizer.json, prompts, and what transformers
makes of them."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers

MODEL = Path(__file__).resolve().parents[2] / "Tests/DiffusionTests/Goldens/tiny-sd1"
ROOM = 700  # ids for which the text encoder has a row
transformers.utils.logging.set_verbosity_error()

SCRIPT = """
local out = {}
for _, case in ipairs(lunette.json.decode(assert(io.open("cases.json")):read("a"))) do
  local entry = { name = case.name, ids = {} }
  local done, message = pcall(function()
    local model = assert(lunette.load(case.name))
    for i, prompt in ipairs(case.prompts) do
      entry.ids[i] = {}
      for j, token in ipairs(model:tokenize(prompt)) do entry.ids[i][j] = token.id end
    end
  end)
  if not done then entry.message = tostring(message) end
  out[#out + 1] = entry
end
assert(io.open("results.json", "w")):write(lunette.json.encode(out)):close()
"""

# No two that are one in lower case: which of them is found, transformers leaves to chance.
CONTENTS = ["<cat-toy>", "<|startoftext|>", "<|endoftext|>", "<|pad|>", "sks", "<S*>", "!", "the", "[MASK]", "tok en", " lead", "trail ", "Ünder",
            "x1", "</w>", "cat</w>", "CAT", "U\u0308ber", "a<|end", ">!", "two  words", "\u0130x"]
NAMED = ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"]
WORDS = ["a", "cat", "THE", "the", "catalog", "12", "it's", "ÄÖ", "\u00fcnder", "\u00fcber", "u\u0308BER", "\u0301", "\u00a0", "i\u0307x", "!", "...", "\t", "  ", "\n", "", "e\u0301", "x1", "rusty"]


def flags(rng):
    made = {}
    for key in ("lstrip", "rstrip", "single_word", "normalized"):
        # A word that stands alone is refused, so that most have it off.
        if rng.random() < 0.8:
            made[key] = rng.random() < (0.05 if key == "single_word" else 0.3)
    return made


def token(rng, content, special=None, is_map=False):
    """As a text or as a table, whose `special` is said if it is not None."""
    if special is None and rng.random() < 0.4:
        return content
    table = {"content": content} | flags(rng)
    if special is not None:
        table["special"] = special
    elif not is_map or rng.random() < 0.5:
        table["__type"] = "AddedToken"
    return table


class Case:
    def __init__(self, rng, folder):
        self.rng, self.folder = rng, folder
        shutil.copytree(MODEL, folder, ignore=shutil.ignore_patterns("clip", "tokenizer", "text_encoder"))
        self.place = folder / "tokenizer"
        self.place.mkdir()
        vocabulary = json.loads((MODEL / "tokenizer/vocab.json").read_text())
        config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": rng.choice([77, 77, 12, 10**30])}
        chosen = rng.sample(CONTENTS, rng.randint(0, 4))
        new = [content for content in chosen if content not in vocabulary]
        ids = {content: vocabulary.get(content, len(vocabulary) + new.index(content) if content in new else 0) for content in chosen}
        for key in ("bos_token", "eos_token", "unk_token", "pad_token"):
            if rng.random() < 0.8:
                usual = "<|startoftext|>" if key == "bos_token" else "<|endoftext|>"
                config[key] = token(rng, usual if key != "pad_token" or rng.random() < 0.6 else rng.choice(["!"] + chosen))
        for key in ("sep_token", "cls_token", "mask_token"):
            if chosen and rng.random() < 0.1:
                config[key] = token(rng, rng.choice(chosen))
        if chosen and rng.random() < 0.5:
            config["added_tokens_decoder"] = {str(ids[content]): token(rng, content, special=rng.random() < 0.5) for content in chosen}
        elif chosen and rng.random() < 0.5:
            (self.place / "added_tokens.json").write_text(json.dumps({content: ids[content] for content in chosen}))
        lists = ["additional_special_tokens", "extra_special_tokens"]
        if chosen and rng.random() < 0.3:
            for key in rng.choice([lists[:1], lists[1:], lists]):
                config[key] = [token(rng, content) if rng.random() < 0.3 else content for content in rng.sample(chosen, min(2, len(chosen)))]
        if rng.random() < 0.6:
            table = {key: token(rng, "<|startoftext|>" if key == "bos_token" else "<|endoftext|>", is_map=True) for key in NAMED[:4] if rng.random() < 0.7}
            if chosen and rng.random() < 0.3:
                table[rng.choice(NAMED[3:])] = token(rng, rng.choice(chosen), is_map=True)
            if chosen and rng.random() < 0.3:
                table[rng.choice(lists)] = [token(rng, content, is_map=True) if rng.random() < 0.3 else content for content in chosen[-2:]]
            (self.place / "special_tokens_map.json").write_text(json.dumps(table))
        self.whole = rng.random() < 0.3
        if self.whole:
            plain = transformers.CLIPTokenizer.from_pretrained(MODEL / "tokenizer")
            text = json.loads(plain._tokenizer.to_str())
            text["added_tokens"] = [{"id": ids[content], "content": content, "single_word": False, "lstrip": rng.random() < 0.3,
                                     "rstrip": rng.random() < 0.3, "normalized": rng.random() < 0.5, "special": rng.random() < 0.5}
                                    for content in sorted(set(chosen) | {"<|startoftext|>", "<|endoftext|>"},
                                                          key=lambda content: ids.get(content, vocabulary.get(content)))
                                    for ids[content] in [ids.get(content, vocabulary.get(content))]]
            (self.place / "tokenizer.json").write_text(json.dumps(text))
        if not self.whole or rng.random() < 0.3:
            for name in ("vocab.json", "merges.txt"):
                shutil.copy(MODEL / "tokenizer" / name, self.place)
        (self.place / "tokenizer_config.json").write_text(json.dumps(config))
        self.prompts = ["".join(self.piece(chosen) for _ in range(rng.randint(0, 9))) for _ in range(12)]

    def piece(self, chosen):
        rng = self.rng
        word = rng.choice(WORDS + 3 * (chosen + ["<|endoftext|>"]))
        word = rng.choice([word, word, word, word.upper(), word.lower(), word.title()])
        return rng.choice(["", " ", " ", "  "]) + word + rng.choice(["", " ", ""])

    def expected(self):
        """The ids of each prompt, from the start token to the end token; nothing where transformers does not take the files."""
        try:
            tokenizer = transformers.CLIPTokenizer.from_pretrained(self.place)
        except (ValueError, TypeError, KeyError, AttributeError, Exception) as error:  # the library's own C++ and Rust errors are bare
            self.error = error
            return None
        length = tokenizer.model_max_length if tokenizer.model_max_length < 1 << 20 else 77
        return [tokenizer(prompt, max_length=length, truncation=True).input_ids for prompt in self.prompts]

    def describe(self):
        return "\n".join(f"    {path.name}: {path.read_text()[:1500]}" for path in sorted(self.place.iterdir())
                         if path.name not in ("vocab.json", "merges.txt", "tokenizer.json")) + (
            "\n    tokenizer.json: " + json.dumps(json.loads((self.place / "tokenizer.json").read_text())["added_tokens"]) if self.whole else "")


def golden(count, seed, path):
    rng = random.Random(seed)
    work = Path(tempfile.mkdtemp(prefix="tokenizers-"))
    made = []
    for index in range(count):
        case = Case(rng, work / f"c{index}")
        ids = None if case.whole else case.expected()
        if ids is None or "single_word\": true" in case.describe():
            continue
        files = {file.name: json.loads(file.read_text()) for file in sorted(case.place.glob("*.json")) if file.name != "vocab.json"}
        rows = [[prompt, row[1:-1]] for prompt, row in zip(case.prompts, ids) if 2 < len(row) < 12]
        made.append({"files": files, "prompts": rows})
    shutil.rmtree(work)
    Path(path).write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in made) + "\n]\n")
    print(f"{path}: {len(made)} tokenizers")


def main(count, seed):
    torch.set_num_threads(1)
    rng = random.Random(seed)
    work = Path(tempfile.mkdtemp(prefix="tokenizers-"))
    settings = json.loads((MODEL / "text_encoder/config.json").read_text()) | {"vocab_size": ROOM}
    encoder = transformers.CLIPTextModel(transformers.CLIPTextConfig(**settings))
    encoder.save_pretrained(work / "encoder")
    cases = [Case(rng, work / f"c{index}") for index in range(count)]
    for case in cases:
        (case.folder / "text_encoder").symlink_to(work / "encoder")
    (work / "cases.json").write_text(json.dumps([{"name": case.folder.name, "prompts": case.prompts} for case in cases]))
    (work / "run.lua").write_text(SCRIPT)
    run = subprocess.run([os.environ["LUNETTE"], "run", "run.lua", "--out", "out"], cwd=work, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"lunette: {run.stderr[-2000:]}\n{work}")
    faults, refusals = 0, 0
    for case, entry in zip(cases, json.loads((work / "results.json").read_text())):
        message, wanted = entry.get("message"), case.expected()
        if message and (wanted is None or "single_word" in message or "not supported" in message or "not in the vocabulary" in message):
            refusals += 1
            continue
        fault = f"refused: {message}" if message else None
        if wanted is None:
            fault = fault or f"taken, and transformers says {case.error}"
        if not fault:
            pairs = zip(case.prompts, wanted, entry["ids"])
            fault = next((f"{prompt!r}: {found}, not {ids}" for prompt, ids, found in pairs if ids != found), None)
        if fault:
            faults += 1
            print(f"{case.folder.name}: {fault}\n{case.describe()}")
    print(f"{count} tokenizers, {faults} faults, {refusals} refusals; {work}")
    if not faults:
        shutil.rmtree(work)
    sys.exit(1 if faults else 0)


if len(sys.argv) > 3:
    golden(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
else:
    main(int(sys.argv[1]), int(sys.argv[2]))
