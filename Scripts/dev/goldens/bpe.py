"""A tiny CLIP vocabulary: the byte alphabet, some merges learnt from a few sentences, the two special tokens."""

import collections
import json
from pathlib import Path

CORPUS = """
a photo of a cat and a dog with glasses, a painting of a red car on the road, the man wearing a hat,
a pistol beside the clogs, a bat and a ball, the horse's house isn't here, they're on the beach we've seen,
a rusty shovel and a metallic bow, an astronaut riding a horse, warthog and traitor, feather from salmon,
the quick brown fox jumps over the lazy dog, a woman without an umbrella, two men in the forest at night
"""
SPECIAL = ("<|startoftext|>", "<|endoftext|>")


def byte_alphabet():
    """CLIP's printable stand-in for each of the 256 bytes, in the order in which its vocabulary lists them."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + index) for index in range(len(others))]


def learn_merges(text, count):
    """Byte-pair merges of the most frequent pair, the alphabetically first of equals."""
    words = collections.Counter(text.replace(",", " ").replace("'", " ").split())
    pieces = {word: [*word[:-1], word[-1] + "</w>"] for word in words}
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for word, parts in pieces.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for parts in pieces.values():
            index = 0
            while index < len(parts) - 1:
                if (parts[index], parts[index + 1]) == best:
                    parts[index : index + 2] = ["".join(best)]
                index += 1
    return merges


def vocabulary(merges):
    symbols = byte_alphabet()
    tokens = symbols + [symbol + "</w>" for symbol in symbols] + ["".join(pair) for pair in merges] + list(SPECIAL)
    return {token: index for index, token in enumerate(tokens)}


def write_slow(directory: Path, merge_count):
    """The older files: `vocab.json` and `merges.txt`; padding with the end-of-text token."""
    merges = learn_merges(CORPUS, merge_count)
    directory.mkdir(parents=True, exist_ok=True)
    vocab = vocabulary(merges)
    (directory / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False, separators=(",", ":")))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (directory / "merges.txt").write_text("\n".join(lines) + "\n")
    config = {
        "add_prefix_space": False,
        "bos_token": {"__type": "AddedToken", "content": SPECIAL[0], "lstrip": False, "normalized": True, "rstrip": False, "single_word": False},
        "do_lower_case": True,
        "eos_token": {"__type": "AddedToken", "content": SPECIAL[1], "lstrip": False, "normalized": True, "rstrip": False, "single_word": False},
        "errors": "replace",
        "model_max_length": 77,
        "pad_token": SPECIAL[1],
        "tokenizer_class": "CLIPTokenizer",
        "unk_token": {"__type": "AddedToken", "content": SPECIAL[1], "lstrip": False, "normalized": True, "rstrip": False, "single_word": False},
    }
    (directory / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    special = {"bos_token": SPECIAL[0], "eos_token": SPECIAL[1], "pad_token": SPECIAL[1], "unk_token": SPECIAL[1]}
    (directory / "special_tokens_map.json").write_text(json.dumps(special, indent=1) + "\n")
    return vocab


def write_fast(directory: Path, merge_count, pad="!"):
    """The newer files: `tokenizer.json` alone, as transformers 5 saves it; padding with `!`, as in SD 2."""
    from transformers import CLIPTokenizer

    merges = learn_merges(CORPUS, merge_count)
    vocab = vocabulary(merges)
    tokenizer = CLIPTokenizer(vocab=vocab, merges=merges, pad_token=pad, model_max_length=77)
    tokenizer.save_pretrained(directory)
    return vocab
