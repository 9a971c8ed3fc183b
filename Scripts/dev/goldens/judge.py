#!/usr/bin/env python3
"""What PyTorch computes from the judge's exported weights, for Plugins/emoji-world/tests/judge_test.lua.

    python Scripts/dev/goldens/judge.py

Reads the weights and the reference pictures of Plugins/emoji-world; run it again when either changes."""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

root = Path(__file__).resolve().parents[3]
plugin = root / "Plugins/emoji-world"
sys.path.insert(0, str(root / "Scripts/dev/train-emoji-world"))

from judge_model import Judge, split  # noqa: E402

PICTURES = [3, 11, 40]  # counted from 1
SIZE, COLUMNS = 64, 32


def picture(sheet, index):
    row, column = divmod(index - 1, COLUMNS)
    return sheet[row * SIZE:(row + 1) * SIZE, column * SIZE:(column + 1) * SIZE]


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    judge = Judge()
    judge.load_state_dict({k: v.float() for k, v in load_file(plugin / "judge/judge.safetensors").items()})
    sheet = np.asarray(Image.open(plugin / "reference/images.png").convert("RGB"), np.float32) / 255
    x = torch.from_numpy(np.stack([picture(sheet, i) for i in PICTURES])).permute(0, 3, 1, 2) * 2 - 1
    logits = judge(x)
    save_file(dict(
        index=torch.tensor(PICTURES, dtype=torch.float32),
        logits=logits[:, :, 3::8, 3::8].contiguous(),
        classes=split(logits)[0].argmax(1).float(),
    ), plugin / "tests/judge.safetensors")


if __name__ == "__main__":
    main()
